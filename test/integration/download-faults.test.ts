/**
 * Every row of the founders' table of what remotes do wrong, played by the fault server: what ends up on the disk
 * (SHA-256), the state the run ends in, and what was asked of the server. What goes wrong on this computer (63, 65-71)
 * is in download-local-faults.test.ts.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DownloadJournal, Downloads } from '../../electron/engine/download/index.ts';
import { startFaultServer, type FaultRun, type FaultServer } from '../servers/fault-server.ts';
import { faults } from '../servers/faults/index.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { drive, namesIn, openRoom, sha256Of, withFolder, type DriveOptions, type Driven } from './download-driver.ts';
import { asked, expectAsks, FIRST, type Row } from './fault-row.ts';
import { rows } from './fault-rows.ts';

let server: FaultServer;
/** Shared by nearly all: a thread for each of two hundred runs takes its time. */
let room: Downloads;
/** One that waits a minute before it tries again. */
let patient: Downloads;
beforeAll(async () => {
  // The server shares this thread with the tests: on a busy machine it is late by more than a moment.
  const idleTimeout = 3000;
  [server, room, patient] = await Promise.all([
    startFaultServer(),
    openRoom({ idleTimeout }),
    openRoom({ idleTimeout, backoff: 60_000 }),
  ]);
});
afterAll(async () => {
  await Promise.all([server, room, patient].map((one) => one.close()));
});

/** Without IPv6, as in some containers, there is no other family to fall back to. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const isPlayable = ({ number, variant }: Row) => number !== 62 || variant === 'no-ipv6' || hasIpv6;

const play = ({ number, variant }: Row) => server.play(number, variant === undefined ? {} : { variant });

const optionsOf = ({ number, connections = 1, given, tries }: Row, folder: string) => ({
  ...given,
  folder,
  connections,
  // What a host was found to allow is remembered.
  ...(number !== 58 && number !== 25 && { room }),
  ...(tries !== undefined && { tries }),
});

const activityOf = ({ events }: Driven) =>
  JSON.stringify(events.filter(({ kind }) => kind === 'activity' || kind === 'ended'));

/** A first run that is stopped as soon as its response has broken off, and what it leaves behind. */
async function stoppedAtTheCut(row: Row, run: FaultRun, folder: string): Promise<DownloadJournal> {
  const { journal, outcome } = await drive(run.url, {
    ...optionsOf(row, folder),
    room: patient,
    stopAt: (event) => event.kind === 'activity' && event.level === 'warning',
  });
  expect(outcome).toEqual({ kind: 'stopped' });
  if (!journal || journal.committed.length === 0) throw new Error('nothing was left behind');
  return journal;
}

/** A completed file is the server's, and the only one; otherwise no final name is there, and no byte that is not the file's. */
async function expectOnDisk(row: Row, run: FaultRun, { outcome, journal, folder }: Driven): Promise<void> {
  const names = await namesIn(folder);
  if (outcome.kind === 'completed') {
    expect(names).toEqual([outcome.name]);
    const path = join(folder, outcome.name);
    const sha256 =
      row.variant === 'gzip'
        ? createHash('sha256')
            .update(gunzipSync(await readFile(path)))
            .digest('hex')
        : await sha256Of(path);
    expect(sha256).toBe(run.sha256);
    return;
  }
  expect(names.filter((name) => !name.endsWith('.sluice'))).toEqual([]);
  const committed = journal?.committed ?? [];
  expect(committed.reduce((sum, [start, end]) => sum + end - start, 0)).toBeGreaterThanOrEqual(row.kept ?? 0);
  // Row 72 is about bytes that came wrong.
  if (committed.length === 0 || row.number === 72) return;
  const part = await readFile(join(folder, `${journal?.name}.sluice`));
  for (const [start, end] of committed) {
    const sha256 = createHash('sha256').update(generatedBytes(row.number).read(start, end)).digest('hex');
    expect(createHash('sha256').update(part.subarray(start, end)).digest('hex'), `${start}-${end}`).toBe(sha256);
  }
}

function endOf({ outcome }: Driven): string {
  return 'failure' in outcome ? `${outcome.kind} ${outcome.failure.code}` : outcome.kind;
}

describe('faults', () => {
  for (const row of rows.filter(isPlayable)) {
    test(`${row.number} ${row.variant ?? ''}${row.given ? ', allowed' : ''}: ${row.ends}`, async () => {
      await withFolder(async (folder) => {
        const run = await play(row);
        const driven = await drive(run.url, optionsOf(row, folder));
        expect(endOf(driven), activityOf(driven)).toBe(row.ends);
        await expectOnDisk(row, run, driven);
        expectAsks(run, row.asks, activityOf(driven));
        row.also?.(run, driven);
      });
    });
  }
});

