/** HTTP answers that do not end, read as they come. */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip, createZstdDecompress } from 'node:zlib';
import { SluiceError } from '../../../shared/failure.ts';
import {
  defaultNetwork,
  field,
  fieldValues,
  interpret,
  networkError,
  openSocket,
  originOf,
  redirect,
  requestHead,
  type ResponseHead,
} from '../remote/index.ts';
import type { FeedContext } from './feed.ts';

/** Browsers stop at 20 (fetch standard, “HTTP-redirect fetch”). */
const MAX_REDIRECTS = 20;
/** Ms without traffic after which the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 30_000;

export interface OpenStream {
  readonly head: ResponseHead;
  readonly host: string;
  /** Content codings undone. Destroy it to hang up. Ends early with an error where the connection did and that is seen. */
  readonly body: Readable;
  /** True where an end that comes too early is seen: of a body that lasts until the connection closes it is not. */
  readonly hasProvenEnd: boolean;
}

interface Place {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Follows redirects from a place until `attempt` comes to something else, which it returns; for a redirect it returns
 * the answer's head.
 * @throws too-many-redirects, bad-redirect, insecure-redirect, and what `attempt` throws
 */
export async function followRedirects<T>(
  from: Place,
  attempt: (place: Place) => Promise<{ readonly moved: ResponseHead } | { readonly arrived: T }>,
): Promise<T> {
  let place = from;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const result = await attempt(place);
    if ('arrived' in result) return result.arrived;
    place = redirect(place.url, fieldValues(result.moved, 'location'), place.headers);
  }
  throw new SluiceError('too-many-redirects', { host: from.url.hostname });
}

/**
 * Sends a GET and resolves with a good answer's body.
 * @param own field lines that are no secret, and go to wherever redirects lead
 * @throws what the network and the server say
 */
export function openStream(
  { url, headers }: { readonly url: string; readonly headers?: Readonly<Record<string, string>> | undefined },
  own: Readonly<Record<string, string>>,
  context: Pick<FeedContext, 'spec' | 'signal' | 'patience'>,
  isGood: (head: ResponseHead) => boolean = () => false,
): Promise<OpenStream> {
  return followRedirects({ url: new URL(url), headers: headers ?? {} }, async (place) => {
    const host = place.url.hostname;
    const response = await request({ ...place, headers: { ...place.headers, ...own } }, context);
    const head = headOf(response);
    if (isRedirect(head.status)) {
      response.destroy();
      return { moved: head };
    }
    if (!isGood(head)) {
      const failed = refusal(head, host, context);
      if (failed) {
        response.destroy();
        throw failed;
      }
    }
    return { arrived: { head, host, body: decoded(response, head), hasProvenEnd: hasProvenEnd(head) } };
  });
}

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Why an answer is not one to read; null where it is. */
export function refusal(
  head: ResponseHead,
  host: string,
  { patience }: Pick<FeedContext, 'patience'>,
): SluiceError | null {
  const verdict = interpret(head, null, host, Date.now());
  if (verdict.kind === 'whole' || verdict.kind === 'empty') return null;
  if (verdict.kind === 'later' && verdict.retryAfter !== null) patience(verdict.retryAfter, 'once');
  if ('failure' in verdict) return new SluiceError(verdict.failure.code, verdict.failure.params);
  return new SluiceError('bad-response', { host, detail: `a ${head.status} that was not asked for` });
}

/** A socket to where a URL leads, trusted as the person said; whoever aborts closes it. */
export async function connectTo(url: URL, { spec, signal }: Pick<FeedContext, 'spec' | 'signal'>): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  signal.throwIfAborted();
  const host = url.hostname;
  const socket = openSocket(originOf(url), { ...defaultNetwork, trusted: spec.trusted }, null, resolve);
  const abort = () => socket.destroy(signal.reason as Error);
  const late = () => socket.destroy(new SluiceError('connection-timed-out', { host }));
  const timer = setTimeout(late, defaultNetwork.connectTimeout);
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  socket.on('error', reject);
  try {
    await promise;
  } catch (error) {
    throw networkError(error, host);
  } finally {
    clearTimeout(timer);
  }
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

export function headOf({ statusCode = 0, statusMessage = '', httpVersionMinor, rawHeaders }: IncomingMessage) {
  const fields: [string, string][] = [];
  for (let n = 0; n < rawHeaders.length; n += 2) {
    fields.push([(rawHeaders[n] ?? '').toLowerCase(), rawHeaders[n + 1] ?? '']);
  }
  return { status: statusCode, reason: statusMessage, minor: httpVersionMinor, fields } satisfies ResponseHead;
}

/** The field lines that a request has, credentials of the link and what the person gave included. */
export function headersFor({ url, headers }: Place): Record<string, string> {
  const lines = requestHead(url, headers, null).trimEnd().split('\r\n').slice(1);
  const split = (line: string) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const;
  return Object.fromEntries(lines.map(split));
}

async function request(place: Place, context: Pick<FeedContext, 'spec' | 'signal'>): Promise<IncomingMessage> {
  const { url } = place;
  const host = url.hostname;
  const socket = await connectTo(url, context);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = send(place, socket);
  const late = () => sent.destroy(new SluiceError('connection-timed-out', { host }));
  const timer = setTimeout(late, defaultNetwork.idleTimeout);
  sent.once('response', resolve);
  sent.on('error', (error) => {
    reject(context.signal.aborted ? (context.signal.reason as Error) : badHead(error, host));
  });
  sent.end();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** @throws what Node says of fields that cannot be sent; the socket is closed then */
function send(place: Place, socket: Socket): http.ClientRequest {
  const { url } = place;
  const { request: ask } = url.protocol === 'https:' ? https : http;
  try {
    return ask({
      createConnection: () => socket,
      method: 'GET',
      path: url.pathname + url.search,
      headers: headersFor(place),
      setDefaultHeaders: false,
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** What Node's parser says of an answer that is no HTTP; else what the network did. */
function badHead(error: Error & { readonly code?: string }, host: string): SluiceError {
  return error.code?.startsWith('HPE_') === true
    ? new SluiceError('bad-response', { host, detail: error.message.replace(/^Parse Error: /, '') }, { cause: error })
    : networkError(error, host);
}

/** By its length or its chunks (RFC 9112 §6.3), or by a compressed form that has an end of its own. */
function hasProvenEnd(head: ResponseHead): boolean {
  const isFramed = field(head, 'content-length') !== null || field(head, 'transfer-encoding') !== null;
  return isFramed || decodersOf(head).length > 0;
}

function decodersOf(head: ResponseHead): (() => Transform)[] {
  const codings = (field(head, 'content-encoding') ?? '').toLowerCase().split(/[\s,]+/);
  return codings.flatMap((coding): (() => Transform)[] => {
    if (/^(?:x-)?gzip$|^deflate$/.test(coding)) return [createUnzip];
    if (coding === 'br') return [createBrotliDecompress];
    return coding === 'zstd' ? [createZstdDecompress] : [];
  });
}

/** The body as it was before it was encoded for the way (RFC 9110 §8.4). */
function decoded(response: IncomingMessage, head: ResponseHead): Readable {
  const decoders = decodersOf(head).map((create) => create());
  if (decoders.length === 0) return response;
  // Errors are seen by whoever reads the last of them.
  return pipeline([response, ...decoders.toReversed()], () => {}) as unknown as Readable;
}
