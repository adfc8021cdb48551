import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HashFollower } from '../../electron/engine/download/hash-follower.ts';
import { HashThread } from '../../electron/engine/download/hash-thread.ts';
import { PartFile } from '../../electron/engine/download/part-file.ts';
import { BufferPool, pages } from '../../electron/engine/flow/index.ts';

let folder: string;
let handle: FileHandle;
let part: PartFile;
const pool = new BufferPool(pages);
const MIB = 1024 * 1024;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

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
  const buffer = pool.take(bytes.length);
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

test('of two connections that bring the same bytes, the first wins: on its way, in part, or written before', async () => {
  const first = Buffer.alloc(60_000, 1);
  const second = Buffer.alloc(100_000, 2);
  write(20_000, first);
  // Around what is on its way: both ends are new.
  write(0, second);
  await part.settle();
  write(0, second);
  write(90_000, Buffer.alloc(20_000, 3));
  await part.settle();
  expect(part.written.toRanges()).toEqual([[0, 110_000]]);
  const expected = [Buffer.alloc(20_000, 2), first, Buffer.alloc(20_000, 2), Buffer.alloc(10_000, 3)];
  expect((await part.read(0, 110_000)).equals(Buffer.concat(expected))).toBe(true);
});

test('what was found wrong is written anew', async () => {
  write(0, Buffer.alloc(30_000, 1));
  await part.settle();
  part.reject(10_000, 20_000);
  write(0, Buffer.alloc(30_000, 2));
  await part.settle();
  expect((await part.read(9_999, 20_001)).toString('hex')).toBe(`01${'02'.repeat(10_000)}01`);
});

test('reading is held back while the disk is behind, and told when it may go on', async () => {
  const drained = new Promise<void>((resolve) => {
    part.onDrain = resolve;
  });
  const { size } = part.queue;
  expect(part.room).toBe(Infinity);
  for (let i = 0; i < size; i += 1) {
    expect(part.blocked).toBe(false);
    if (i > 0) expect(part.room).toBe(size - i);
    write(i * 1000, Buffer.alloc(1000, i));
  }
  // None of them can have been written before this thread is done here.
  expect(part.blocked).toBe(true);
  await drained;
  expect(part.blocked).toBe(false);
});

test('reading is held back while too much is not yet durable', async () => {
  const synced = Promise.withResolvers<void>();
  // A disk that takes its time: writes end, their sync does not.
  const slow = Object.create(handle, {
    fd: { value: handle.fd },
    datasync: { value: () => synced.promise.then(() => handle.datasync()) },
  }) as FileHandle;
  part = new PartFile(slow, [], pool);
  const committed: number[] = [];
  part.onCommit = (ranges) => committed.push(ranges.length);
  const { size } = pool;
  for (let at = 0; at < 64 * 1024 * 1024; at += size) {
    part.write(pool.take(), 0, size, at);
    expect(await part.has(at, at + size)).toBe(true);
  }
  expect(part.queue.used).toBe(0);
  expect(part.blocked).toBe(true);
  expect(committed).toEqual([]);
  synced.resolve();
  await part.settle();
  expect(part.blocked).toBe(false);
  expect(committed.length).toBeGreaterThan(0);
});

test('a birth that moves with each write, as where a system knows of none, is no mark of the file', async () => {
  const { birthtimeNs } = await handle.stat({ bigint: true });
  for (const [born, kept] of [
    [String(birthtimeNs), String(birthtimeNs)],
    [String(birthtimeNs - 1n), null],
  ] as const) {
    part = new PartFile(handle, [], pool, born);
    write(0, randomBytes(1000));
    await part.settle();
    expect(part.born).toBe(birthtimeNs > 0n ? kept : null);
  }
});

describe('hashed meanwhile', () => {
  const hashes = new HashThread();
  afterAll(() => hashes.close());

  /** What was hashed of `size` bytes that `fill` writes. `readable`: descriptor of what the hash may read. */
  async function hashOf(size: number, readable: number, fill: () => void): Promise<string> {
    const hasher = hashes.follow({ fd: readable, algorithm: 'sha-256', pieces: null });
    try {
      part.hashInto(hasher);
      fill();
      await part.settle();
      return (await hasher.digest(size, () => {})).whole;
    } finally {
      hasher.close();
    }
  }

  test('what comes in order comes from memory, what lies between from the file', async () => {
    const bytes = randomBytes(4 * MIB);
    // Were any more of it read, zeros would be found.
    const readable = Buffer.alloc(bytes.length);
    bytes.copy(readable, 2 * MIB, 2 * MIB, 3 * MIB);
    await writeFile(join(folder, 'readable'), readable);
    await using file = await open(join(folder, 'readable'));
    const hash = await hashOf(bytes.length, file.fd, () => {
      for (const at of [2, 0, 1, 3]) write(at * MIB, bytes.subarray(at * MIB, (at + 1) * MIB));
    });
    expect(hash).toBe(sha256(bytes));
    expect(pool.lent).toBe(0);
  });

  test('in whatever order they come, and twice: the digest is that of the file', async () => {
    const bytes = randomBytes(24 * MIB);
    // Four connections, of different speed, each of which brings the beginning of its neighbour’s part too.
    const next = [0, 1, 2, 3].map((i) => ({
      at: 6 * i * MIB,
      end: Math.min(24, 6 * i + 7) * MIB,
      step: (1 + i) * 90_000,
    }));
    const hash = await hashOf(bytes.length, handle.fd, () => {
      while (next.some(({ at, end }) => at < end))
        for (const one of next) {
          const end = Math.min(one.at + one.step, one.end);
          if (end > one.at) write(one.at, bytes.subarray(one.at, end));
          one.at = end;
        }
    });
    expect(hash).toBe(sha256(bytes));
    expect((await part.read(0, bytes.length)).equals(bytes)).toBe(true);
    expect(pool.lent).toBe(0);
  });
});

test('reading is held back while the hash is behind; its memory comes back when it is done, or not wanted', async () => {
  let fed = 0;
  const hasher = new HashFollower({
    advance: () => {},
    feed: () => {
      fed += 1;
    },
    drop: () => {},
  });
  part.hashInto(hasher);
  const behind: PartFile['behind'][] = [];
  for (let i = 0; i < 4; i += 1) {
    behind.push(part.behind);
    write(i * 1000, Buffer.alloc(1000, i));
    expect(await part.has(i * 1000, (i + 1) * 1000)).toBe(true);
  }
  expect([...behind, part.behind]).toEqual([null, null, null, null, 'processing']);
  expect([fed, pool.lent]).toEqual([4, 4]);
  expect(part.queue).toEqual({ used: 4, size: 4 });
  const drained = new Promise<void>((resolve) => {
    part.onDrain = resolve;
  });
  hasher.progress({ bytes: 1000, freed: 1 });
  await drained;
  expect([part.behind, pool.lent]).toEqual([null, 3]);
  hasher.close();
  expect(pool.lent).toBe(0);
  expect(part.queue).toEqual({ used: 0, size: 8 });
  write(4000, Buffer.alloc(1000));
  await part.settle();
  expect([fed, pool.lent]).toEqual([4, 0]);
});
