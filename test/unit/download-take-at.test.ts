import { describe, expect, test } from 'vitest';
import { LeaseMap } from '../../electron/engine/download/lease-map.ts';

const NEAR = () => 10;
const span = (lease: { start: number; end: number } | undefined) => lease && [lease.start, lease.end];

describe('a lease where somebody reads', () => {
  test('is cut out of the free range that holds the byte, and the rest before it stays free', () => {
    const map = new LeaseMap([
      [0, 100],
      [200, 300],
    ]);
    expect(span(map.takeAt(250, NEAR)?.lease)).toEqual([250, 300]);
    expect(span(map.takeFree() ?? undefined)).toEqual([0, 100]);
    expect(span(map.takeFree() ?? undefined)).toEqual([200, 250]);
    expect(map.takeFree()).toBeNull();
  });

  test('takes the rear of the lease that would come there later, and lowers its end', () => {
    const map = new LeaseMap([[0, 100]]);
    const first = map.takeFree()!;
    first.at = 20;
    const taken = map.takeAt(60, NEAR);
    expect([span(taken?.lease), taken?.victim, first.end]).toEqual([[60, 100], first, 60]);
    expect(map.remaining).toBe(80);
  });

  test.each([
    ['what is about to arrive', 25],
    ['what has arrived', 5],
    ['what is no part of it', 150],
  ])('%s needs none', (_, position) => {
    const map = new LeaseMap([[0, 100]]);
    map.takeFree()!.at = 20;
    expect(map.takeAt(position, NEAR)).toBeNull();
  });

  test('of an unknown size is not to be had', () => {
    const map = new LeaseMap([[0, Infinity]]);
    expect(map.takeAt(50, NEAR)).toBeNull();
    map.takeFree();
    expect(map.takeAt(50, NEAR)).toBeNull();
  });
});
