/** A download that goes on at another server: what that server says of its file holds once its bytes were found equal. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DownloadJournal } from '../../electron/engine/download/index.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startRangeServer, type RangeServerOptions } from '../servers/range-server.ts';
import { drive, sha256Of, withFolder, type Driven } from './download-driver.ts';

const MIB = 1 << 20;
const SIZE = 32 * MIB + 1000;

/** A download that was stopped with some bytes here, as a new link leaves it: without the old server's validators. */
async function begunElsewhere(folder: string): Promise<DownloadJournal> {
  await using old = await startRangeServer({ size: SIZE, connectionRate: 16 * MIB });
  const { journal } = await drive(old.url, { folder, connections: 1, stopAt: ({ kind }) => kind === 'committed' });
  if (!journal || journal.committed.length === 0) throw new Error('nothing was left behind');
  const identity = { ...journal.identity, etag: null, lastModified: null };
  return { ...journal, identity, resumability: 'size-only' };
}

/** All that is counted as being here is the first version's. */
async function expectFirstVersion({ journal, folder }: Driven): Promise<void> {
  const content = generatedBytes(1);
  await using part = await open(join(folder, `${journal?.name}.sluice`));
  for (const [start, end] of journal?.committed ?? []) {
    const bytes = Buffer.alloc(end - start);
    await part.read(bytes, 0, bytes.length, start);
    expect(bytes.equals(content.read(start, end)), `${start}-${end}`).toBe(true);
  }
}

const servers: readonly (readonly [string, RangeServerOptions, string])[] = [
  ['an ETag', { etag: '"new"' }, 'if-match'],
  ['a date only', { etag: null }, 'if-unmodified-since'],
];

for (const [words, options, condition] of servers) {
  test(`with ${words}: its parts are asked for on that condition`, async () => {
    await withFolder(async (folder) => {
      const resume = await begunElsewhere(folder);
      await using server = await startRangeServer({ size: SIZE, connectionRate: 8 * MIB, ...options });
      const { outcome, journal } = await drive(server.url, { folder, resume, connections: 4 });
      // The two servers' bytes are together on the word of a few stretches.
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'unverified' });
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
      const asked = server.requests.map(({ headers }) => headers);
      // The stretches that are compared first, and what goes on behind the last of them.
      const proven = asked.findIndex(({ range }) => range?.endsWith('-'));
      expect(proven).toBe(2);
      for (const headers of asked.slice(0, proven + 1)) expect(headers[condition]).toBe(undefined);
      const others = asked.slice(proven + 1);
      expect(others.length).toBeGreaterThan(0);
      for (const headers of others) expect(headers[condition]).toBeTruthy();
      expect(journal?.resumability).toBe(condition === 'if-match' ? 'strong-etag' : 'last-modified');
    });
  });

  test(`with ${words}: a change of its file is noticed by parts that have nothing before them to compare`, async () => {
    await withFolder(async (folder) => {
      const resume = await begunElsewhere(folder);
      await using server = await startRangeServer({ size: SIZE, connectionRate: MIB, ...options });
      const ended = drive(server.url, { folder, resume, connections: 4, tries: 2 });
      await expect.poll(() => server.connections.open, { interval: 5 }).toBe(4);
      await expect.poll(() => server.bytesSent, { interval: 5 }).toBeGreaterThan(MIB);
      server.set({ seed: 2, ...(options.etag && { etag: '"newer"' }), lastModified: new Date(Date.UTC(2025, 5)) });
      server.dropConnections();
      const driven = await ended;
      expect(driven.outcome).toMatchObject({ kind: 'attention', failure: { code: 'changed' } });
      await expectFirstVersion(driven);
    });
  });
}

test('another file of the same size is found out before anything of it is written, or believed', async () => {
  await withFolder(async (folder) => {
    const resume = await begunElsewhere(folder);
    await using server = await startRangeServer({ size: SIZE, seed: 2, connectionRate: 8 * MIB });
    const driven = await drive(server.url, { folder, resume, connections: 4 });
    expect(driven.outcome).toMatchObject({ kind: 'attention', failure: { code: 'changed' } });
    await expectFirstVersion(driven);
    expect(driven.journal?.identity.etag).toBe(null);
    expect(server.requests.length, 'no other connection is asked before').toBe(1);
  });
});

/** A disk image: zeros from 1 MiB on for as long, and other bytes around them for each seed. */
function image(seed: number): Buffer {
  const bytes = generatedBytes(seed).read(0, 4 * MIB);
  return bytes.fill(0, MIB, 3 * MIB);
}

for (const [words, seed] of [
  ['another file', 2],
  ['the same file', 1],
] as const) {
  test(`${words} with the same zeros around the place where it stopped is found to be so`, async () => {
    await withFolder(async (folder) => {
      await using old = await startRangeServer({ bytes: image(1), held: [2 * MIB, 4 * MIB] });
      const stopped = await drive(old.url, {
        folder,
        connections: 1,
        stopAt: (event) => event.kind === 'committed' && event.journal.committed[0]?.[1] === 2 * MIB,
      });
      const { journal } = stopped;
      if (!journal) throw new Error('nothing was left behind');
      const identity = { ...journal.identity, etag: null, lastModified: null };
      await using server = await startRangeServer({ bytes: image(seed) });
      const driven = await drive(server.url, { folder, resume: { ...journal, identity, resumability: 'size-only' } });
      if (seed === 1) {
        expect(driven.outcome).toMatchObject({ kind: 'completed', proof: 'unverified' });
        expect((await readFile(join(folder, 'file.bin'))).equals(image(1))).toBe(true);
      } else {
        expect(driven.outcome).toMatchObject({ kind: 'attention', failure: { code: 'changed' } });
        expect(driven.journal?.committed).toEqual(journal.committed);
        expect(server.bytesSent, 'a stretch of it').toBe(64 << 10);
      }
    });
  });
}
