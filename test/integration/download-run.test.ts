/** What a download does to the disk and asks of an honest server: stops, goes on, splits, limits, verifies. */
import { createHash } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createDownloads,
  type DownloadJournal,
  type DownloadOutcome,
  type DownloadSpec,
} from '../../electron/engine/download/index.ts';
import { allocatedBytes } from '../../electron/engine/files/index.ts';
import { lacks } from '../bench/programs.ts';
import { cachedBytes, canBypassCache } from '../servers/page-cache.ts';
import { startRangeServer, type RangeServer, type RangeServerOptions } from '../servers/range-server.ts';
import { drive, namesIn, QUICK, sha256Of, withFolder } from './download-driver.ts';
import { longestKept } from './kept-bytes.ts';

const MIB = 1 << 20;
const canBypass = await canBypassCache(tmpdir());
let server: RangeServer;
const serve = async (options: RangeServerOptions) => {
  server = await startRangeServer(options);
};
beforeEach(() => {
  server = undefined as unknown as RangeServer;
});
afterEach(async () => {
  await server.close();
});

const bytesOf = (journal: DownloadJournal | null) =>
  (journal?.committed ?? []).reduce((sum, [start, end]) => sum + end - start, 0);

/** Runs until `when` says so, then stops it; answers the last journal and how it ended. */
async function runUntil(
  spec: Partial<DownloadSpec> & { folder: string },
  resume: DownloadJournal | null,
  when: (journal: DownloadJournal) => boolean,
  how: 'stop' | 'crash' = 'stop',
): Promise<{ journal: DownloadJournal; outcome: DownloadOutcome | null }> {
  const downloads = createDownloads(QUICK);
  const full = {
    id: 'a',
    url: server.url,
    headers: {},
    name: null,
    connections: 4,
    limit: null,
    checksum: null,
    ...spec,
  };
  const { promise, resolve } = Promise.withResolvers<{ journal: DownloadJournal; outcome: DownloadOutcome | null }>();
  let journal: DownloadJournal | null = resume;
  downloads.start(full, resume, (event) => {
    if (event.kind === 'started' || event.kind === 'committed') ({ journal } = event);
    if (event.kind === 'committed' && when(event.journal)) {
      if (how === 'stop') downloads.stop('a');
      else resolve({ journal: event.journal, outcome: null });
    }
    if (event.kind === 'ended' && journal) resolve({ journal, outcome: event.outcome });
  });
  const result = await promise;
  await downloads.close();
  return result;
}

describe('a download', () => {
  test('over many connections is the file, byte for byte, each byte fetched once', async () => {
    await serve({ size: 48 * MIB + 17 });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder, connections: 8 });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'size', size: 48 * MIB + 17 });
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
      expect(await namesIn(folder)).toEqual(['file.bin']);
      expect(server.connections.peak).toBeGreaterThan(1);
    });
  });

  test.skipIf(!canBypass || lacks('fincore'))(
    `leaves the page cache to others${canBypass ? '' : ' (no direct writes here)'}`,
    async () => {
      await serve({ size: 48 * MIB + 17 });
      const checksum = { algorithm: 'sha-256', value: await server.sha256() } as const;
      for (const [connections, asked] of [
        [1, null],
        [8, null],
        [1, checksum],
      ] as const) {
        await withFolder(async (folder) => {
          const { outcome } = await drive(server.url, { folder, connections, checksum: asked });
          expect(outcome).toMatchObject({ kind: 'completed' });
          const file = join(folder, 'file.bin');
          // Heads and ends of responses go through it.
          expect(cachedBytes(file)).toBeLessThan(connections * 3 * MIB);
          expect(await sha256Of(file)).toBe(checksum.value);
        });
      }
    },
  );

  test('that is stopped keeps every byte that arrived, and goes on from there', async () => {
    await serve({ size: 24 * MIB, connectionRate: 6 * MIB });
    await withFolder(async (folder) => {
      const first = await runUntil({ folder }, null, (journal) => bytesOf(journal) > 6 * MIB);
      expect(first.outcome).toEqual({ kind: 'stopped' });
      expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
      // The disk is reserved for all of it, where that is possible.
      if (canBypass && !lacks('fallocate'))
        expect(await allocatedBytes(join(folder, 'file.bin.sluice'))).toBeGreaterThanOrEqual(24 * MIB);
      server.set({ held: longestKept(first.journal.committed) });
      const { outcome } = await drive(server.url, { folder, resume: first.journal, connections: 4 });
      expect(outcome.kind).toBe('completed');
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    });
  });

  test('goes on from its journal as if nothing later had been written', async () => {
    await serve({ size: 24 * MIB, connectionRate: 6 * MIB });
    await withFolder(async (folder) => {
      const crashed = await runUntil({ folder }, null, (journal) => bytesOf(journal) > 4 * MIB, 'crash');
      const { outcome } = await drive(server.url, { folder, resume: crashed.journal, connections: 3 });
      expect(outcome.kind).toBe('completed');
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    });
  });

  test('67: whose part file lost its end fetches just that again', async () => {
    await serve({ size: 16 * MIB, connectionRate: 4 * MIB });
    await withFolder(async (folder) => {
      const { journal } = await runUntil({ folder, connections: 1 }, null, (j) => bytesOf(j) > 4 * MIB);
      const part = join(folder, 'file.bin.sluice');
      await truncate(part, 2 * MIB);
      server.set({ connectionRate: Infinity });
      const { outcome } = await drive(server.url, { folder, resume: journal, connections: 1 });
      expect(outcome.kind).toBe('completed');
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
      // But for the 64 KiB before, which are compared.
      expect(server.requests.at(-1)?.headers.range).toBe(`bytes=${2 * MIB - (64 << 10)}-`);
    });
  });

  test('67: whose part file is gone asks the person', async () => {
    await serve({ size: 16 * MIB, connectionRate: 4 * MIB });
    await withFolder(async (folder) => {
      const { journal } = await runUntil({ folder }, null, (j) => bytesOf(j) > 2 * MIB);
      await rm(join(folder, 'file.bin.sluice'));
      const { outcome } = await drive(server.url, { folder, resume: journal });
      expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'part-missing' } });
    });
  });

  test('never replaces a file that came to be there meanwhile', async () => {
    await serve({ size: 24 * MIB, connectionRate: 2 * MIB });
    await withFolder(async (folder) => {
      const { journal } = await runUntil({ folder }, null, (j) => bytesOf(j) > MIB);
      await writeFile(join(folder, 'file.bin'), 'somebody else’s');
      server.set({ connectionRate: Infinity });
      const { outcome } = await drive(server.url, { folder, resume: journal });
      expect(outcome).toMatchObject({ kind: 'completed', name: 'file (1).bin' });
      expect(await sha256Of(join(folder, 'file (1).bin'))).toBe(await server.sha256());
    });
  });

  test('of unknown size is complete when the body says so, and never shows a percentage', async () => {
    await serve({ size: 3 * MIB, contentLength: false, ranges: false });
    await withFolder(async (folder) => {
      const { outcome, journal } = await drive(server.url, { folder });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'unverified', size: 3 * MIB });
      expect(journal?.resumability).toBe('size-unknown');
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    });
  });

  test('takes its name from the server, made safe', async () => {
    await serve({ size: 100, contentDisposition: `attachment; filename="../../etc/pass wd"` });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder });
      expect(outcome.kind).toBe('completed');
      expect(await namesIn(folder)).toEqual(['pass wd']);
    });
  });

  test('into a folder that is not there fails and makes nothing', async () => {
    await serve({ size: 100 });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder: join(folder, 'gone') });
      expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'folder-missing' } });
      expect(await namesIn(folder)).toEqual([]);
    });
  });
});

