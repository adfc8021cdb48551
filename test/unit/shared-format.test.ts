/** Figures as a person reads them. */
import { expect, test } from 'vitest';
import { formatLimit, formatProgress, formatRate, parseRate } from '../../shared/format.ts';

test('a measured speed keeps its decimal, so that it does not jump; a chosen one has none that says nothing', () => {
  expect([10_000_000, 2_500_000, 123_400_000, 900].map(formatRate)).toEqual([
    '10.0 MB/s',
    '2.5 MB/s',
    '123 MB/s',
    '900 B/s',
  ]);
  expect([10_000_000, 2_500_000, 100_000_000, 1000].map(formatLimit)).toEqual([
    '10 MB/s',
    '2.5 MB/s',
    '100 MB/s',
    '1 KB/s',
  ]);
});

test('a chosen speed that is shown can be typed again', () => {
  for (const rate of [1, 999, 1000, 500_000, 2_500_000, 10_000_000]) expect(parseRate(formatLimit(rate))).toBe(rate);
});

test('progress is told in the unit of the whole, and nothing is nothing', () => {
  expect(formatProgress(1_200_000_000, 4_800_000_000)).toBe('1.2 of 4.8 GB');
  expect(formatProgress(0, 4_800_000_000)).toBe('0 of 4.8 GB');
  expect(formatProgress(1_200_000, 4_800_000_000)).toBe('1.2 MB of 4.8 GB');
  expect(formatProgress(4_800_000_000, 4_800_000_000)).toBe('4.8 GB');
  expect(formatProgress(1_200_000, null)).toBe('1.2 MB');
});
