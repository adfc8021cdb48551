import { describe, expect, test } from 'vitest';
import { LeaseMap } from '../../electron/engine/download/lease-map.ts';

const MIB = 1024 * 1024;
const even = () => 1;

describe('leases', () => {
  test('free ranges go first, lowest first', () => {
    const map = new LeaseMap([
      [10, 20],
      [30, 40],
    ]);
    expect(map.takeFree()).toMatchObject({ at: 10, end: 20 });
    expect(map.takeFree()).toMatchObject({ at: 30, end: 40 });
    expect(map.takeFree()).toBeNull();
  });

  test('the rear half of the lease that would take longest is taken, not of the largest', () => {
    const map = new LeaseMap([
      [0, 100 * MIB],
      [100 * MIB, 140 * MIB],
    ]);
    const fast = map.takeFree();
    const slow = map.takeFree();
    const stolen = map.steal((lease) => (lease === fast ? 100 : 1));
    expect(stolen?.victim).toBe(slow);
    expect(stolen?.lease).toMatchObject({ start: 120 * MIB, end: 140 * MIB });
    expect(slow?.end).toBe(120 * MIB);
  });

  test('what has arrived is never given away, and small rests are left alone', () => {
    const map = new LeaseMap([[0, 10 * MIB]]);
    const lease = map.takeFree();
    if (!lease) throw new Error('no lease');
    lease.at = 4 * MIB;
    expect(map.steal(even)?.lease.start).toBe(7 * MIB);
    expect(map.steal(even)).toBeNull();
  });

  test('where rates are known, what is taken ends when what is left does, and with what all others fetch', () => {
    const map = new LeaseMap([
      [0, 24 * MIB],
      [24 * MIB, 32 * MIB],
    ]);
    const slow = map.takeFree();
    const other = map.takeFree();
    if (!slow || !other) throw new Error('no lease');
    const rate = (lease: unknown) => (lease === slow ? MIB : 8 * MIB);
    // Alone with the slow one the taker would have 8/9 of its 24 MiB; all three need 32 / 17 s for all.
    const taken = map.steal(rate, 8 * MIB);
    expect(taken?.victim).toBe(slow);
    expect((taken?.lease.end ?? 0) - (taken?.lease.start ?? 0)).toBe(Math.floor((32 / 17) * 8 * MIB));
    const late = new LeaseMap([[0, 32 * MIB]]);
    late.takeFree();
    expect(late.steal(() => 8 * MIB, 8 * MIB, 1)?.lease.start, 'who connects first has a second less').toBe(24 * MIB);
    other.at = other.end;
    map.release(other);
    const rest = map.steal((lease) => (lease === slow ? MIB : 0), 8 * MIB);
    expect(rest?.victim, 'a rate that is not known counts as next to none').toBe(taken?.lease);
  });

  test('a part that slow connections share may be smaller, but takes a quarter of a second', () => {
    const map = new LeaseMap([[0, MIB]]);
    map.takeFree();
    expect(
      map.steal(() => 1e6),
      'the taker is new',
    ).toBeNull();
    const fast = () => 8e6;
    expect(map.steal(fast, 8e6), 'both would need a fifteenth of a second').toBeNull();
    const slow = () => 2e6;
    expect(map.steal(slow, 2e6), 'a quarter of one is there for both').toMatchObject({ lease: { end: MIB } });
  });

  test('of a slow one even little is taken, unless the taker has to connect first', () => {
    const little = () => {
      const map = new LeaseMap([[0, 0.2 * MIB]]);
      map.takeFree();
      return map;
    };
    const slow = () => 0.4e6;
    expect(little().steal(slow, 4e6), 'there in a tenth of half a second').toMatchObject({ lease: { end: 0.2 * MIB } });
    expect(little().steal(slow, 4e6, 0.5)).toBeNull();
  });

  test('what those do not bring that still connect, the others take', () => {
    const part = (missed: number) => {
      const map = new LeaseMap([[0, 32 * MIB]]);
      map.takeFree();
      map.takeFree();
      const taken = map.steal(() => 4 * MIB, 4 * MIB, 1, missed)?.lease;
      return taken && taken.end - taken.start;
    };
    expect(part(0), 'four seconds for both, less one to connect').toBe(12 * MIB);
    expect(part(4 * MIB)).toBe(14 * MIB);
  });

  test('a lease of unknown end is never split', () => {
    const map = new LeaseMap([[0, Infinity]]);
    map.takeFree();
    expect(map.steal(even)).toBeNull();
  });

  test('a lease that is given back leaves what has not arrived, in its place', () => {
    const map = new LeaseMap([
      [0, 10],
      [20, 30],
    ]);
    const first = map.takeFree();
    const second = map.takeFree();
    if (!first || !second) throw new Error('no lease');
    first.at = 6;
    map.release(second);
    map.release(first);
    expect(map.remaining).toBe(14);
    expect(map.takeFree()).toMatchObject({ start: 6, end: 10 });
    expect(map.takeFree()).toMatchObject({ start: 20, end: 30 });
    map.release(first);
    expect(map.takeFree(), 'giving back twice changes nothing').toBeNull();
  });

  test('one body takes all that is free behind its lease, and nothing before or of others', () => {
    const map = new LeaseMap([
      [0, 10],
      [20, 30],
      [40, 50],
      [60, 70],
    ]);
    map.takeFree();
    const lease = map.takeFree(20);
    if (!lease) throw new Error('nothing was free');
    map.widen(lease);
    expect(lease).toMatchObject({ start: 20, at: 20, end: 70 });
    expect(map.takeFree()).toBeNull();
    map.widen(lease);
    expect(lease.end).toBe(70);
    map.release(lease);
    const first = map.takeFree();
    expect(first).toMatchObject({ start: 20, end: 70 });
  });

  test('done means nothing free and nothing leased; every byte is leased to one connection at a time', () => {
    const map = new LeaseMap([[0, 64 * MIB]]);
    const leases = [map.takeFree()];
    for (let i = 0; i < 5; i += 1) leases.push(map.steal(even)?.lease ?? null);
    const spans = leases.map((lease) => [lease?.start ?? 0, lease?.end ?? 0] as const).toSorted((a, b) => a[0] - b[0]);
    expect(spans[0]?.[0]).toBe(0);
    expect(spans.at(-1)?.[1]).toBe(64 * MIB);
    for (const [i, [start]] of spans.entries()) if (i > 0) expect(start).toBe(spans[i - 1]?.[1]);
    for (const lease of leases) {
      if (!lease) continue;
      expect(map.done).toBe(false);
      lease.at = lease.end;
      map.release(lease);
    }
    expect(map.done).toBe(true);
  });

  test('an unknown size settles where the body ended', () => {
    const map = new LeaseMap([[0, Infinity]]);
    const lease = map.takeFree();
    if (!lease) throw new Error('no lease');
    lease.at = 1234;
    map.settle(lease);
    expect(lease.end).toBe(1234);
    expect(map.done).toBe(true);
  });
});
