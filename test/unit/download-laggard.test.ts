/** Which connection is closed and replaced: one far slower than the others, where that pays. */
import { describe, expect, test } from 'vitest';
import { laggard } from '../../electron/engine/download/laggard.ts';
import type { Lease } from '../../electron/engine/download/lease-map.ts';

const MIB = 1 << 20;
const NOW = 60_000;

/** A connection at work for a while, with so many bytes to go. */
const at = (rate: number, { left = 100 * MIB, since = 1000, replaced = false } = {}) => {
  const lease: Lease = { start: 0, at: 0, end: left, twin: null };
  return { rate, since, lease, replaced };
};

describe('a connection is replaced', () => {
  test('that gets less than a tenth of what the others get in the middle', () => {
    const slow = at(MIB / 50);
    expect(laggard([at(MIB), slow, at(2 * MIB), at(MIB)], NOW)).toBe(slow);
    expect(laggard([at(MIB), at(MIB / 9), at(2 * MIB), at(MIB)], NOW)).toBe(null);
  });

  test('that is silent while the others receive, but not where all are', () => {
    const silent = at(0);
    expect(laggard([at(MIB), silent, at(MIB)], NOW)).toBe(silent);
    expect(laggard([at(0), at(0), at(0)], NOW)).toBe(null);
  });
});

describe('a connection is left alone', () => {
  test('that began a moment ago, was let go already, or has no lease', () => {
    const others = [at(MIB), at(MIB), at(MIB)];
    expect(laggard([...others, at(0, { since: NOW - 1000 })], NOW)).toBe(null);
    expect(laggard([...others, at(0, { since: 0 })], NOW)).toBe(null);
    expect(laggard([...others, at(0, { replaced: true })], NOW)).toBe(null);
    expect(laggard([...others, { ...at(0), lease: null }], NOW)).toBe(null);
  });

  test('whose rest is there soon all the same', () => {
    const rate = MIB / 50;
    expect(laggard([at(MIB), at(rate, { left: 4 * rate }), at(MIB)], NOW)).toBe(null);
  });

  test('where two are too few to say what is usual', () => {
    expect(laggard([at(MIB), at(0)], NOW)).toBe(null);
  });
});