describe('a checksum', () => {
  test.each(['sha-256', 'sha-512', 'sha-1', 'md5'] as const)('%s that matches proves the file', async (algorithm) => {
    await serve({ size: 5 * MIB });
    await withFolder(async (folder) => {
      const plain = await drive(server.url, { folder, name: 'plain' });
      expect(plain.outcome.kind).toBe('completed');
      const value = createHash(algorithm.replace('-', ''))
        .update(await readFile(join(folder, 'plain')))
        .digest('hex');
      const { outcome } = await drive(server.url, { folder, checksum: { algorithm, value }, connections: 3 });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
    });
  });

  test('72: that does not match keeps the part file and never gives the final name', async () => {
    await serve({ size: 5 * MIB });
    await withFolder(async (folder) => {
      const checksum = { algorithm: 'sha-256', value: '0'.repeat(64) } as const;
      const { outcome } = await drive(server.url, { folder, checksum });
      expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'checksum-mismatch' } });
      expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
    });
  });
});

describe('a limit', () => {
  test.each([1, 8])('holds over %i connections', async (connections) => {
    await serve({ size: 6 * MIB });
    await withFolder(async (folder) => {
      const begun = performance.now();
      const { outcome } = await drive(server.url, { folder, connections, limit: 3 * MIB });
      const seconds = (performance.now() - begun) / 1000;
      expect(outcome.kind).toBe('completed');
      // Never faster than asked, apart from the first twentieth of a second's savings.
      expect(seconds).toBeGreaterThan(1.9);
    });
  });

  test('over all downloads is shared, and changing it is felt at once', async () => {
    await serve({ size: 64 * MIB });
    await withFolder(async (folder) => {
      const downloads = createDownloads(QUICK);
      downloads.setGlobalLimit(MIB);
      const base = { url: server.url, headers: {}, folder, connections: 2, limit: null, checksum: null };
      let lifted = false;
      const ended = ['a', 'b'].map(
        (id) =>
          new Promise<DownloadOutcome>((resolve) => {
            downloads.start({ ...base, id, name: id }, null, (event) => {
              if (event.kind === 'committed' && !lifted) {
                lifted = true;
                expect(server.bytesSent).toBeLessThan(60 * MIB);
                downloads.setGlobalLimit(null);
              }
              if (event.kind === 'ended') resolve(event.outcome);
            });
          }),
      );
      expect((await Promise.all(ended)).map((outcome) => outcome.kind)).toEqual(['completed', 'completed']);
      expect(await sha256Of(join(folder, 'a'))).toBe(await server.sha256());
      expect(await sha256Of(join(folder, 'b'))).toBe(await server.sha256());
      await downloads.close();
    });
  });
});

test('https is read as fast and as exactly', async () => {
  await serve({ size: 24 * MIB + 5, tls: true });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: 4 });
    expect(outcome.kind).toBe('completed');
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
  });
});

test('a connection cut again and again costs only what was on its way', async () => {
  await serve({ size: 32 * MIB, connectionRate: 12 * MIB });
  await withFolder(async (folder) => {
    let cuts = 0;
    const downloads = createDownloads(QUICK);
    const outcome = await new Promise<DownloadOutcome>((resolve) => {
      const spec = {
        id: 'a',
        url: server.url,
        headers: {},
        folder,
        name: null,
        connections: 4,
        limit: null,
        checksum: null,
      };
      downloads.start(spec, null, (event) => {
        if (event.kind === 'committed' && cuts < 3) {
          cuts += 1;
          server.dropConnections();
        }
        if (event.kind === 'ended') resolve(event.outcome);
      });
    });
    await downloads.close();
    expect(cuts).toBeGreaterThan(0);
    expect(outcome.kind).toBe('completed');
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
  });
});
