/** Bytes of a download for somebody who reads while it runs: they come when they are there, or are fetched next. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDownloads, type DownloadOutcome, type Downloads } from '../../electron/engine/download/index.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { namesIn, QUICK, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const SIZE = 64 * MIB;
const never = new AbortController().signal;

async function running(
  connections: number | null,
  use: (downloads: Downloads, folder: string, ended: Promise<DownloadOutcome>, server: RangeServer) => Promise<void>,
): Promise<void> {
  await using server = await startRangeServer({ size: SIZE, connectionRate: 4 * MIB });
  await withFolder(async (folder) => {
    const downloads = createDownloads(QUICK);
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<DownloadOutcome>();
    const spec = { id: 'a', url: server.url, headers: {}, folder, name: 'f', connections, limit: null, checksum: null };
    downloads.start(spec, null, (event) => {
      if (event.kind === 'started') start();
      if (event.kind === 'ended') end(event.outcome);
    });
    await started;
    await use(downloads, folder, ended, server);
    await downloads.close();
  });
}

test.each([1, 2, null])('far ahead, over %j connections: a lease goes there at once', async (connections) => {
  await running(connections, async (downloads, folder) => {
    const position = 50 * MIB + 123;
    const end = await downloads.readable('a', position, never);
    expect(end).toBeGreaterThan(position);
    // The bytes are the file's own, and what lies before them has not been waited for.
    const file = await open(join(folder, 'f.sluice'));
    const bytes = Buffer.alloc(end! - position);
    await file.read(bytes, 0, bytes.length, position);
    await file.close();
    expect(bytes.equals(generatedBytes().read(position, end!))).toBe(true);
    expect(downloads.meters()[0]?.done ?? 0).toBeLessThan(40 * MIB);
    expect(await namesIn(folder)).toEqual(['f.sluice']);
  });
});

test.each([0, 100_000])('a connection that fell silent %i bytes before is not waited for', async (ahead) => {
  let asked = 0;
  await using server = await startRangeServer({
    size: 8 * MIB,
    etag: '"v1"',
    intercept(_request, response) {
      if (asked++ > 0) return false;
      const range = `bytes 0-${8 * MIB - 1}/${8 * MIB}`;
      response.writeHead(206, { 'Content-Length': 8 * MIB, 'Content-Range': range, ETag: '"v1"' });
      response.write(generatedBytes().read(0, 2 * MIB));
      return true;
    },
  });
  await withFolder(async (folder) => {
    const downloads = createDownloads({ ...QUICK, idleTimeout: 600_000 });
    const { promise: ended, resolve: end } = Promise.withResolvers<DownloadOutcome>();
    const spec = {
      id: 'a',
      url: server.url,
      headers: {},
      folder,
      name: 'f',
      connections: 1,
      limit: null,
      checksum: null,
    };
    downloads.start(spec, null, (event) => {
      if (event.kind === 'ended') end(event.outcome);
    });
    await expect.poll(() => downloads.meters()[0]?.done).toBe(2 * MIB);
    expect(await downloads.readable('a', 2 * MIB + ahead, never)).toBeGreaterThan(2 * MIB + ahead);
    expect(await ended).toMatchObject({ kind: 'completed' });
    expect(await sha256Of(join(folder, 'f'))).toBe(await server.sha256());
    await downloads.close();
  });
});

test('readers who jump about cost the remote a request a second, and each that stays is served', async () => {
  await running(4, async (downloads, _, __, server) => {
    // No connection comes to the end of what it fetches, and asks for more.
    server.set({ held: [2 * MIB, SIZE] });
    const before = server.requests.length;
    const begun = performance.now();
    for (let i = 0; i < 60; i += 1) {
      const gone = new AbortController();
      const asked = downloads.readable('a', (20 + ((i * 17) % 40)) * MIB, gone.signal).catch(() => null);
      gone.abort(new Error('elsewhere by now'));
      await asked;
    }
    const seconds = (performance.now() - begun) / 1000;
    // Three at once, one more each second, and what connections ask for anew that wait in vain.
    expect(server.requests.length - before).toBeLessThanOrEqual(3 + seconds + 4 * (1 + seconds));
    server.set({ held: null });
    const positions = [61, 47, 53, 29, 37].map((mib) => mib * MIB + 5);
    const ends = await Promise.all(positions.map((position) => downloads.readable('a', position, never)));
    for (const [i, position] of positions.entries()) expect(ends[i]).toBeGreaterThan(position);
  });
});

test('a reader that goes away waits no more', async () => {
  await running(1, async (downloads) => {
    const gone = new AbortController();
    const wait = downloads.readable('a', 60 * MIB, gone.signal);
    gone.abort(new Error('the reader left'));
    await expect(wait).rejects.toThrow('the reader left');
  });
});

test('a download that is stopped tells its readers', async () => {
  await running(1, async (downloads, _, ended) => {
    const wait = downloads.readable('a', 60 * MIB, never);
    downloads.stop('a');
    expect(await ended).toEqual({ kind: 'stopped' });
    expect(await wait).toBeNull();
    expect(await downloads.readable('a', 0, never)).toBeNull();
  });
});
