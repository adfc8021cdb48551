import type { Ranges } from '../../../shared/job.ts';

/** Most ranges that a face is shown. */
const SHOWN = 64;

/** Bytes that the ranges hold. */
export function coverage(ranges: Ranges): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** True where every byte of `inner` is in `outer`. */
export function contains(outer: Ranges, inner: Ranges): boolean {
  return inner.every(([start, end]) => outer.some(([from, to]) => from <= start && end <= to));
}

/** At most `most` ranges: the smallest gaps are closed, for show only. */
export function closeSmallGaps(ranges: Ranges, most = SHOWN): Ranges {
  if (ranges.length <= most) return ranges;
  const gaps = ranges.slice(1).map(([start], i) => ({ after: i, size: start - ranges[i]![1] }));
  const kept = new Set(
    gaps
      .toSorted((a, b) => b.size - a.size)
      .slice(0, most - 1)
      .map((gap) => gap.after),
  );
  const shown: Ranges = [];
  let start = ranges[0]![0];
  ranges.forEach(([, end], i) => {
    if (!kept.has(i) && i < ranges.length - 1) return;
    shown.push([start, end]);
    start = ranges[i + 1]?.[0] ?? end;
  });
  return shown;
}
