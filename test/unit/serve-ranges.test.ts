import { expect, test } from 'vitest';
import { readRanges } from '../../electron/engine/serve/ranges.ts';
import { cpuTime } from './cpu-time.ts';

const parts = (field: string, size: number) => {
  const answer = readRanges(field, size);
  return answer.kind === 'parts' ? answer.parts.map(({ start, end }) => [start, end]) : answer.kind;
};

test.each<[string, number, unknown]>([
  ['bytes=0-0', 10, [[0, 1]]],
  ['bytes=-1', 10, [[9, 10]]],
  ['bytes=5-', 10, [[5, 10]]],
  ['bytes=0-99', 10, [[0, 10]]],
  ['bytes=-99', 10, [[0, 10]]],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-5', 0, 'whole'],
  ['bytes=9-8', 10, 'whole'],
  ['bytes=99999999999999999999-99999999999999999998', 10, 'whole'],
  ['bytes=9007199254740993-9007199254740992', 10, 'whole'],
  ['bytes=5-99999999999999999999', 10, [[5, 10]]],
  ['BYTES=1-1', 10, [[1, 2]]],
  [' bytes=1-1', 10, 'whole'],
  ['bytes=1-1\t,\t', 10, [[1, 2]]],
  ['items=1-1', 10, 'whole'],
])('%s of %d bytes', (field, size, wanted) => {
  expect(parts(field, size)).toEqual(wanted);
});

test('ranges that overlap or nearly touch become one; others keep the order that was asked for', () => {
  expect(parts('bytes=0-99,50-149', 1000)).toEqual([[0, 150]]);
  expect(parts('bytes=0-99,150-199', 1000)).toEqual([[0, 200]]);
  expect(parts('bytes=500-599,0-9', 1000)).toEqual([
    [500, 600],
    [0, 10],
  ]);
});

test('more ranges than make sense are answered with the whole', () => {
  const many = (count: number) =>
    `bytes=${Array.from({ length: count }, (_, n) => `${n * 1000}-${n * 1000}`).join(',')}`;
  expect(readRanges(many(64), 10_000_000).kind).toBe('parts');
  expect(readRanges(many(65), 10_000_000).kind).toBe('whole');
  expect(readRanges(many(10_000), 10_000_000).kind).toBe('whole');
});

test('a hostile field takes no time', () => {
  const began = cpuTime();
  for (const field of [`bytes=${'9'.repeat(16_000)}-`, `bytes=${'1-,'.repeat(5_000)}`, `bytes=${' '.repeat(16_000)}`])
    readRanges(field, 10);
  expect(cpuTime() - began).toBeLessThan(200);
});
