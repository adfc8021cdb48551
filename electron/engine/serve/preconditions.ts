/** Conditional requests (RFC 9110 §13), as a pure function of the request's fields and what is there. */
import { isTag, parseTags, sameStrongly, sameWeakly } from './entity-tags.ts';
import { parseHttpDate } from './http-date.ts';

/** What validators a representation has. */
export interface Validators {
  /** Quoted, with `W/` where it is weak; null where there is none. */
  readonly etag: string | null;
  /** Seconds since the epoch; null where it is not known. */
  readonly lastModified: number | null;
}

/** The fields that make a request conditional, as Node gives them: names in lower case, lists joined. */
export type ConditionFields = Readonly<
  Partial<
    Record<'if-match' | 'if-none-match' | 'if-modified-since' | 'if-unmodified-since' | 'if-range', string | undefined>
  >
>;

/** `proceed`, or the status that answers the request. Ranges are looked at only after `proceed` (§13.2.1). */
export type Precondition = 'proceed' | 304 | 412;

/**
 * Evaluates the preconditions in the order of §13.2.2 (steps 1 to 4) for a resource that exists.
 * @param now seconds since the epoch
 */
export function evaluatePreconditions(
  method: string,
  fields: ConditionFields,
  { etag, lastModified }: Validators,
  now: number,
): Precondition {
  const reads = method === 'GET' || method === 'HEAD';
  const match = fields['if-match'];
  if (match !== undefined) {
    const wanted = parseTags(match);
    if (wanted !== '*' && !(etag !== null && wanted.some((tag) => sameStrongly(tag, etag)))) return 412;
  } else if (fields['if-unmodified-since'] !== undefined && lastModified !== null) {
    const since = parseHttpDate(fields['if-unmodified-since'], now);
    if (since !== null && lastModified > since) return 412;
  }

  const noneMatch = fields['if-none-match'];
  if (noneMatch !== undefined) {
    const known = parseTags(noneMatch);
    if (known === '*' || (etag !== null && known.some((tag) => sameWeakly(tag, etag)))) return reads ? 304 : 412;
  } else if (fields['if-modified-since'] !== undefined && lastModified !== null && reads) {
    const since = parseHttpDate(fields['if-modified-since'], now);
    if (since !== null && lastModified <= since) return 304;
  }
  return 'proceed';
}

/**
 * Whether a Range may be honoured (§13.1.5): a tag has to be strong and the same, a date has to be exactly the
 * Last-Modified that we send, and that has to be a strong validator: not of the second that is still running (§8.8.2.2).
 */
export function rangeStillHolds(ifRange: string | undefined, { etag, lastModified }: Validators, now: number): boolean {
  if (ifRange === undefined) return true;
  const value = ifRange.trim();
  if (isTag(value)) return etag !== null && sameStrongly(value, etag);
  const date = parseHttpDate(value, now);
  return date !== null && date === lastModified && lastModified + 1 <= now;
}
