import { expect, test } from 'vitest';
import { formatHttpDate, parseHttpDate } from '../../electron/engine/serve/http-date.ts';

const NOW = Date.UTC(2026, 10, 22) / 1000;
const at = (...parts: [number, number, number, number?, number?, number?]) => Date.UTC(...parts) / 1000;

test.each<[string, number | null]>([
  ['Sun, 06 Nov 1994 08:49:37 GMT', at(1994, 10, 6, 8, 49, 37)],
  ['Sunday, 06-Nov-94 08:49:37 GMT', at(1994, 10, 6, 8, 49, 37)],
  ['Sun Nov  6 08:49:37 1994', at(1994, 10, 6, 8, 49, 37)],
  // More than 50 years ahead is the past (RFC 9110 §5.6.7).
  ['Saturday, 01-Jan-77 00:00:00 GMT', at(1977, 0, 1)],
  ['Wednesday, 01-Jan-76 00:00:00 GMT', at(2076, 0, 1)],
  ['Sun, 29 Feb 2024 00:00:00 GMT', at(2024, 1, 29)],
  ['Sun, 29 Feb 2023 00:00:00 GMT', null],
  ['Sun, 06 Nov 1994 24:00:00 GMT', null],
  ['Sun, 06 Nov 1994 08:49:37', null],
  ['Sun, 06 Nov 1994 08:49:37 +0000', null],
  ['sun, 06 nov 1994 08:49:37 gmt', null],
  ['Sun, 6 Nov 1994 08:49:37 GMT', null],
  ['1994-11-06T08:49:37Z', null],
  ['0', null],
  ['', null],
])('“%s”', (text, wanted) => {
  expect(parseHttpDate(text, NOW)).toBe(wanted);
});

test('what is written is read again', () => {
  expect(parseHttpDate(formatHttpDate(NOW), NOW)).toBe(NOW);
});
