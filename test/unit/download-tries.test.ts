/** When the connections of a download give up, and how long they wait before that. */
import { expect, test } from 'vitest';
import { failure } from '../../shared/failure.ts';
import { Tries } from '../../electron/engine/download/tries.ts';

const lost = failure('connection-lost', { host: 'a.test' });

test('each failure doubles the wait, up to four seconds; the fifth in a row is the last', () => {
  const tries = new Tries(500);
  const waits: number[] = [];
  for (let now = 0; !tries.areSpent; now += 10_000) waits.push(tries.failed(lost, 1, now));
  expect(waits).toEqual([500, 1000, 2000, 4000, 4000]);
  expect(tries.last).toBe(lost);
});

test('connections that fail together count once', () => {
  const tries = new Tries(500);
  for (let i = 0; i < 8; i += 1) tries.failed(lost, 1, 100 + i);
  expect(tries.areSpent).toBe(false);
  expect(tries.failed(lost, 1, 1000)).toBe(1000);
});

test('what comes begins the count anew, but not that of a connection which gets nothing of it', () => {
  const tries = new Tries(500);
  for (let now = 0; now < 40_000; now += 10_000) tries.failed(lost, 1, now);
  tries.succeeded();
  expect(tries.failed(lost, 1, 50_000)).toBe(500);
  expect(tries.failed(lost, 3, 60_000)).toBe(2000);
  expect(tries.areSpent).toBe(false);
});
