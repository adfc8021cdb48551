import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PartFile } from '../../electron/engine/download/part-file.ts';
import { BufferPool } from '../../electron/engine/flow/index.ts';

let folder: string;
let handle: FileHandle;
let part: PartFile;
const pool = new BufferPool();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-part-'));
  handle = await open(join(folder, 'file.sluice'), 'w+');
  part = new PartFile(handle, [], pool);
});
afterEach(async () => {
  await part.settle();
  await handle.close();
  await rm(folder, { recursive: true });
});

function write(start: number, bytes: Buffer): void {
  const buffer = pool.take();
  bytes.copy(buffer);
  part.write(buffer, 0, bytes.length, start);
}

test('bytes on their way to the disk are waited for, those of others are not', async () => {
  const bytes = randomBytes(65_536);
  write(1000, bytes);
  expect(part.written.covers(1000, 1000 + bytes.length)).toBe(false);
  expect(await part.has(1000, 1000 + bytes.length)).toBe(true);
  expect((await part.read(1000, 1000 + bytes.length)).equals(bytes)).toBe(true);
  expect(await part.has(999, 1001)).toBe(false);
  write(500_000, bytes);
  expect(await part.has(400_000, 500_000)).toBe(false);
});
