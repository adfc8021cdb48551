import { failure, type Failure } from '../../../shared/failure.ts';
import type { Identity, Resumability } from '../../../shared/job.ts';
import { parseContentRange } from './content-range.ts';
import { strongEtag, type RangeAsk } from './request.ts';
import { field, fieldValues, framing, type ResponseHead } from './response-head.ts';

/**
 * What a response means for a transfer. The one rule: no byte is written before the response that carries it has been
 * proven to be part of the same representation at that offset.
 */
export type Verdict =
  /** Bytes [start, …) of the representation: write them. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number; readonly total: number | null }
  /** The whole representation from byte 0, the range ignored. */
  | { readonly kind: 'whole'; readonly total: number | null }
  /** A representation of no bytes. */
  | { readonly kind: 'empty' }
  /** Nothing is missing: the server has no byte past those that are here. */
  | { readonly kind: 'nothing-more'; readonly total: number }
  /** The range, or its condition, was not understood: ask again without it. */
  | { readonly kind: 'ask-without'; readonly what: 'range' | 'condition' }
  /**
   * Another representation. `onlyEtag`: size and Last-Modified are the same, as on links that get a new ETag with each
   * token; equal bytes before the gap may prove that it is the same file nevertheless (fault 29).
   */
  | { readonly kind: 'changed'; readonly detail: string; readonly onlyEtag: boolean }
  /** Too many at once, or too soon: later, with `retryAfter` ms where the server said so. */
  | { readonly kind: 'later'; readonly failure: Failure; readonly retryAfter: number | null }
  /** The link or the credentials do not serve any more; the original link may. */
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** This response is broken; another try may give a good one. */
  | { readonly kind: 'broken'; readonly failure: Failure }
  /** It will not work. */
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The verdict that it is another file. */
export type Changed = Extract<Verdict, { readonly kind: 'changed' }>;

/** True where a later try may turn into success (fault 59). A 5xx that nobody knows is a 500 (RFC 9110 §15). */
const mayPass = (status: number) =>
  [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505);

/** The identity that a response to a GET claims; `total` where the framing or Content-Range tells it. */
export function identityOf(head: ResponseHead, finalUrl: URL, total: number | null): Identity {
  const etag = field(head, 'etag');
  return {
    finalUrl: withoutSecrets(finalUrl),
    size: total,
    etag: etag === null || etag.trim() === '' ? null : etag,
    lastModified: field(head, 'last-modified'),
    contentType: field(head, 'content-type'),
    coding: codingOf(head),
  };
}

/** A URL as it may be shown and stored: without userinfo and fragment. */
export function withoutSecrets(url: URL): string {
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  clean.hash = '';
  return clean.href;
}

/** True where Last-Modified may serve as a strong validator: older than Date by a second or more (RFC 9110 §8.8.2.2). */
function lastModifiedIsStrong(head: ResponseHead): boolean {
  const modified = Date.parse(field(head, 'last-modified') ?? '');
  const date = Date.parse(field(head, 'date') ?? '');
  return Number.isFinite(modified) && Number.isFinite(date) && date - modified >= 1000;
}

/** Why a transfer that began with this response can or cannot go on after a stop. */
export function resumabilityOf(head: ResponseHead, verdict: Verdict): Resumability {
  if (codingOf(head) !== null) return 'encoded';
  if (verdict.kind === 'whole') {
    if (verdict.total === null) return 'size-unknown';
    if ((field(head, 'accept-ranges') ?? '').toLowerCase() !== 'bytes') return 'no-ranges';
  }
  if (strongEtag(field(head, 'etag'))) return 'strong-etag';
  if (lastModifiedIsStrong(head)) return 'last-modified';
  return 'size-only';
}

/** The content coding of a body, in lower case; null where it has none. */
function codingOf(head: ResponseHead): string | null {
  const coding = (field(head, 'content-encoding') ?? '').trim().toLowerCase();
  return coding === '' || coding === 'identity' ? null : coding;
}

