import { SluiceError } from '../../../shared/failure.ts';
import type { ReadBuffer } from './read-buffer.ts';

/** The head of an HTTP response, as it came. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Minor version: 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minor: number;
  /** Field lines in order, names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Longest head that is read, in bytes. Browsers and curl stop between 64 and 300 KiB. */
const MAX_HEAD = 64 * 1024;

/** All values of a field in order; `name` in lower case. */
export function fieldValues(head: ResponseHead, name: string): string[] {
  return head.fields.filter(([n]) => n === name).map(([, value]) => value);
}

/** The value of a field that may stand once; several lines are joined (RFC 9110 §5.3). Null where it is missing. */
export function field(head: ResponseHead, name: string): string | null {
  const values = fieldValues(head, name);
  return values.length === 0 ? null : values.join(', ');
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Parses status line and field lines (RFC 9112 §4, §5), strictly: what is not plainly valid is refused, because a
 * parser that guesses is how bytes of one answer end up in another file. Obsolete line folding is refused too.
 * @param text the head without its closing empty line, decoded as latin1
 */
export function parseHead(text: string, host: string): ResponseHead {
  const bad = (detail: string) => new SluiceError('bad-response', { host, detail });
  const lines = text.split(/\r?\n/);
  const first = STATUS_LINE.exec(lines[0] ?? '');
  if (!first) throw bad(`it begins with “${(lines[0] ?? '').slice(0, 40)}”`);
  const fields: [string, string][] = [];
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !FIELD_NAME.test(name)) throw bad(`a header line reads “${line.slice(0, 40)}”`);
    const value = line.slice(colon + 1).trim();
    // oxlint-disable-next-line no-control-regex -- NUL and bare CR are what is refused (RFC 9110 §5.5)
    if (/[\0\r]/.test(value)) throw bad(`the header ${name} holds control characters`);
    fields.push([name.toLowerCase(), value]);
  }
  return { status: Number(first[2]), reason: first[3] ?? '', minor: Number(first[1]), fields };
}

/** How the body of a response ends (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** Until the connection closes. */
  | { readonly kind: 'close' };

/** Reads the framing of a response to a GET; throws where it cannot be trusted (faults 39, 40, 43). */
export function framing(head: ResponseHead, host: string): Framing {
  const bad = (detail: string) => new SluiceError('bad-response', { host, detail });
  if (head.status === 204 || head.status === 304 || head.status < 200) return { kind: 'length', length: 0 };
  const codings = field(head, 'transfer-encoding');
  if (codings !== null) {
    if (codings.trim().toLowerCase() !== 'chunked') throw bad(`transfer coding “${codings}”`);
    return { kind: 'chunked' };
  }
  const lengths = new Set(fieldValues(head, 'content-length').flatMap((v) => v.split(',').map((part) => part.trim())));
  if (lengths.size === 0) return { kind: 'close' };
  const [text = ''] = lengths;
  const length = Number(text);
  if (lengths.size > 1 || !/^\d+$/.test(text) || !Number.isSafeInteger(length)) {
    throw bad(`Content-Length “${[...lengths].join(', ').slice(0, 40)}”`);
  }
  return { kind: 'length', length };
}

/** True where the server keeps the connection open after this response (RFC 9112 §9.3). */
export function keepsAlive(head: ResponseHead): boolean {
  const options = (field(head, 'connection') ?? '').toLowerCase();
  if (/\bclose\b/.test(options)) return false;
  return head.minor === 1 || /\bkeep-alive\b/.test(options);
}

const LF = 0x0a;
const CR = 0x0d;

/** Length of the head including its closing empty line; -1 while it has not wholly come. */
export function headEnd(bytes: Buffer): number {
  // Lines may end in a single LF (RFC 9112 §2.2), so that the first empty line of either kind is the end.
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/**
 * Takes a head off the bytes that have arrived, once its end has; an informational one (1xx) too. Null where more has to
 * come.
 * @throws bad-response
 */
export function takeHead(buffer: ReadBuffer, host: string): ResponseHead | null {
  const { arrived } = buffer;
  const end = headEnd(arrived);
  if (end === -1) {
    if (arrived.length <= MAX_HEAD) return null;
    throw new SluiceError('bad-response', { host, detail: 'its header has no end' });
  }
  const head = parseHead(arrived.subarray(0, end).toString('latin1').trimEnd(), host);
  buffer.drop(end);
  return head;
}
