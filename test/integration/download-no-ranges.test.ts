/** A download that goes on where the server gave no ranges before: it may now, and where it does not, one body brings all. */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DownloadJournal } from '../../electron/engine/download/index.ts';
import { startFaultServer } from '../servers/fault-server.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { drive, sha256Of, withFolder } from './download-driver.ts';

test('21: a download that goes on asks once for a range, which is reset, and then without', async () => {
  await using server = await startFaultServer();
  await withFolder(async (folder) => {
    const run = await server.play(21);
    await writeFile(join(folder, 'file.bin.sluice'), '');
    const { outcome } = await drive(run.url, {
      folder,
      tries: 2,
      resume: {
        identity: { finalUrl: run.url, size: run.size, etag: null, lastModified: null, contentType: null },
        resumability: 'no-ranges',
        name: 'file.bin',
        committed: [],
      },
    });
    expect(outcome).toMatchObject({ kind: 'completed', name: 'file.bin' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(run.sha256);
    expect(run.exchanges.map(({ request }) => request.headers['range'])).toEqual(['bytes=0-', undefined]);
  });
});

const MIB = 1 << 20;
const SIZE = 12 * MIB + 99;

/** What an earlier run left of the range server's file: the ranges are here, all else is zero. */
async function left(folder: string, url: string, committed: DownloadJournal['committed']): Promise<DownloadJournal> {
  const content = generatedBytes(1);
  await using part = await open(join(folder, 'file.bin.sluice'), 'w');
  for (const [start, end] of committed) await part.write(content.read(start, end), 0, end - start, start);
  const identity = { finalUrl: url, size: SIZE, etag: '"one"', lastModified: null, contentType: null };
  return { identity, resumability: 'no-ranges', name: 'file.bin', committed };
}

test('a server that gave no ranges once is asked for one in the next run', async () => {
  await using server = await startRangeServer({ size: SIZE, etag: '"one"' });
  await withFolder(async (folder) => {
    const resume = await left(folder, server.url, [[0, 10 * MIB]]);
    const { outcome, journal } = await drive(server.url, { folder, resume, connections: 1 });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'size' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(server.bytesSent).toBe(SIZE - 10 * MIB + (64 << 10));
    expect(journal?.resumability).toBe('strong-etag');
  });
});

test('where it gives none, one body fills all gaps', async () => {
  await using server = await startRangeServer({ size: SIZE, etag: '"one"', ranges: false });
  await withFolder(async (folder) => {
    const committed = [1, 3, 5, 7, 9].map((n): [number, number] => [n * MIB, n * MIB + 300_000]);
    const resume = await left(folder, server.url, committed);
    const { outcome, runs } = await drive(server.url, { folder, resume });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'size' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(runs).toBe(1);
    expect(server.requests.length).toBe(1);
  });
});
