import type { Ranges } from '../../../shared/job.ts';

/** Bytes that the ranges hold. */
export function coverage(ranges: Ranges): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** True where every byte of `inner` is in `outer`. */
export function contains(outer: Ranges, inner: Ranges): boolean {
  return inner.every(([start, end]) => outer.some(([from, to]) => from <= start && end <= to));
}
