import { describe, expect, test } from 'vitest';
import { coarse, RangeSet } from '../../electron/engine/download/range-set.ts';

describe('a set of bytes', () => {
  test('joins what touches or overlaps, whatever the order', () => {
    const set = new RangeSet();
    set.add(10, 20);
    set.add(30, 40);
    expect(set.toRanges()).toEqual([
      [10, 20],
      [30, 40],
    ]);
    set.add(20, 30);
    expect(set.toRanges()).toEqual([[10, 40]]);
    set.add(0, 5);
    set.add(3, 12);
    expect(set.toRanges()).toEqual([[0, 40]]);
    expect(set.total).toBe(40);
  });

  test('says what is missing, and how far it goes from the start', () => {
    const set = new RangeSet([
      [0, 4],
      [8, 12],
    ]);
    expect(set.frontier).toBe(4);
    expect(set.missing(16)).toEqual([
      [4, 8],
      [12, 16],
    ]);
    expect(set.missing(10)).toEqual([[4, 8]]);
    expect(set.missing(14, 6)).toEqual([
      [6, 8],
      [12, 14],
    ]);
    expect(set.missing(11, 9)).toEqual([]);
    expect(new RangeSet().missing(3)).toEqual([[0, 3]]);
    expect(new RangeSet([[5, 6]]).frontier).toBe(0);
    expect(set.covers(9, 12)).toBe(true);
    expect(set.covers(3, 9)).toBe(false);
  });

  test('agrees with a plain array of booleans over many random additions', () => {
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % n;
    };
    for (let round = 0; round < 200; round += 1) {
      const size = 1 + random(60);
      const plain = Array.from({ length: size }, () => false);
      const set = new RangeSet();
      for (let i = 0; i < 12; i += 1) {
        const start = random(size);
        const end = start + random(size - start + 1);
        set.add(start, end);
        plain.fill(true, start, end);
      }
      expect(set.total).toBe(plain.filter(Boolean).length);
      const seen = Array.from({ length: size }, () => true);
      for (const [start, end] of set.missing(size)) seen.fill(false, start, end);
      expect(seen).toEqual(plain);
    }
  });
});

test('for show the smallest gaps are closed, and the ends stay where they are', () => {
  const ranges: [number, number][] = [
    [0, 10],
    [11, 20],
    [100, 110],
    [112, 120],
  ];
  expect(coarse(ranges, 2)).toEqual([
    [0, 20],
    [100, 120],
  ]);
  expect(coarse(ranges, 64)).toBe(ranges);
});
