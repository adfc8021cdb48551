/** Pure drawing sums: middle ellipsis, the ranges of a bar, the squares of the map, the sums of several jobs. */
import { expect, test } from 'vitest';
import { coverage } from '../../renderer/src/details/SegmentMap.tsx';
import { sumsOf } from '../../renderer/src/details/Sums.tsx';
import { rangesPath } from '../../renderer/src/list/ProgressBar.tsx';
import { fitMiddle } from '../../renderer/src/ui/MiddleEllipsis.tsx';
import { metersFor, sampleJob } from './samples.ts';

const oneEach = (text: string) => text.length;

test.for([
  ['short.zip', 20, 'short.zip'],
  ['a-rather-long-name.tar.gz', 18, 'a-rather…me.tar.gz'],
  ['no-extension-but-very-long', 12, 'no-ex…y-long'],
  ['x.zip', 1, 'x.zip'],
] as const)('%s in %d', ([name, width, fitted]) => {
  const text = fitMiddle(name, width, oneEach);
  if (name.length > 11) expect(text.length).toBeLessThanOrEqual(Math.max(width, 12));
  expect(text.endsWith(name.slice(-4))).toBe(true);
  if (width > 1) expect(text).toBe(fitted);
});

test('a range is drawn where it lies, and never too thin to be seen', () => {
  expect(rangesPath([[0, 500]], 1000)).toBe('M0.0 0h500.0v1h-500.0z');
  expect(rangesPath([[999_999, 1_000_000]], 1_000_000)).toBe('M1000.0 0h2.0v1h-2.0z');
});

test('squares are as full as their part of the file', () => {
  expect(coverage([[0, 150]], 400, 4)).toEqual([1, 0.5, 0, 0]);
  expect(
    coverage(
      [
        [50, 100],
        [350, 400],
      ],
      400,
      4,
    ),
  ).toEqual([0.5, 0, 0, 0.5]);
  for (const share of coverage([[0, 7]], 7, 3)) expect(share).toBeCloseTo(1);
  expect(coverage([], 400, 2)).toEqual([0, 0]);
});

test('sums: a total and a time only where every size is known', () => {
  const jobs = [
    sampleJob({ id: 'a', size: 100, done: 100, state: { kind: 'completed', at: 1, proof: 'size' } }),
    sampleJob({ id: 'b', size: 200, done: 50, state: { kind: 'running' } }),
  ];
  const meters = new Map(metersFor(jobs).map((meter) => [meter.id, { ...meter, done: 100, rate: 10 }]));
  expect(sumsOf(jobs, meters)).toEqual({ done: 200, size: 300, rate: 10, unknown: 0, eta: 10 });
  const unknown = sampleJob({ id: 'c', size: null, done: 5 });
  expect(sumsOf([...jobs, unknown], meters)).toEqual({ done: 205, size: null, rate: 10, unknown: 1, eta: null });
});