/** Retry-After in ms (RFC 9110 §10.2.3): seconds or a date. Null where it is missing or unreadable. */
export function retryAfter(head: ResponseHead, now: number): number | null {
  const value = field(head, 'retry-after');
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isFinite(date) ? Math.max(0, date - now) : null;
}

const otherSize = (was: number, is: number) =>
  `it had ${was.toLocaleString('en')} bytes and has ${is.toLocaleString('en')} now`;

/** What another ETag says, in words for everybody. */
const OTHER_VERSION = 'it is marked as another version now';

/** How the identity of a response differs from the one that the bytes on disk have; null where it does not. */
export function difference(known: Identity, head: ResponseHead, total: number | null): Changed | null {
  const changed = (detail: string, onlyEtag = false): Changed => ({ kind: 'changed', detail, onlyEtag });
  // Other bytes, whatever the ETag says: proxies that compress on the way let it stand (RFC 9110 §8.8.3.3).
  const coding = codingOf(head);
  if (known.coding !== undefined && known.coding !== coding) {
    return changed(coding === null ? 'it is not compressed now' : `it is compressed now (${coding.slice(0, 40)})`);
  }
  if (known.size !== null && total !== null && known.size !== total) {
    return changed(otherSize(known.size, total));
  }
  const etag = field(head, 'etag')?.trim() ?? '';
  // A 206 to If-Range may leave Last-Modified out (RFC 9110 §15.3.7): silence is no difference (fault 33), and no proof.
  const modified = field(head, 'last-modified');
  if (known.etag !== null && etag !== '' && !sameEtag(known.etag, etag)) {
    return changed(OTHER_VERSION, total !== null && modified !== null && modified === known.lastModified);
  }
  if ((known.etag === null || etag === '') && known.lastModified !== null && modified !== null) {
    if (known.lastModified !== modified) return changed(`it was modified ${modified}`);
  }
  return null;
}

/** True for a web page that answers where something else was before: an expired link, a login, a captive portal. */
function isStrayPage(head: ResponseHead, known: Identity | null): boolean {
  return known !== null && isHtml(field(head, 'content-type')) && !isHtml(known.contentType);
}

/** True for the media type of a web page. */
export function isHtml(contentType: string | null): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? '');
}

