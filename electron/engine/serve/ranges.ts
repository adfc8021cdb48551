/** The Range field (RFC 9110 §14), as pure functions. Ranges here are half-open: [start, end). */

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a Range field asks of a representation of a known size. */
export type RangeAnswer =
  /** No Range, or one to be ignored: the whole representation, 200. */
  | { readonly kind: 'whole' }
  /** One or more satisfiable ranges, 206. */
  | { readonly kind: 'parts'; readonly parts: readonly [ByteRange, ...ByteRange[]] }
  /** 416 with `Content-Range: bytes *`+`/SIZE`. */
  | { readonly kind: 'unsatisfiable' };

/** More ranges than this in one field are answered with the whole (§14.2; CVE-2011-3192). */
const MOST_ASKED = 256;
/** More parts than this, after coalescing, are answered with the whole. */
const MOST_PARTS = 64;
/** Ranges that are nearer than this are sent as one: the head of a part is longer (§15.3.7.2). */
const GAP = 80;

const WHOLE: RangeAnswer = { kind: 'whole' };
const UNSATISFIABLE: RangeAnswer = { kind: 'unsatisfiable' };
// One pass over the field each: nothing in here can backtrack.
const UNIT = /^bytes=/i;
const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * Reads a Range field against a size in bytes. A field that is not valid, or of another unit, is ignored: that is
 * always safe, because the client sees a 200 (§14.2).
 *
 * Of an empty representation every int-range is unsatisfiable; a suffix is satisfiable but has no Content-Range to be
 * said in, so that it is answered with the (empty) whole. `bytes=-0` is never satisfiable (§14.1.2).
 */
export function readRanges(field: string | undefined, size: number): RangeAnswer {
  if (field === undefined) return WHOLE;
  const unit = UNIT.exec(field);
  if (!unit) return WHOLE;
  const specs = field
    .slice(unit[0].length)
    .split(',')
    .map((spec) => spec.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((spec) => spec !== '');
  if (specs.length === 0 || specs.length > MOST_ASKED) return WHOLE;

  const satisfiable: ByteRange[] = [];
  let emptySuffix = false;
  for (const spec of specs) {
    const match = SPEC.exec(spec);
    if (!match) return WHOLE;
    const [, first, last, suffix] = match;
    if (suffix !== undefined) {
      const length = clamp(suffix);
      if (length === 0) continue;
      if (size === 0) emptySuffix = true;
      else satisfiable.push({ start: Math.max(0, size - length), end: size });
      continue;
    }
    if (last !== undefined && last !== '' && BigInt(last) < BigInt(first!)) return WHOLE;
    const start = clamp(first!);
    if (start >= size) continue;
    satisfiable.push({ start, end: last === '' || last === undefined ? size : Math.min(size, clamp(last) + 1) });
  }
  if (emptySuffix) return WHOLE;
  const parts = coalesce(satisfiable);
  const [one, ...more] = parts;
  if (!one) return UNSATISFIABLE;
  return parts.length > MOST_PARTS ? WHOLE : { kind: 'parts', parts: [one, ...more] };
}

/** Digits as a number that is exact as long as any size can be: beyond 2^53 they only mean “past the end”. */
function clamp(digits: string): number {
  return digits.length < 16 ? Number(digits) : Number.MAX_SAFE_INTEGER - 1;
}

/** Ranges that overlap or nearly touch become one, in ascending order; else the order that was asked for stays. */
function coalesce(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const ascending = ranges.toSorted((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of ascending) {
    const before = merged.at(-1);
    if (before && start <= before.end + GAP) before.end = Math.max(before.end, end);
    else merged.push({ start, end });
  }
  return merged.length === ranges.length ? ranges : merged;
}
