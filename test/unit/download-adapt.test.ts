import { describe, expect, test } from 'vitest';
import { nextTarget, type Ramp } from '../../electron/engine/download/adapt.ts';

const GIB = 2 ** 30;
const begin: Ramp = { target: 1, before: 1, best: 0, at: 0, settled: false };

/** Plays a server that gives `rate(connections)` for a while, and answers the target reached. */
function play(rate: (connections: number) => number, options: { remaining?: number; limited?: boolean } = {}): number {
  let ramp = begin;
  for (let now = 1; now < 60_000; now += 250) {
    ramp = nextTarget(ramp, {
      now,
      rate: rate(ramp.target),
      active: ramp.target,
      remaining: options.remaining ?? GIB,
      limited: options.limited ?? false,
    });
  }
  return ramp.target;
}

describe('the number of connections', () => {
  test('doubles as long as that pays', () => {
    expect(play((n) => n * 8e6)).toBe(16);
  });
  test('goes back to what was enough where a step brought nothing', () => {
    expect(play((n) => Math.min(n, 4) * 8e6)).toBe(4);
    expect(play(() => 100e6)).toBe(1);
  });
  test('does not grow under a limit, nor for a small rest, nor before anything came', () => {
    expect(play((n) => n * 8e6, { limited: true })).toBe(1);
    expect(play((n) => n * 8e6, { remaining: 10e6 })).toBe(1);
    expect(play(() => 0)).toBe(1);
  });
});
