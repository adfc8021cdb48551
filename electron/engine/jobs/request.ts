/** What a person asks for, checked: each thing that is wrong has its own sentence, and nothing is kept of it. */
import { isAbsolute, resolve } from 'node:path';
import type { DownloadRequest } from '../../../shared/download.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { priorities, type Checksum, type Priority } from '../../../shared/job.ts';
import { nameFromUrl, safeFileName } from '../files/index.ts';
import { isPublicField, parseLink } from '../remote/index.ts';
import { parseChecksum } from './checksum.ts';

type Headers = Readonly<Record<string, string>>;

/** A link without its secrets, and the header fields to send, split by whether they may be stored. */
export interface ParsedTarget {
  readonly url: string;
  readonly host: string;
  readonly headers: Headers;
  readonly secrets: Headers;
}

export interface ParsedRequest extends ParsedTarget {
  readonly folder: string;
  readonly wantedName: string | null;
  /** The best guess until the server answers. */
  readonly name: string;
  readonly connections: number | null;
  readonly limit: number | null;
  readonly checksum: Checksum | null;
  readonly findChecksum: boolean;
  /** Without credentials: those are among the secrets, as the whole link under the bare one. */
  readonly mirrors: readonly string[];
  readonly priority: Priority;
  readonly startAt: number | null;
  readonly paused: boolean;
}

/** More would help nobody. */
const MOST_MIRRORS = 32;

/** Fields that belong to the transfer itself: framing, ranges, conditions, codings. */
const ownField =
  /^(?:host|range|if-.*|connection|keep-alive|proxy-connection|transfer-encoding|content-.*|te|trailer|upgrade|expect|accept-encoding)$/i;

/**
 * Checks a link and its header fields. Credentials in the link become an Authorization field (RFC 7617), the fragment
 * goes.
 * @throws not-a-url, unsupported-scheme, bad-input
 */
export function parseTarget(request: Pick<DownloadRequest, 'url' | 'headers'>): ParsedTarget {
  const url = parseLink(request.url);
  const headers: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) bad(`“${name}” is not the name of a header field.`);
    if (ownField.test(name)) bad(`The header field ${name} is set by Sluice itself.`);
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))
      bad(`The header field ${name} has characters it may not have.`);
    (isPublicField(name, value) ? headers : secrets)[name] = value;
  }
  const given = Object.keys(secrets).some((name) => name.toLowerCase() === 'authorization');
  if ((url.username !== '' || url.password !== '') && !given) {
    const userinfo = `${decode(url.username)}:${decode(url.password)}`;
    secrets['Authorization'] = `Basic ${Buffer.from(userinfo).toString('base64')}`;
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url: url.href, host: url.host, headers, secrets };
}

/**
 * Checks all of a request.
 * @param checkFolder throws where files cannot go
 * @throws not-a-url, unsupported-scheme, bad-checksum, bad-rate, bad-input and what `checkFolder` throws
 */
export function parseRequest(
  request: DownloadRequest,
  defaultFolder: string,
  checkFolder: (folder: string) => void,
): ParsedRequest {
  const target = parseTarget(request);
  const { connections = null, limit = null } = request;
  const wanted = request.checksum?.trim() ?? '';
  const findChecksum = wanted.toLowerCase() === 'auto';
  const checksum = wanted === '' || findChecksum ? null : parseChecksum(wanted);
  const { mirrors, secrets } = parseMirrors(request.mirrors ?? [], target.url);
  const { priority = 'normal' } = request;
  if (!priorities.includes(priority)) bad('The priority is high, normal or low.');
  if (limit !== null && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new SluiceError('bad-rate', { text: String(limit) });
  }
  if (connections !== null && !(Number.isInteger(connections) && connections >= 1 && connections <= 16)) {
    bad('A job has 1 to 16 connections.');
  }
  const given = request.folder ?? defaultFolder;
  // `resolve` would silently take a relative path for one below wherever this process runs.
  const folder = isAbsolute(given) ? resolve(given) : given;
  checkFolder(folder);
  const wantedName = request.name?.trim() ? safeFileName(request.name) : null;
  return {
    ...target,
    secrets: { ...target.secrets, ...secrets },
    folder,
    wantedName,
    name: wantedName ?? nameFromUrl(new URL(target.url)),
    connections,
    limit,
    checksum,
    findChecksum,
    mirrors,
    priority,
    startAt: checkStartAt(request.startAt ?? null),
    paused: request.paused ?? false,
  };
}

/** Links to the same file, each once, and those with credentials whole by the bare ones. */
function parseMirrors(links: readonly string[], first: string): { mirrors: string[]; secrets: Headers } {
  if (links.length > MOST_MIRRORS) bad(`A download has up to ${MOST_MIRRORS} mirrors.`);
  const secrets: Record<string, string> = {};
  const mirrors = new Set<string>();
  for (const link of links) {
    const { url, whole } = splitLink(link);
    if (url !== first) mirrors.add(url);
    if (whole !== url) secrets[url] = whole;
  }
  return { mirrors: [...mirrors], secrets };
}

/**
 * A link as it may be shown and stored, and as it is used.
 * @throws not-a-url, unsupported-scheme
 */
export function splitLink(link: string): { readonly url: string; readonly whole: string } {
  const url = parseLink(link);
  url.hash = '';
  const whole = url.href;
  url.username = '';
  url.password = '';
  return { url: url.href, whole };
}

/** The last moment that a date can name. */
const LAST_MOMENT = 8.64e15;

/**
 * A time to start at, in whole ms.
 * @throws bad-input
 */
export function checkStartAt(startAt: number | null): number | null {
  if (startAt === null) return null;
  if (!(startAt >= 0 && startAt <= LAST_MOMENT)) bad('The time to start at has to be a date.');
  return Math.round(startAt);
}

function bad(detail: string): never {
  throw new SluiceError('bad-input', { detail });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