describe('faults that a later run meets', () => {
  for (const row of rows.filter(isPlayable)) {
    const { later } = row;
    if (!later) continue;
    test(`${row.number} ${row.variant ?? ''}: ${row.ends}`, async () => {
      await withFolder(async (folder) => {
        const run = await play(row);
        const resume = await stoppedAtTheCut(row, run, folder);
        const before = run.exchanges.length;
        const driven = await drive(run.url, { ...optionsOf(row, folder), resume });
        expect(endOf(driven), activityOf(driven)).toBe(row.ends);
        await expectOnDisk(row, run, driven);
        expect(run.exchanges.slice(before).map(asked), activityOf(driven)).toEqual(later.asks);
      });
    });
  }
});

test('every way in which a remote goes wrong is played', () => {
  const elsewhere = new Set(['34', '52 other', '53', '57 absurd', '63', '65', '66', '67', '68', '69', '70']);
  const played = new Set(rows.map(({ number, variant }) => `${number} ${variant ?? ''}`.trim()));
  const all = faults.flatMap(({ number, variants = [''] }) => variants.map((variant) => `${number} ${variant}`.trim()));
  // Hostile names (71) are tested all at once.
  expect(all.filter((one) => !played.has(one) && !elsewhere.has(one) && !one.startsWith('71 '))).toEqual([]);
});

test('25: a host that drops Range where If-Range is there is asked without it from then on', async () => {
  await withFolder(async (folder) => {
    const own = await openRoom({ backoff: 60_000 });
    try {
      for (const asks of [['2034464- if-range 200', '2034464- 206'], ['2034464- 206']]) {
        const run = await server.play(25);
        const stopAt: DriveOptions['stopAt'] = (event) => event.kind === 'activity' && event.level === 'warning';
        const { journal } = await drive(run.url, { folder, connections: 1, room: own, stopAt });
        const { outcome } = await drive(run.url, { folder, connections: 1, room: own, resume: journal });
        expect(outcome).toMatchObject({ kind: 'completed', proof: 'size' });
        expect(run.exchanges.slice(1).map(asked)).toEqual(asks);
      }
    } finally {
      await own.close();
    }
  });
});

test('34: an old complete file of the same name is neither prefix nor victim', async () => {
  await withFolder(async (folder) => {
    const run = await server.play(34, { name: 'report.bin' });
    await writeFile(join(folder, 'report.bin'), 'an older file');
    const { outcome } = await drive(run.url, { folder, connections: 1, room });
    expect(outcome).toMatchObject({ kind: 'completed', name: 'report (1).bin' });
    expect(await sha256Of(join(folder, 'report (1).bin'))).toBe(run.sha256);
    expect(await readFile(join(folder, 'report.bin'), 'utf8')).toBe('an older file');
    expect(run.exchanges.map(asked)).toEqual([FIRST]);
  });
});

test('52 other: nodes that have other files, and date them alike, are never mixed', async () => {
  await withFolder(async (folder) => {
    const run = await server.play(52, { variant: 'other' });
    const driven = await drive(run.url, { folder, connections: 4, room });
    // The other node heeds no condition, and says so by its ETag.
    // Where it marks each answer as another version, bytes are compared, and no condition is made.
    expectAsks(
      run,
      { first: FIRST, each: /^\d+-\d* (?:if-match |if-range )?(?:0|206)$/, most: 32 },
      activityOf(driven),
    );
    if (driven.outcome.kind !== 'completed') {
      expect(endOf(driven), activityOf(driven)).toBe('attention changed');
      return expectOnDisk({ number: 52, ends: '', asks: [] }, run, driven);
    }
    // How much had come when the other node answered is a race: one that is alone afterwards may bring all of either file.
    const other = createHash('sha256').update(generatedBytes(52).read(1, run.size + 1));
    expect([run.sha256, other.digest('hex')]).toContain(await sha256Of(join(folder, 'file.bin')));
  });
});

test('53: secrets stay behind when a redirect leaves the origin', async () => {
  await withFolder(async (folder) => {
    const run = await server.play(53);
    const headers = { Authorization: 'Bearer hush', Cookie: 'id=hush', 'X-Api-Key': 'hush' };
    const { outcome } = await drive(run.url, { folder, headers, connections: 1, room });
    expect(outcome).toMatchObject({ kind: 'completed', name: 'file.bin' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(run.sha256);
    expect(run.exchanges.map(asked)).toEqual(['0- 302', '0- elsewhere 206']);
    const [here, there] = run.exchanges.map(({ request }) => JSON.stringify(request.headers));
    expect(here).toContain('hush');
    expect(there).not.toContain('hush');
  });
});
