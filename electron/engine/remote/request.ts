import { unescape } from 'node:querystring';
import { SluiceError } from '../../../shared/failure.ts';
import type { Identity } from '../../../shared/job.ts';
import { foreignScheme } from '../../../shared/link.ts';

/** A request as a person meant it. */
export interface RemoteRequest {
  readonly url: string;
  /** Extra field lines; dropped, where they may be secrets, when a redirect leaves the origin (RFC 9110 §15.4). */
  readonly headers: Readonly<Record<string, string>>;
  /** Host names that the person allowed to redirect from https to plain http (fault 54). Default none. */
  readonly plainHttp?: readonly string[] | undefined;
}

/** Which bytes to ask for, and on what condition. */
export interface RangeAsk {
  readonly start: number;
  /** Exclusive; null: to the end. */
  readonly end: number | null;
  /** The first byte that is missing, where the range begins before it so that bytes can be compared. Default `start`. */
  readonly gap?: number;
  /** What the bytes must be part of; null on a first request. */
  readonly identity: Identity | null;
  /** True where the identity's Last-Modified is a strong validator (RFC 9110 §8.8.2.2): it serves where no ETag does. */
  readonly hasStrongDate?: boolean;
  /**
   * `if-range`: a change is answered by the whole new body (RFC 9110 §13.1.5); right for one open-ended resume.
   * `if-match`: a change is answered by a small 412 (§13.1.1; with a date §13.1.4); right for many bounded segments
   * (fault 24).
   */
  readonly condition: 'if-range' | 'if-match' | 'none';
}

const USER_AGENT = 'Sluice/0.1';

/** A strong validator (RFC 9110 §8.8.1): a quoted ETag without `W/`. Null where there is none (faults 26, 32). */
export function strongEtag(etag: string | null): string | null {
  return etag !== null && /^"[^"]+"$/.test(etag) ? etag : null;
}

/** Field lines that a person may not set: they are the transfer's own. */
const own = new Set([
  'host',
  'connection',
  'range',
  'if-range',
  'if-match',
  'if-unmodified-since',
  'accept-encoding',
  'content-length',
  'te',
]);

/**
 * Parses a link that a person gave.
 * @throws not-a-url, unsupported-scheme
 */
export function parseLink(text: string): URL {
  const trimmed = text.trim();
  const scheme = foreignScheme(trimmed);
  if (scheme) throw new SluiceError('unsupported-scheme', { scheme });
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  if (!url || !/^https?:$/.test(url.protocol)) throw new SluiceError('not-a-url', { text: trimmed.slice(0, 200) });
  if (url.hostname === '') throw new SluiceError('not-a-url', { text: trimmed.slice(0, 200) });
  return url;
}

/**
 * The head of a GET, ready to be sent (RFC 9112 §3). Asks for the bytes as they are stored: no content coding.
 */
export function requestHead(url: URL, headers: Readonly<Record<string, string>>, range: RangeAsk | null): string {
  const lines = [`GET ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  const given = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), { name, value }]));
  if (!given.has('user-agent')) lines.push(`User-Agent: ${USER_AGENT}`);
  if (!given.has('accept')) lines.push('Accept: */*');
  lines.push('Accept-Encoding: identity');
  if (url.username !== '' && !given.has('authorization')) {
    // A stray “%” means itself, as people type it: decodeURIComponent would throw.
    const userinfo = `${unescape(url.username)}:${unescape(url.password)}`;
    lines.push(`Authorization: Basic ${Buffer.from(userinfo, 'utf8').toString('base64')}`);
  }
  if (mayTellChecksum(url) && !given.has('authorization')) lines.push('x-amz-checksum-mode: ENABLED');
  for (const [key, { name, value }] of given) if (!own.has(key)) lines.push(`${name}: ${value}`);
  if (range) {
    lines.push(`Range: bytes=${range.start}-${range.end === null ? '' : range.end - 1}`);
    const etag = strongEtag(range.identity?.etag ?? null);
    const date = etag === null && range.hasStrongDate ? range.identity?.lastModified : null;
    if ((etag ?? date) && range.condition === 'if-range') lines.push(`If-Range: ${etag ?? date}`);
    if (etag && range.condition === 'if-match') lines.push(`If-Match: ${etag}`);
    if (date && range.condition === 'if-match') lines.push(`If-Unmodified-Since: ${date}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * S3 tells an object's checksum only to those who ask (S3 API, GetObject). A signed link would be refused with a field
 * that it does not sign.
 */
function mayTellChecksum({ hostname, searchParams }: URL): boolean {
  const isS3 = /(^|[.-])s3[.-]([a-z0-9-]+\.)*amazonaws\.com(\.cn)?$/.test(hostname);
  return isS3 && ![...searchParams.keys()].some((name) => /^(x-amz-)?signature$/i.test(name));
}

/** Fields that the transfer itself sends: none of them is a secret. */
const transfers = /^(?:host|accept-encoding|range|if-.*|x-amz-checksum-mode)$/i;

/** True of the only fields that are certainly no secret; any other (Authorization, Cookie, X-Api-Key …) is treated as one. */
export function isPublicField(name: string, value: string): boolean {
  return /^(?:accept|accept-language|user-agent|referer|origin)$/i.test(name) && !/\/\/[^/]*@/.test(value);
}

/** A request head for people to read: secrets replaced, one line an entry. */
export function redactedLines(head: string): string[] {
  const [first = '', ...fields] = head.trimEnd().split('\r\n');
  const [method = '', target = '', version = ''] = first.split(' ');
  const [path = '', ...query] = target.split('?');
  const parameters = query.join('?').split('&');
  const shown = parameters.map((parameter) => parameter.replace(/^([^=]+)=.+$/s, '$1=…')).join('&');
  return [
    `${method} ${path}${query.length > 0 ? `?${shown}` : ''} ${version}`,
    ...fields.map((line) => {
      const name = line.slice(0, line.indexOf(':'));
      const isHarmless = transfers.test(name) || isPublicField(name, line.slice(name.length + 1));
      return isHarmless ? line : `${name}: ••••`;
    }),
  ];
}

/**
 * The URL a redirect leads to, and the headers that may follow it.
 * @param plainHttp host names that may redirect from https to plain http
 * @throws bad-redirect (fault 55), insecure-redirect, unsupported-scheme (fault 54)
 */
export function redirect(
  from: URL,
  locations: readonly string[],
  headers: Readonly<Record<string, string>>,
  plainHttp: readonly string[] = [],
): { url: URL; headers: Readonly<Record<string, string>> } {
  const host = from.hostname;
  const [location] = locations;
  if (locations.length !== 1 || location === undefined || !URL.canParse(location, from.href)) {
    throw new SluiceError('bad-redirect', { host });
  }
  const url = new URL(location, from);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new SluiceError('bad-redirect', { host });
  if (from.protocol === 'https:' && url.protocol === 'http:' && !plainHttp.includes(host)) {
    throw new SluiceError('insecure-redirect', { host, to: url.hostname });
  }
  if (url.origin === from.origin) {
    if (url.username === '') {
      url.username = from.username;
      url.password = from.password;
    }
    return { url, headers };
  }
  // Another origin gets nothing but what any stranger may see (fault 53).
  const harmless = Object.entries(headers).filter(([name]) =>
    /^(accept|accept-language|user-agent|referer)$/i.test(name),
  );
  return { url, headers: Object.fromEntries(harmless) };
}
