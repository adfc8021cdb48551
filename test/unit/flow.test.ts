import { describe, expect, test } from 'vitest';
import { BufferPool, PAGE, RateMeter, TokenBucket } from '../../electron/engine/flow/index.ts';

describe('a limit', () => {
  test('keeps its average exactly, whatever the pieces', () => {
    let now = 0;
    const bucket = new TokenBucket(1_000_000, () => now);
    let taken = 0;
    for (const piece of [10_000, 65_536, 1, 500_000, 4096, 250_000, 65_536, 100_000]) {
      taken += piece;
      now += bucket.take(piece);
    }
    expect(taken / (now / 1000)).toBeCloseTo(1_000_000, 0);
  });

  test('an idle time saves up no flood', () => {
    let now = 0;
    const bucket = new TokenBucket(1000, () => now);
    now = 3_600_000;
    expect(bucket.take(1000)).toBeGreaterThan(900);
  });

  test('a change is felt at once, and no limit means no wait', () => {
    const now = 0;
    const bucket = new TokenBucket(10, () => now);
    expect(bucket.take(1000)).toBeGreaterThan(90_000);
    bucket.setRate(1_000_000);
    expect(bucket.take(1000)).toBeLessThanOrEqual(1);
    bucket.setRate(null);
    expect(bucket.take(1e12)).toBe(0);
  });
});

test('a rate is that of its window, not of all time', () => {
  const meter = new RateMeter(1000);
  meter.sample(0);
  meter.add(1000);
  expect(meter.sample(1000)).toBe(1000);
  for (let now = 1250; now <= 4000; now += 250) meter.sample(now);
  expect(meter.sample(4250)).toBe(0);
  expect(meter.total).toBe(1000);
});

describe('buffers', () => {
  test('are whole blocks for few users, and for the first eight buffers of many; then parts', () => {
    const pool = new BufferPool();
    const leave = Array.from({ length: 2 }, () => pool.join());
    const first = pool.take();
    expect(first.length).toBe(254 * PAGE);
    pool.give(first);
    const lent = [pool.take()];
    expect(lent[0]).toBe(first);
    const next = () => lent[lent.push(pool.take()) - 1]?.length;
    while (leave.length < 8) leave.push(pool.join());
    while (lent.length < 12) expect(next()).toBe(254 * PAGE);
    leave.push(pool.join());
    expect(next()).toBe(63 * PAGE);
    for (const one of lent.splice(0, 5)) pool.give(one);
    expect(next(), 'seven blocks are lent').toBe(254 * PAGE);
    expect(next()).toBe(63 * PAGE);
    for (let i = 0; i < 200; i += 1) leave.push(pool.join());
    expect(next()).toBe(16 * PAGE);
    for (const one of leave) one();
    expect(next()).toBe(16 * PAGE);
    for (const one of lent) pool.give(one);
    expect(next()).toBe(254 * PAGE);
  });

  test('are small for those among many that are not to read', () => {
    const pool = new BufferPool();
    const leave = Array.from({ length: 8 }, () => pool.join());
    const few = pool.take(0, true);
    expect(few.length).toBe(254 * PAGE);
    pool.give(few);
    leave.push(pool.join());
    const small = pool.take(0, true);
    expect(small.length).toBe(31 * PAGE);
    expect(pool.take(31 * PAGE + 1, true).length, 'what has to fit').toBe(63 * PAGE);
    pool.give(small);
    expect(pool.take(0, true)).toBe(small);
    for (let i = 0; i < 200; i += 1) pool.join();
    expect(pool.take(0, true).length).toBe(16 * PAGE);
  });

  test('hold what has to fit, though they have shrunk since', () => {
    const pool = new BufferPool();
    for (let i = 0; i < 17; i += 1) pool.join();
    while (pool.take().length > 63 * PAGE);
    expect(pool.take(900_000).length).toBe(254 * PAGE);
    expect(pool.take(2_000_000).length).toBe(2_000_000);
    expect(pool.take(1000).length).toBe(63 * PAGE);
  });

  test('that are larger than now needed are parted', () => {
    const pool = new BufferPool();
    const leave = pool.join();
    const [large = Buffer.alloc(0)] = Array.from({ length: 9 }, () => pool.take());
    for (let i = 0; i < 16; i += 1) pool.join();
    leave();
    pool.give(large);
    const parts = Array.from({ length: 4 }, () => pool.take());
    for (const [i, part] of parts.entries()) {
      expect(part.length).toBe(63 * PAGE);
      expect(part.byteOffset % PAGE).toBe(0);
      part.fill(i);
    }
    expect(new Set(parts.map((part) => part.buffer))).toEqual(new Set([large.buffer]));
    expect(parts.map((part) => [part[0], part.at(-1)])).toEqual([0, 1, 2, 3].map((i) => [i, i]));
    expect(pool.take().buffer).not.toBe(large.buffer);
  });

  test('that are kept are those of the next users, whole again; others are left to the collector', () => {
    for (const keeps of [true, false]) {
      let allocated = 0;
      const allocate = (bytes: number) => {
        allocated += bytes;
        return Buffer.alloc(bytes);
      };
      const pool = new BufferPool(allocate, keeps);
      for (const users of [1, 20, 9, 1, 20]) {
        const leave = Array.from({ length: users }, () => pool.join());
        const lent = Array.from({ length: users + 12 }, () => pool.take());
        // The last are on their way to the disk when all have left.
        for (const one of lent.slice(3)) pool.give(one);
        for (const one of leave) one();
        for (const one of lent.slice(0, 3)) pool.give(one);
      }
      if (keeps) expect(allocated).toBeLessThanOrEqual(14 << 20);
      else expect(allocated).toBeGreaterThan(40 << 20);
    }
  });

  test('leaving twice counts once', () => {
    const pool = new BufferPool();
    const size = () => {
      const buffer = pool.take(0, true);
      pool.give(buffer);
      return buffer.length;
    };
    const [first, ...others] = Array.from({ length: 17 }, () => pool.join());
    first?.();
    first?.();
    for (const leave of others.slice(1)) leave();
    // One is still there.
    expect(size()).toBe(31 * PAGE);
    others[0]?.();
    expect(size()).toBe(254 * PAGE);
  });

  test('do not grow again while some users are left: those that are there are taken', () => {
    const pool = new BufferPool();
    const leave = Array.from({ length: 17 }, () => pool.join());
    const buffer = pool.take(0, true);
    pool.give(buffer);
    for (const one of leave.slice(1)) one();
    expect(pool.take(0, true)).toBe(buffer);
  });
});
