/** Files are hashed behind their writers, all in one thread that stays. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HashThread } from '../../electron/engine/download/hash-thread.ts';

const hex = (bytes: Buffer, algorithm = 'sha256') => createHash(algorithm).update(bytes).digest('hex');
let folder: string;
let hashes: HashThread;
let threads = 0;
const handles: FileHandle[] = [];
/** A file with these bytes, open. */
async function opened(name: string, bytes: Buffer | string): Promise<number> {
  await writeFile(join(folder, name), bytes);
  const handle = await open(join(folder, name));
  handles.push(handle);
  return handle.fd;
}
const count = () => {
  threads += 1;
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  hashes = new HashThread();
  threads = 0;
  process.on('worker', count);
});
afterEach(async () => {
  process.off('worker', count);
  await hashes.close();
  await Promise.all(handles.splice(0).map((handle) => handle.close()));
  await rm(folder, { recursive: true });
});

test('many at once, one after the other, and by pieces: one thread gives the digests of each', async () => {
  const contents = [3_000_000, 1_500_000, 10].map((size) => randomBytes(size));
  for (let round = 0; round < 2; round += 1) {
    const followers = await Promise.all(
      contents.map(async (bytes, i) => {
        return hashes.follow({
          fd: await opened(`${i}`, bytes),
          algorithm: 'sha-256',
          pieces: { length: 1_000_000, algorithm: 'sha-1', count: 3 },
        });
      }),
    );
    const digests = await Promise.all(followers.map((one, i) => one.digest(contents[i]?.length ?? 0, () => {})));
    expect(digests).toEqual(
      contents.map((bytes) => ({
        whole: hex(bytes),
        pieces: [0, 1, 2].flatMap((n) => {
          const piece = bytes.subarray(n * 1_000_000, (n + 1) * 1_000_000);
          return piece.length > 0 ? [hex(piece, 'sha1')] : [];
        }),
      })),
    );
    for (const one of followers) one.close();
  }
  expect(threads).toBe(1);
});

test('one that is not wanted any more does not keep the thread from ending, nor disturb another', async () => {
  const bytes = randomBytes(100_000);
  const fd = await opened('file', bytes);
  const dropped = hashes.follow({ fd, algorithm: 'sha-256', pieces: null });
  const waiting = hashes.follow({ fd, algorithm: 'sha-256', pieces: null });
  const wanted = hashes.follow({ fd, algorithm: 'sha-256', pieces: null });
  dropped.close();
  expect((await wanted.digest(bytes.length, () => {})).whole).toBe(hex(bytes));
  waiting.advance(bytes.length);
  await hashes.close();
});

test('a file that is shorter than was said is told', async () => {
  const short = hashes.follow({ fd: await opened('short', 'abc'), algorithm: 'sha-256', pieces: null });
  await expect(short.digest(4, () => {})).rejects.toMatchObject({ code: 'disk-error' });
});

test('another file that takes the name is not read for it', async () => {
  const bytes = randomBytes(100_000);
  const fd = await opened('file', bytes);
  await writeFile(join(folder, 'other'), 'others');
  await rename(join(folder, 'other'), join(folder, 'file'));
  const follower = hashes.follow({ fd, algorithm: 'sha-256', pieces: null });
  expect((await follower.digest(bytes.length, () => {})).whole).toBe(hex(bytes));
});
