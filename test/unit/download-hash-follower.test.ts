/** What the hash thread is told: memory where it has come as far as that, else what it has to read, and no more. */
import { beforeEach, expect, test, vi } from 'vitest';
import { HashFollower } from '../../electron/engine/download/hash-follower.ts';
import { pages } from '../../electron/engine/flow/index.ts';

const MIB = 1024 * 1024;
const portion = pages(MIB);
/** What was ordered, in MiB: how far it may read, or what is in memory. */
let orders: string[];
/** How many portions are done with. */
let freed: number;
let hasher: HashFollower;

beforeEach(() => {
  orders = [];
  freed = 0;
  hasher = new HashFollower({
    advance: (frontier, size) => orders.push(`read to ${frontier / MIB}${size === undefined ? '' : ', the end'}`),
    feed: (position, bytes) => orders.push(`take ${position / MIB} to ${(position + bytes.length) / MIB}`),
    drop: () => orders.push('drop'),
  });
});
const feed = (at: number, bytes: Uint8Array = portion) =>
  hasher.feed(at * MIB, bytes, () => {
    freed += 1;
  });
const progress = (at: number, portions: number) => hasher.progress({ bytes: at * MIB, freed: portions });

test('what comes in order is taken from memory, and nothing is read', () => {
  for (let at = 0; at < 10; at += 1) {
    expect(feed(at)).toBe(true);
    hasher.advance(at * MIB);
    progress(at + 1, 1);
    hasher.advance((at + 1) * MIB);
  }
  expect(orders).toEqual(Array.from({ length: 10 }, (_, at) => `take ${at} to ${at + 1}`));
  expect(freed).toBe(10);
});

test('what was there before is read as far as it is written, a step at a time, and then memory is taken', () => {
  hasher.advance(100 * MIB);
  expect(feed(100)).toBe(false);
  hasher.advance(101 * MIB);
  progress(50, 0);
  expect(orders).toEqual(['read to 100']);
  progress(100, 0);
  expect(feed(103)).toBe(true);
  // The two that lie between are on their way to the disk: they are read when they are there.
  expect(orders.splice(0)).toEqual(['read to 100', 'read to 101', 'take 103 to 104']);
  hasher.advance(102 * MIB);
  hasher.advance(103 * MIB);
  hasher.advance(104 * MIB);
  progress(104, 1);
  expect(feed(104)).toBe(true);
  expect(orders).toEqual(['read to 102', 'read to 103', 'take 104 to 105']);
});

test('less than a step is not worth a message before the end', () => {
  hasher.advance(MIB / 2);
  expect(orders).toEqual([]);
  void hasher.digest(MIB / 2, () => {});
  expect(orders).toEqual(['read to 0.5, the end']);
});

test('memory that the thread cannot see is not given to it, nor any when it is far behind or has ended', () => {
  expect(feed(0, Buffer.alloc(MIB))).toBe(false);
  expect(feed(9)).toBe(false);
  hasher.close();
  expect(feed(0)).toBe(false);
  expect(orders).toEqual(['drop']);
});

test.each([
  ['fails', () => hasher.fail(new Error('no disk')), 'no disk'],
  ['has its digests', () => hasher.done({ whole: 'aa', pieces: [] }), null],
])('when it %s, all memory is done with', async (_name, end, error) => {
  feed(0);
  feed(1);
  end();
  expect(freed).toBe(2);
  const digests = hasher.digest(2 * MIB, () => {});
  if (error === null) expect(await digests).toEqual({ whole: 'aa', pieces: [] });
  else await expect(digests).rejects.toThrow(error);
});

test('it counts as behind with four portions, but not for ever: the thread may hang at another file', () => {
  vi.useFakeTimers();
  try {
    for (let at = 0; at < 4; at += 1) {
      expect(hasher.isBehind).toBe(false);
      feed(at);
    }
    expect(hasher.isBehind).toBe(true);
    vi.advanceTimersByTime(900);
    progress(1, 1);
    expect(hasher.isBehind).toBe(false);
    feed(4);
    vi.advanceTimersByTime(900);
    expect(hasher.isBehind).toBe(true);
    vi.advanceTimersByTime(100);
    expect(hasher.isBehind).toBe(false);
    // What it has in hand stays bounded all the same.
    for (let at = 5; at < 20; at += 1) feed(at);
    expect(orders.at(-1)).toBe('take 9 to 10');
  } finally {
    vi.useRealTimers();
  }
});
