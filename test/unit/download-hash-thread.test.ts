/** Files are hashed behind their writers, all in one thread that stays. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HashThread } from '../../electron/engine/download/hash-thread.ts';

const hex = (bytes: Buffer, algorithm = 'sha256') => createHash(algorithm).update(bytes).digest('hex');
let folder: string;
let hashes: HashThread;
let threads = 0;
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
  await rm(folder, { recursive: true });
});

test('many at once, one after the other, and by pieces: one thread gives the digests of each', async () => {
  const contents = [3_000_000, 1_500_000, 10].map((size) => randomBytes(size));
  for (let round = 0; round < 2; round += 1) {
    const followers = await Promise.all(
      contents.map(async (bytes, i) => {
        const path = join(folder, `${i}`);
        await writeFile(path, bytes);
        return hashes.follow({
          path,
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
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  const dropped = hashes.follow({ path, algorithm: 'sha-256', pieces: null });
  const waiting = hashes.follow({ path, algorithm: 'sha-256', pieces: null });
  const wanted = hashes.follow({ path, algorithm: 'sha-256', pieces: null });
  dropped.close();
  expect((await wanted.digest(bytes.length, () => {})).whole).toBe(hex(bytes));
  waiting.advance(bytes.length);
  await hashes.close();
});

test('a file that is not there, or is shorter than was said, is told', async () => {
  const gone = hashes.follow({ path: join(folder, 'gone'), algorithm: 'sha-256', pieces: null });
  await expect(gone.digest(1, () => {})).rejects.toMatchObject({ code: 'disk-error' });
  await writeFile(join(folder, 'short'), 'abc');
  const short = hashes.follow({ path: join(folder, 'short'), algorithm: 'sha-256', pieces: null });
  await expect(short.digest(4, () => {})).rejects.toMatchObject({ code: 'disk-error' });
});
