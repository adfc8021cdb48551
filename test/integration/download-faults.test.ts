/**
 * Every row of the founders' table of what remotes do wrong, played by the fault server: what ends up on the disk
 * (SHA-256), the state the run ends in, and what was asked of the server.
 */
import { lookup } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFaultServer, type FaultRun, type FaultServer } from '../servers/fault-server.ts';
import { drive, namesIn, sha256Of, withFolder, type Driven } from './download-driver.ts';

let server: FaultServer;
beforeAll(async () => {
  server = await startFaultServer();
});
afterAll(async () => {
  await server.close();
});

interface Row {
  readonly number: number;
  readonly variant?: string;
  /** “completed”, or the outcome and its failure's code, like “attention changed”. */
  readonly ends: string;
  readonly connections?: number;
  readonly tries?: number;
  readonly size?: number;
  /** What else has to hold. */
  also?(run: FaultRun, driven: Driven): void;
}

const gets = (run: FaultRun) => run.exchanges.filter((x) => x.request.method === 'GET');
const header = (run: FaultRun, name: string) => gets(run).map((x) => x.request.headers[name]);
const sent = (run: FaultRun) => run.exchanges.reduce((sum, x) => sum + x.sent, 0);

/** Where localhost is IPv4 only, as in some containers, there is no other family to fall back from. */
const hasBothFamilies = new Set((await lookup('localhost', { all: true })).map(({ family }) => family)).size === 2;

/** Not a round number, which would be cross-checked (fault 22) with a request of its own. */
const ODD = (4 << 20) + 4321;

