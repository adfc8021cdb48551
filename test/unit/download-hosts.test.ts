/** What is known of hosts: how many connections each allows, for how long that is believed. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Hosts } from '../../electron/engine/download/hosts.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a host that hung up on one connection too many is spared for a minute, and its cap is another matter', () => {
  const hosts = new Hosts();
  const most = hosts.cap('a');
  hosts.lower('a', 4);
  hosts.spare('a', 2);
  hosts.spare('b', 0);
  expect([hosts.cap('a'), hosts.cap('b'), hosts.cap('c')]).toEqual([2, 1, most]);
  vi.advanceTimersByTime(60_000);
  expect([hosts.cap('a'), hosts.cap('b')]).toEqual([4, most]);
});

test('a cap that is found only falls, and doubles with every five minutes after', () => {
  const hosts = new Hosts();
  const most = hosts.cap('a');
  hosts.lower('a', 2);
  vi.advanceTimersByTime(4 * 60_000);
  hosts.lower('a', 6);
  expect([hosts.cap('a'), hosts.cap('b')]).toEqual([2, most]);
  vi.advanceTimersByTime(4 * 60_000);
  expect(hosts.cap('a')).toBe(2);
  vi.advanceTimersByTime(60_000);
  expect(hosts.cap('a')).toBe(4);
  hosts.lower('a', 3);
  expect(hosts.cap('a')).toBe(3);
  vi.advanceTimersByTime(3_600_000);
  expect(hosts.cap('a')).toBe(most);
});
