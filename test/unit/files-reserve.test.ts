/** The blocks of a file are taken before its bytes come, where the system can do that; nothing else changes. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { allocatedBytes, reserveSpace } from '../../electron/engine/files/index.ts';
import { lacks } from '../bench/programs.ts';
import { canBypassCache } from '../servers/page-cache.ts';

const MIB = 2 ** 20;
const isPossible = (await canBypassCache(tmpdir())) && !lacks('fallocate');

let folder: string;
let path: string;
let handle: FileHandle;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-reserve-'));
  path = join(folder, 'file');
  handle = await open(path, 'w+');
  await handle.write('what is there');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await handle.close();
  await rm(folder, { recursive: true });
});

const length = async () => (await handle.stat()).size;

test.skipIf(!isPossible)('the file has its blocks and its length, and keeps its bytes', async () => {
  await reserveSpace(handle, 5 * MIB);
  expect(await allocatedBytes(path)).toBeGreaterThanOrEqual(5 * MIB);
  expect(await length()).toBe(5 * MIB);
  const { buffer } = await handle.read(Buffer.alloc(20), 0, 20, 0);
  expect(buffer.toString('latin1')).toBe('what is there'.padEnd(20, '\0'));
  // Once more, as for a download that goes on.
  await reserveSpace(handle, 5 * MIB);
  expect(await length()).toBe(5 * MIB);
});

test('a size for which there is no room takes nothing of the disk', async () => {
  await reserveSpace(handle, 2 ** 52);
  expect(await length()).toBe(13);
  expect(await allocatedBytes(path)).toBeLessThan(MIB);
});

test('without the program for it, nothing happens', async () => {
  vi.stubEnv('PATH', folder);
  await reserveSpace(handle, 5 * MIB);
  expect(await length()).toBe(13);
});

test('what is not there takes nothing', async () => {
  expect(await allocatedBytes(join(folder, 'nothing'))).toBe(0);
});
