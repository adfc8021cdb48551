/** The cache of a remote's blocks: what it gives is what was put there, for just this version. */
import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BLOCK, BlockCache, openBlockCache } from '../../electron/engine/serve/block-cache.ts';
import type { Identity } from '../../shared/job.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

const version = (etag: string): Identity => ({
  finalUrl: 'https://example.com/a',
  etag,
  lastModified: null,
  contentType: null,
  size: BLOCK,
});

async function blockOf(store: ReturnType<BlockCache['version']>): Promise<number | null> {
  const into = Buffer.alloc(BLOCK);
  return (await store.read(0, 0, into)) === BLOCK ? (into[0] ?? null) : null;
}

test('a late write of the last version never lands among the blocks of the next', async () => {
  const cache = new BlockCache(home, 'share', BLOCK);
  // The disk is slow with the first write only.
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const write = fs.write.bind(fs) as (...args: unknown[]) => void;
  let writes = 0;
  const slowly = (...args: unknown[]) => {
    writes += 1;
    if (writes > 1) write(...args);
    else void released.then(() => write(...args));
  };
  vi.spyOn(fs, 'write').mockImplementation(slowly);
  const old = cache.version(version('"old"'), BLOCK, true);
  const late = old.put(0, Buffer.alloc(BLOCK, 1));
  const store = cache.version(version('"new"'), BLOCK, true);
  await store.put(0, Buffer.alloc(BLOCK, 2));
  release();
  await late;
  // Not there, or the new one's: never the old one's.
  expect([null, 2]).toContain(await blockOf(store));
  // The place that was kept from it is free again.
  await store.put(0, Buffer.alloc(BLOCK, 2));
  expect(await blockOf(store)).toBe(2);
  cache.close();
});

test('a home that has no place for a cache is no reason not to serve', () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  writeFileSync(join(home, 'cache'), 'a file where the folder should be');
  expect(openBlockCache(home, 'share', BLOCK)).toBe(null);
});
