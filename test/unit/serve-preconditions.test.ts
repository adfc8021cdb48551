import { expect, test } from 'vitest';
import { evaluatePreconditions, rangeStillHolds } from '../../electron/engine/serve/preconditions.ts';

const NOW = 1_000_000_000;
const OLD = NOW - 1000;
const date = (seconds: number) => new Date(seconds * 1000).toUTCString();
const strong = { etag: '"a"', lastModified: OLD };
const weak = { etag: 'W/"a"', lastModified: OLD };
const bare = { etag: null, lastModified: null };
const judge = (fields: Record<string, string>, of = strong, method = 'GET') =>
  evaluatePreconditions(method, fields, of, NOW);

test('a weak tag satisfies If-None-Match, never If-Match', () => {
  expect(judge({ 'if-none-match': '"a"' }, weak)).toBe(304);
  expect(judge({ 'if-match': 'W/"a"' }, weak)).toBe(412);
  expect(judge({ 'if-match': '"a"' }, weak)).toBe(412);
});

test('a method that changes something gets 412 where a reader gets 304', () => {
  expect(judge({ 'if-none-match': '*' }, strong, 'PUT')).toBe(412);
  expect(judge({ 'if-modified-since': date(OLD) }, strong, 'PUT')).toBe('proceed');
});

test('without validators there is nothing to match but “*”', () => {
  expect(evaluatePreconditions('GET', { 'if-match': '"a"' }, bare, NOW)).toBe(412);
  expect(evaluatePreconditions('GET', { 'if-match': '*' }, bare, NOW)).toBe('proceed');
  expect(evaluatePreconditions('GET', { 'if-modified-since': date(OLD) }, bare, NOW)).toBe('proceed');
  expect(evaluatePreconditions('GET', { 'if-unmodified-since': date(0) }, bare, NOW)).toBe('proceed');
});

test('a list that is none matches nothing', () => {
  expect(judge({ 'if-match': '"a" "b"' })).toBe(412);
  expect(judge({ 'if-none-match': 'a' })).toBe('proceed');
  expect(judge({ 'if-none-match': '"b", *' })).toBe('proceed');
});

test('If-Range: a date of the second that runs still is no strong validator', () => {
  expect(rangeStillHolds(date(OLD), strong, NOW)).toBe(true);
  expect(rangeStillHolds(date(NOW), { etag: null, lastModified: NOW }, NOW + 0.5)).toBe(false);
  expect(rangeStillHolds(date(NOW), { etag: null, lastModified: NOW }, NOW + 1)).toBe(true);
  expect(rangeStillHolds('W/"a"', weak, NOW)).toBe(false);
  expect(rangeStillHolds('"a"', weak, NOW)).toBe(false);
  expect(rangeStillHolds(undefined, bare, NOW)).toBe(true);
});