/** Weak comparison (RFC 9110 §8.8.3.2). */
function sameEtag(a: string, b: string): boolean {
  return a.replace(/^W\//, '') === b.replace(/^W\//, '');
}

/** What the head of an error says of the file: its body is about the error, so that having no coding says nothing. */
function differenceInError(known: Identity, head: ResponseHead, total: number | null): Changed | null {
  return difference({ ...known, coding: undefined }, head, total);
}

/** Content-Range as it was sent; two that differ make one that cannot be read. */
function contentRange(head: ResponseHead): string | undefined {
  const values = new Set(fieldValues(head, 'content-range'));
  return values.size === 0 ? undefined : [...values].join(', ');
}

/** Judges a response to a GET with the range that was asked for (null: none), before any byte of it is written. */
export function interpret(head: ResponseHead, ask: RangeAsk | null, host: string, now: number): Verdict {
  const { status, reason } = head;
  const params = { host, status, reason };
  const broken = (detail: string): Verdict => ({ kind: 'broken', failure: failure('bad-response', { host, detail }) });
  const known = ask?.identity ?? null;
  if ((status === 200 || status === 206) && isStrayPage(head, known)) {
    return { kind: 'refused', failure: failure('link-expired', params) };
  }

  if (status === 206) {
    if (!ask) return broken('a part (206) that was not asked for');
    if (/^multipart\/byteranges/i.test(field(head, 'content-type') ?? ''))
      return { kind: 'ask-without', what: 'range' };
    const value = contentRange(head);
    const range = value === undefined ? null : parseContentRange(value);
    if (!range?.range) {
      if (ask.start === 0 && known === null) return { kind: 'ask-without', what: 'range' };
      return broken(value === undefined ? 'a part without Content-Range' : `Content-Range “${value.slice(0, 60)}”`);
    }
    const { start, end } = range.range;
    if (start !== ask.start) return broken(`bytes from ${start} where ${ask.start} was asked for`);
    const frame = framing(head, host);
    if (frame.kind === 'length' && frame.length > end - start) return broken('a body longer than its Content-Range');
    if (known) {
      const changed = difference(known, head, range.total);
      if (changed) return changed;
    }
    return { kind: 'part', start, end, total: range.total ?? known?.size ?? null };
  }

  // Another's work (RFC 9110 §15.3.4), whatever its validators say.
  if (status === 203 && known) return broken('a proxy changed it on its way (203)');
  if (status === 200 || status === 203) {
    const frame = framing(head, host);
    const total = frame.kind === 'length' ? frame.length : null;
    const value = contentRange(head);
    const said = value === undefined ? null : parseContentRange(value);
    const part = said?.range ?? null;
    if (value !== undefined && part?.start !== (ask?.start ?? 0)) {
      return broken('a whole file (200) that says it is another part');
    }
    // Its first part only, by its own word: not the file, whatever the status says.
    const whole = said?.total ?? null;
    if (part?.start === 0 && whole !== null && part.end < whole) {
      return ask && known === null
        ? { kind: 'part', ...part, total: whole }
        : broken('a whole file (200) that says it is a part');
    }
    if (known) {
      const changed = difference(known, head, part && part.start > 0 ? known.size : total);
      if (changed) return changed;
      const sameEtag = strongEtag(known.etag) !== null && field(head, 'etag') !== null;
      const sameDate = ask?.hasStrongDate === true && field(head, 'last-modified') !== null;
      if (ask?.condition === 'if-range' && (sameEtag || sameDate) && !part)
        return { kind: 'ask-without', what: 'condition' };
    }
    if (part && part.start > 0) return { kind: 'part', ...part, total: known?.size ?? null };
    if (total === 0) return known ? { kind: 'changed', detail: 'it is empty now', onlyEtag: false } : { kind: 'empty' };
    return { kind: 'whole', total };
  }

  if (status === 416) {
    const total = parseContentRange(field(head, 'content-range') ?? '')?.total ?? null;
    if (total === 0 && !known) return { kind: 'empty' };
    if (known && ask && total !== null) {
      const changed = differenceInError(known, head, total);
      if (changed) return changed;
      const here = ask.gap ?? ask.start;
      if (total < here) return { kind: 'changed', detail: otherSize(here, total), onlyEtag: false };
      if (total === ask.start) return { kind: 'nothing-more', total };
    }
    return ask ? { kind: 'ask-without', what: 'range' } : { kind: 'failed', failure: failure('http-status', params) };
  }

  if (status === 412 && known) {
    const changed = differenceInError(known, head, known.size);
    // There are servers whose conditions fail by themselves, and nodes that mark the same file differently: a part that is
    // asked for without one has to prove itself.
    if ((!changed || changed.onlyEtag) && ask?.condition !== 'none') return { kind: 'ask-without', what: 'condition' };
    return changed ?? { kind: 'changed', detail: OTHER_VERSION, onlyEtag: false };
  }
  if (status === 304) return broken('“not modified” (304) that nobody asked for');
  // Network Authentication Required (RFC 6585 §6): not the server speaks, but the network on the way.
  if (status === 511) return { kind: 'refused', failure: failure('captive-page', params) };
  if (mayPass(status)) {
    return { kind: 'later', failure: failure('too-busy', params), retryAfter: retryAfter(head, now) };
  }
  // RFC 9110 §15.5.20: another connection may come to the right one.
  if (status === 421) return broken('“misdirected request” (421)');
  if (status === 401 || status === 407) return { kind: 'refused', failure: failure('login-needed', params) };
  if (status === 403) return { kind: 'refused', failure: failure('forbidden', params) };
  if (status === 404 || status === 410) return { kind: 'refused', failure: failure('not-found', params) };
  if (status === 204 || status === 205) return { kind: 'failed', failure: failure('empty-answer', params) };
  return { kind: 'failed', failure: failure('http-status', params) };
}
