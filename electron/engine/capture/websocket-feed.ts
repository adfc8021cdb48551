import type { IncomingMessage } from 'node:http';
import { on } from 'node:events';
import { WebSocket } from 'ws';
import { SluiceError } from '../../../shared/failure.ts';
import { networkError, type ResponseHead } from '../remote/index.ts';
import type { Feed, FeedContext } from './feed.ts';
import { connectTo, followRedirects, headersFor, headOf, isRedirect, refusal } from './open-stream.ts';
import { gently } from './gently.ts';
import { messageLine } from './record.ts';

/** A silent connection is asked for a sign of life this often; one that owes it is given up. */
const PING_MS = 30_000;
const HANDSHAKE_MS = 20_000;
/** Messages that wait for their taker at which the socket is not read any more; those of the last read still come. */
const MOST_WAITING = 16;

/** Messages of a WebSocket (RFC 6455): one record each, binary ones in base64. Such a source cannot replay. */
export const readMessages: Feed = async (context) => {
  const { most, spec, take, tooLarge } = context;
  if (spec.feed.kind !== 'websocket') throw new Error('Not a WebSocket');
  const url = new URL(spec.feed.url.replace(/^ws/i, 'http'));
  const place = { url, headers: spec.feed.headers ?? {} };
  const { socket, messages } = await followRedirects(place, (place) => open(place, context, most));
  context.connected('ndjson');
  const stopPinging = keepAsking(socket);
  try {
    for await (const [message, isBinary] of gently(messages)) {
      const at = Date.now();
      const data = messageLine(at, {}, isBinary ? message : message.toString());
      const wait = take({ data, at, position: null, key: null });
      if (wait) await wait;
    }
  } catch (error) {
    context.signal.throwIfAborted();
    if (isTooLarge(error)) tooLarge();
    throw error instanceof SluiceError ? error : networkError(error, url.hostname);
  } finally {
    stopPinging();
    socket.terminate();
  }
  return 'again';
};

type Messages = AsyncIterable<[message: Buffer, isBinary: boolean]>;

type Opened =
  { readonly moved: ResponseHead } | { readonly arrived: { readonly socket: WebSocket; readonly messages: Messages } };

async function open(
  place: { readonly url: URL; readonly headers: Readonly<Record<string, string>> },
  context: FeedContext,
  most: number,
): Promise<Opened> {
  const { url } = place;
  const way = await connectTo(url, context);
  const { Host: _, Accept: __, 'Accept-Encoding': ___, ...headers } = headersFor(place);
  const socket = new WebSocket(new URL(url.href.replace(/^http/, 'ws')), {
    headers,
    createConnection: () => way,
    maxPayload: most,
    handshakeTimeout: HANDSHAKE_MS,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Opened>();
  socket.once('open', () => {
    // At once: a message may have come with the server's answer. Reads no more of the socket than is taken, and what has
    // come before an error or the end is given out first.
    const messages = on(socket, 'message', {
      signal: context.signal,
      close: ['close'],
      highWaterMark: MOST_WAITING,
      lowWaterMark: 1,
    }) as unknown as Messages;
    resolve({ arrived: { socket, messages } });
  });
  socket.on('error', (error) => reject(networkError(error, url.hostname)));
  socket.once('unexpected-response', (_request, response: IncomingMessage) => {
    const head = headOf(response);
    way.destroy();
    if (isRedirect(head.status)) resolve({ moved: head });
    else {
      const got = `an answer with status ${head.status}`;
      const plain = new SluiceError('not-a-feed', { host: url.hostname, wanted: 'WebSocket', got });
      reject(refusal(head, url.hostname, context) ?? plain);
    }
  });
  try {
    return await promise;
  } catch (error) {
    way.destroy();
    context.signal.throwIfAborted();
    throw error;
  }
}

/** Pings, and ends a connection that does not answer. One that is held back by us owes nothing. */
function keepAsking(socket: WebSocket): () => void {
  let isAlive = true;
  const alive = () => {
    isAlive = true;
  };
  socket.on('pong', alive);
  socket.on('ping', alive);
  socket.on('message', alive);
  const timer = setInterval(() => {
    if (!isAlive && !socket.isPaused) {
      socket.terminate();
      return;
    }
    isAlive = socket.isPaused;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}

function isTooLarge(error: unknown): boolean {
  return (error as { readonly code?: string }).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
}
