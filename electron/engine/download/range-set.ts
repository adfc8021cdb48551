import type { Ranges } from '../../../shared/job.ts';

/** A set of bytes as half-open ranges in ascending order that never touch. */
export class RangeSet {
  readonly #ranges: [start: number, end: number][];
  #total: number;

  constructor(ranges: Ranges = []) {
    this.#ranges = ranges.map(([start, end]) => [start, end]);
    this.#total = sum(this.#ranges);
  }

  /** Bytes in the set. */
  get total(): number {
    return this.#total;
  }

  /** End of the range that begins at byte 0; 0 where byte 0 is missing. */
  get frontier(): number {
    const first = this.#ranges[0];
    return first && first[0] === 0 ? first[1] : 0;
  }

  /** End of the range that holds a byte; the byte's own position where it is missing. */
  endAt(position: number): number {
    return this.#ranges.find(([low, high]) => low <= position && position < high)?.[1] ?? position;
  }

  /** True where all of [start, end) is in the set. */
  covers(start: number, end: number): boolean {
    return this.#ranges.some(([low, high]) => low <= start && end <= high);
  }

  toRanges(): Ranges {
    return this.#ranges.map(([start, end]) => [start, end]);
  }

  add(start: number, end: number): void {
    if (end <= start) return;
    const ranges = this.#ranges;
    let from = ranges.findIndex((range) => range[1] >= start);
    if (from === -1) from = ranges.length;
    let to = from;
    let [low, high] = [start, end];
    for (let next = ranges[to]; next && next[0] <= end; next = ranges[to]) {
      low = Math.min(low, next[0]);
      high = Math.max(high, next[1]);
      to += 1;
    }
    const replaced = ranges.splice(from, to - from, [low, high]);
    this.#total += high - low - sum(replaced);
  }

  /** Takes [start, end) out again. */
  remove(start: number, end: number): void {
    const kept = this.#ranges.flatMap(([low, high]): [number, number][] => [
      [low, Math.min(high, start)],
      [Math.max(low, end), high],
    ]);
    this.#ranges.splice(0, this.#ranges.length, ...kept.filter(([low, high]) => high > low));
    this.#total = sum(this.#ranges);
  }

  /** What of [from, end) is not in the set. */
  missing(end: number, from = 0): Ranges {
    const gaps: Ranges = [];
    let at = from;
    for (const [low, high] of this.#ranges) {
      if (at >= end) return gaps;
      if (low > at) gaps.push([at, Math.min(low, end)]);
      at = Math.max(at, high);
    }
    if (at < end) gaps.push([at, end]);
    return gaps;
  }
}

const sum = (ranges: Ranges): number => ranges.reduce((bytes, [start, end]) => bytes + end - start, 0);

/** Most ranges that a face is shown (shared/job.ts). */
const SHOWN = 64;

/** At most `most` ranges for show: the smallest gaps are closed. */
export function coarse(ranges: Ranges, most: number = SHOWN): Ranges {
  if (ranges.length <= most) return ranges;
  const gaps = ranges.slice(1).map(([start], i) => ({ i: i + 1, size: start - (ranges[i]?.[1] ?? 0) }));
  gaps.sort((a, b) => b.size - a.size);
  const kept = new Set(gaps.slice(0, most - 1).map((gap) => gap.i));
  const result: Ranges = [];
  for (const [i, [start, end]] of ranges.entries()) {
    const last = result.at(-1);
    if (last && !kept.has(i)) last[1] = end;
    else result.push([start, end]);
  }
  return result;
}
