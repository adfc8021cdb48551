import { expect, it } from 'vitest';
import { formatDays, formatWhen, parseClock, parseDays, parseStartAt } from '../../electron/cli/time-words.ts';

/** A Sunday, local time. */
const now = new Date(2026, 10, 22, 21, 0).getTime();
const local = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();

it.each([
  ['22:30', local(2026, 10, 22, 22, 30)],
  ['9:05', local(2026, 10, 23, 9, 5)],
  // Now is over: it means tomorrow.
  ['21:00', local(2026, 10, 23, 21, 0)],
  ['2026-11-23T22:30', local(2026, 10, 23, 22, 30)],
  ['2026-11-24', local(2026, 10, 24, 0, 0)],
  ['2026-12-01T00:00:00Z', Date.UTC(2026, 11, 1)],
  ['2026-12-01T00:00+02:00', Date.UTC(2026, 10, 30, 22)],
])('--start-at %s', (text, at) => {
  expect(parseStartAt(text, now)).toBe(at);
});

it.each([
  ['24:00', 'is not a time'],
  ['9:60', 'is not a time'],
  ['soon', 'is not a time'],
  ['2026-13-01', 'is not a time'],
  ['11/23/2026', 'is not a time'],
  ['2026-11-22T20:59', 'is over already'],
])('--start-at %s is refused', (text, sentence) => {
  expect(() => parseStartAt(text, now)).toThrow(sentence);
});

it.each([
  ['mon-fri', [1, 2, 3, 4, 5]],
  ['Sat,SUN', [0, 6]],
  ['fri-mon', [0, 1, 5, 6]],
  ['daily', [0, 1, 2, 3, 4, 5, 6]],
  ['mon,wed-fri', [1, 3, 4, 5]],
  ['tue', [2]],
])('--days %s', (text, days) => {
  expect(parseDays(text)).toEqual(days);
  expect(parseDays(formatDays(days))).toEqual(days);
});

it.each(['', 'monday', 'mon-', 'mon-tue-wed', 'mon,,tue', 'mon fri'])('--days “%s” is refused', (text) => {
  expect(() => parseDays(text)).toThrow('are not days');
});

it('days are told from Monday on', () => {
  expect(formatDays([0, 6])).toBe('sat,sun');
  expect(formatDays([0, 1, 2, 5, 6])).toBe('mon,tue,fri-sun');
});

it('a time within a day needs no date', () => {
  expect(formatWhen(now + 3_600_000, now)).toBe('22:00');
  expect(formatWhen(now + 30 * 3_600_000, now)).toBe('2026-11-24 03:00');
  expect(parseClock('7:00')).toEqual({ hours: 7, minutes: 0 });
});