const rows: readonly Row[] = [
  { number: 1, variant: 'absent', ends: 'completed', connections: 4 },
  { number: 1, variant: 'none', ends: 'completed', connections: 4 },
  { number: 1, variant: 'liar', ends: 'completed', connections: 4 },
  { number: 2, ends: 'completed', also: (run) => expect(gets(run)).toHaveLength(1) },
  { number: 3, variant: 'same', ends: 'completed' },
  { number: 3, variant: 'changed', ends: 'attention changed' },
  { number: 4, ends: 'completed', connections: 4 },
  { number: 5, ends: 'completed' },
  { number: 6, variant: 'short', ends: 'attention changed' },
  { number: 6, variant: 'empty', ends: 'attention changed' },
  { number: 7, variant: 'right', ends: 'completed' },
  { number: 7, variant: 'wrong', ends: 'retry bad-response', tries: 2 },
  { number: 8, ends: 'completed' },
  { number: 9, ends: 'completed' },
  { number: 10, ends: 'completed', connections: 4 },
  { number: 11, ends: 'completed' },
  { number: 12, ends: 'completed' },
  { number: 13, variant: 'equals', ends: 'completed' },
  { number: 13, variant: 'no-unit', ends: 'completed' },
  { number: 13, variant: 'open', ends: 'completed' },
  { number: 13, variant: 'no-start', ends: 'completed' },
  { number: 13, variant: 'reversed', ends: 'completed' },
  { number: 13, variant: 'unknown', ends: 'completed' },
  { number: 14, ends: 'attention changed', connections: 4 },
  { number: 15, ends: 'completed' },
  { number: 16, variant: 'segment', ends: 'completed' },
  { number: 16, variant: 'probe', ends: 'completed' },
  { number: 17, ends: 'retry bad-response', tries: 2 },
  { number: 18, ends: 'completed' },
  // Asked again without the range, the server shows the same file: it goes on rather than to ask the person.
  { number: 19, variant: 'no-size', ends: 'completed' },
  { number: 19, variant: 'smaller', ends: 'attention changed' },
  { number: 20, ends: 'completed' },
  { number: 21, ends: 'completed' },
  { number: 22, ends: 'completed' },
  { number: 23, variant: 'same', ends: 'completed' },
  { number: 23, variant: 'changed', ends: 'attention changed' },
  { number: 24, variant: 'changed', ends: 'attention changed', connections: 4 },
  {
    number: 24,
    variant: 'same',
    ends: 'completed',
    connections: 4,
    also: (run) => expect(header(run, 'if-match').filter(Boolean).length).toBeGreaterThan(0),
  },
  { number: 25, ends: 'completed' },
  { number: 26, ends: 'completed', also: (run) => expect(header(run, 'if-range').filter(Boolean)).toEqual([]) },
  { number: 27, ends: 'completed', also: (run) => expect(header(run, 'if-range').filter(Boolean)).toEqual([]) },
  { number: 28, variant: 'same', ends: 'completed' },
  { number: 28, variant: 'other', ends: 'attention changed' },
  { number: 29, variant: 'same', ends: 'completed' },
  { number: 29, variant: 'other', ends: 'attention changed' },
  { number: 30, ends: 'attention changed', connections: 4 },
  { number: 31, variant: '412', ends: 'attention changed' },
  { number: 31, variant: '304', ends: 'retry bad-response', tries: 2 },
  { number: 32, variant: 'hop', ends: 'completed' },
  { number: 32, variant: 'blank', ends: 'completed' },
  { number: 33, ends: 'completed' },
  { number: 35, ends: 'completed', also: (run) => expect(sent(run)).toBeLessThan(run.size * 1.3) },
  { number: 36, variant: 'ranges', ends: 'completed' },
  { number: 36, variant: 'no-ranges', ends: 'completed' },
  { number: 37, variant: 'garbage', ends: 'completed' },
  { number: 37, variant: 'overflow', ends: 'completed' },
  {
    number: 38,
    ends: 'completed',
    also: (_run, { outcome }) => expect(outcome).toMatchObject({ proof: 'unverified' }),
  },
  { number: 39, ends: 'completed' },
  { number: 40, variant: 'negative', ends: 'failed bad-response' },
  { number: 40, variant: 'garbage', ends: 'failed bad-response' },
  { number: 40, variant: 'conflicting', ends: 'failed bad-response' },
  { number: 40, variant: 'overflow', ends: 'failed bad-response' },
  { number: 41, ends: 'completed' },
  { number: 42, variant: 'mislabelled', ends: 'completed', connections: 4 },
  { number: 43, ends: 'failed bad-response' },
  { number: 44, variant: 'kept-alive', ends: 'completed' },
  { number: 44, variant: 'fresh', ends: 'retry connection-lost', tries: 2 },
  { number: 45, variant: '204', ends: 'failed empty-answer' },
  { number: 45, variant: '205', ends: 'failed empty-answer' },
  { number: 46, variant: 'resume', ends: 'attention link-expired' },
  { number: 46, variant: 'start', ends: 'attention link-expired' },
  { number: 47, ends: 'completed' },
  { number: 48, variant: 'other-etag', size: ODD, ends: 'attention changed' },
  { number: 48, variant: 'same-etag', size: ODD, ends: 'attention changed' },
  { number: 49, variant: '200', ends: 'completed' },
  { number: 49, variant: '416', ends: 'completed' },
  { number: 50, variant: 'chain', ends: 'completed' },
  { number: 50, variant: 'loop', ends: 'failed too-many-redirects' },
  { number: 51, ends: 'completed' },
  { number: 52, variant: 'other', ends: 'completed', connections: 4 },
  { number: 52, variant: 'same', ends: 'completed', connections: 4 },
  { number: 54, variant: 'http', ends: 'failed insecure-redirect' },
  { number: 54, variant: 'file', ends: 'failed bad-redirect' },
  { number: 54, variant: 'ftp', ends: 'failed bad-redirect' },
  { number: 55, variant: 'missing', ends: 'failed bad-redirect' },
  { number: 55, variant: 'twice', ends: 'failed bad-redirect' },
  { number: 56, variant: '401', ends: 'attention login-needed' },
  { number: 56, variant: '407', ends: 'attention login-needed' },
  {
    number: 57,
    variant: 'seconds',
    ends: 'completed',
    also: (_run, { retryAfters }) => expect(retryAfters).toEqual([2000, 2000]),
  },
  {
    number: 57,
    variant: 'date',
    ends: 'completed',
    also: (_run, { retryAfters }) => expect(retryAfters.every((ms) => ms > 1000 && ms <= 3000)).toBe(true),
  },
  {
    number: 58,
    variant: '429',
    ends: 'completed',
    connections: 6,
    also: (_run, { runs }) => expect(runs).toBe(1),
  },
  { number: 58, variant: '503', ends: 'completed', connections: 6, also: (_run, { runs }) => expect(runs).toBe(1) },
  ...['408', '429', '500', '502', '503', '504', '520', '521', '522', '524'].map((variant): Row => ({
    number: 59,
    variant,
    ends: 'completed',
  })),
  { number: 59, variant: '400', ends: 'failed http-status' },
  { number: 59, variant: '401', ends: 'failed login-needed' },
  { number: 59, variant: '403', ends: 'failed forbidden' },
  { number: 59, variant: '404', ends: 'failed not-found' },
  { number: 59, variant: '410', ends: 'failed not-found' },
  { number: 60, ends: 'completed' },
  { number: 61, ends: 'completed' },
  { number: 62, variant: 'no-ipv6', ends: 'completed' },
  ...(hasBothFamilies ? [{ number: 62, variant: 'no-ipv4', ends: 'completed' }] : []),
  { number: 64, ends: 'completed' },
];

