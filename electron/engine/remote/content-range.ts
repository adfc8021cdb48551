/** A Content-Range field (RFC 9110 §14.4): [start, end) and the total, each null where it says `*`. */
export interface ContentRange {
  readonly range: { readonly start: number; readonly end: number } | null;
  readonly total: number | null;
}

/**
 * Reads a range with a total, a range with an unknown total, and an unsatisfied range (star, slash, total). The unit
 * may be missing or joined by `=`, as some servers send it (fault 13). Null where it says nothing usable.
 */
export function parseContentRange(value: string): ContentRange | null {
  const match = /^(?:bytes[\s=:]*)?(?:(\d+)-(\d+)|(\*))\/(?:(\d+)|(\*))$/i.exec(value.trim());
  if (!match) return null;
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  const first = number(match[1]);
  const last = number(match[2]);
  const total = number(match[4]);
  for (const n of [first, last, total]) if (n !== null && !Number.isSafeInteger(n)) return null;
  if (first === null || last === null) return { range: null, total };
  if (last < first || (total !== null && last >= total)) return null;
  return { range: { start: first, end: last + 1 }, total };
}