describe('faults', () => {
  for (const row of rows) {
    test(`${row.number} ${row.variant ?? ''}: ${row.ends}`, async () => {
      await withFolder(async (folder) => {
        const { variant, size } = row;
        const options = { ...(variant !== undefined && { variant }), ...(size !== undefined && { size }) };
        const run = await server.play(row.number, options);
        const driven = await drive(run.url, {
          folder,
          connections: row.connections ?? 1,
          ...(row.tries === undefined ? {} : { tries: row.tries }),
        });
        const { outcome } = driven;
        const ended = 'failure' in outcome ? `${outcome.kind} ${outcome.failure.code}` : outcome.kind;
        expect(ended, JSON.stringify(driven.events.filter((e) => e.kind === 'activity' || e.kind === 'ended'))).toBe(
          row.ends,
        );
        const names = await namesIn(folder);
        if (outcome.kind === 'completed') {
          expect(names).toEqual([outcome.name]);
          expect(await sha256Of(join(folder, outcome.name))).toBe(run.sha256);
        } else {
          // Never a final name on anything that is not whole.
          expect(names.filter((name) => !name.endsWith('.sluice'))).toEqual([]);
        }
        row.also?.(run, driven);
      });
    });
  }
});

test('34: an old complete file of the same name is neither prefix nor victim', async () => {
  await withFolder(async (folder) => {
    const run = await server.play(34, { name: 'report.bin' });
    await writeFile(join(folder, 'report.bin'), 'an older file');
    const { outcome } = await drive(run.url, { folder });
    expect(outcome).toMatchObject({ kind: 'completed', name: 'report (1).bin' });
    expect(await sha256Of(join(folder, 'report (1).bin'))).toBe(run.sha256);
  });
});

test('53: secrets stay behind when a redirect leaves the origin', async () => {
  await withFolder(async (folder) => {
    const run = await server.play(53);
    const headers = { Authorization: 'Bearer hush', Cookie: 'id=hush', 'X-Api-Key': 'hush' };
    const { outcome } = await drive(run.url, { folder, headers });
    expect(outcome.kind).toBe('completed');
    const there = run.exchanges.filter((x) => x.origin === 'other');
    expect(there.length).toBeGreaterThan(0);
    expect(JSON.stringify(there.map((x) => x.request.headers))).not.toContain('hush');
    expect(JSON.stringify(run.exchanges[0]?.request.headers)).toContain('hush');
  });
});
