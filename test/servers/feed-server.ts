/**
 * Feeds that never end, and that misbehave on command: `/events` (SSE with ids and replay), `/lines` (NDJSON that cannot
 * be had again), `/socket` (WebSocket), `/poll` (one value with an ETag). Records are numbered, so that a reader can be
 * asked for each.
 */
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createGzip } from 'node:zlib';
import { WebSocketServer } from 'ws';

export interface FeedServerOptions {
  /** Records that there are; then connections stay open and silent. Default: all that `publish` is told of. */
  readonly total?: number;
  /** Sent with each event stream: ms until it is asked for again. */
  readonly retry?: number;
  /** Events before the last one that a client has, which a reconnection gets once more. */
  readonly overlap?: number;
  /** Events after which a connection is cut in the middle of one; asked for each connection. */
  readonly cutAfter?: () => number;
  /** Sent to each socket with the handshake. */
  readonly greeting?: string;
  /** Padding of each record. */
  readonly padding?: number;
}

export interface FeedServer {
  /** “http://127.0.0.1:PORT”. */
  readonly origin: string;
  /** “ws://127.0.0.1:PORT/socket”. */
  readonly socketUrl: string;
  /** Connections cut by `cutAfter` so far. */
  readonly cuts: number;
  /** Requests so far: path, with `Last-Event-ID` where there was one. */
  readonly asked: readonly string[];
  /** The Authorization fields that came. */
  readonly secrets: readonly string[];
  /** Connections that are open now. */
  readonly open: number;
  /** The highest record that was handed to a socket. */
  readonly sent: number;
  /** This many more records are there. */
  publish(count: number): void;
  /** Sends these bytes, as they are, to all readers of `/events` and `/lines`. */
  raw(text: string | Buffer): void;
  /** Sends a message to all sockets. */
  message(data: string | Buffer): void;
  /** What `/poll` says from now on. */
  setPoll(body: string | Buffer, etag: string | null): void;
  /** What every request is answered with from now on; null: as usual. */
  refuse(status: number | null, headers?: Readonly<Record<string, string>>): void;
  /** Breaks all connections. */
  cut(): void;
  /** Resolves when there was another request. */
  nextRequest(): Promise<void>;
  close(): Promise<void>;
}

/** What record `n` (from 1) holds. */
export function recordOf(n: number, padding = 0): { n: number; text: string } {
  return { n, text: `record ${n} ${'·x'.repeat(padding / 2)}` };
}

export async function startFeedServer(options: FeedServerOptions = {}): Promise<FeedServer> {
  const { retry, overlap = 0, cutAfter = () => Infinity, padding = 0 } = options;
  let available = options.total ?? 0;
  let cuts = 0;
  let sent = 0;
  let poll: { body: string | Buffer; etag: string | null } = { body: '{"value":0}', etag: '"0"' };
  let refusal: { status: number; headers: Readonly<Record<string, string>> } | null = null;
  /** Of the next record that a reader of lines gets: what came while nobody read is gone. */
  let live = 0;
  const asked: string[] = [];
  const secrets: string[] = [];
  const sockets = new Set<Socket>();
  const readers = new Set<ServerResponse>();
  let wake = Promise.withResolvers<void>();
  let request = Promise.withResolvers<void>();

  const moved = () => {
    const waking = wake;
    wake = Promise.withResolvers<void>();
    waking.resolve();
  };

  async function stream(
    response: ServerResponse,
    write: (text: string) => boolean,
    from: number,
    textOf: (n: number) => string,
    onSent: (n: number) => void,
  ): Promise<void> {
    const cutAt = from + cutAfter();
    const closed = new Promise<void>((resolve) => {
      response.once('close', resolve);
    });
    let n = from;
    while (!response.destroyed) {
      if (n > available) {
        await Promise.race([wake.promise, closed]);
        continue;
      }
      let block = '';
      for (const end = Math.min(available, n + 200); n <= end; n += 1) {
        if (n >= cutAt) {
          cuts += 1;
          // Torn: a part of the next record goes out, too.
          write(block + textOf(n).slice(0, 20));
          setImmediate(() => response.socket?.destroy());
          return;
        }
        block += textOf(n);
        onSent(n);
      }
      sent = Math.max(sent, n - 1);
      const isFull = !write(block);
      const goOn = new Promise((resolve) => {
        // Without waiting others have their turn, too.
        if (isFull) response.once('drain', resolve);
        else setImmediate(resolve);
      });
      await Promise.race([goOn, closed]);
    }
  }

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '', 'http://feed');
    const last = message.headers['last-event-id'];
    asked.push(last === undefined ? url.pathname : `${url.pathname} ${String(last)}`);
    if (message.headers.authorization !== undefined) secrets.push(message.headers.authorization);
    request.resolve();
    request = Promise.withResolvers<void>();
    response.on('error', () => {});
    if (refusal) {
      response.writeHead(refusal.status, refusal.headers).end();
      return;
    }
    readers.add(response);
    response.once('close', () => readers.delete(response));
    switch (url.pathname) {
      case '/events': {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(retry === undefined ? ':hello\n\n' : `retry: ${retry}\n\n`);
        const from = last === undefined ? 1 : Math.max(1, Number(last) + 1 - overlap);
        const event = (n: number) => `id: ${n}\ndata: ${JSON.stringify(recordOf(n, padding))}\n\n`;
        await stream(
          response,
          (text) => response.write(text),
          from,
          event,
          () => {},
        );
        return;
      }
      case '/lines': {
        const isZipped = url.searchParams.has('gzip');
        response.writeHead(200, {
          'Content-Type': 'application/x-ndjson',
          ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}),
        });
        response.flushHeaders();
        const gzip = isZipped ? createGzip() : null;
        gzip?.pipe(response);
        const write = (text: string) => {
          if (!gzip) return response.write(text);
          gzip.write(text);
          gzip.flush();
          return true;
        };
        const line = (n: number) => `${JSON.stringify(recordOf(n, padding))}\n`;
        await stream(response, write, live + 1, line, (n) => {
          live = Math.max(live, n);
        });
        return;
      }
      case '/poll':
        if (poll.etag !== null && message.headers['if-none-match'] === poll.etag) response.writeHead(304).end();
        else response.writeHead(200, poll.etag === null ? {} : { ETag: poll.etag }).end(poll.body);
        return;
      case '/moved':
        response.writeHead(302, { Location: url.searchParams.get('to') ?? '' }).end();
        return;
      case '/finite':
        response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 9 }).end('one\ntwo\nx');
        return;
      default:
        response.writeHead(404).end();
    }
  }

  const server = http.createServer((message, response) => {
    answer(message, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const webSockets = new WebSocketServer({ server, path: '/socket' });
  webSockets.on('connection', (socket) => {
    if (options.greeting !== undefined) socket.send(options.greeting);
    asked.push('/socket');
    request.resolve();
    request = Promise.withResolvers<void>();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}/socket`,
    get cuts() {
      return cuts;
    },
    asked,
    secrets,
    get open() {
      return sockets.size;
    },
    get sent() {
      return sent;
    },
    publish(count) {
      available += count;
      moved();
    },
    raw(text) {
      for (const response of readers) response.write(text);
    },
    message(data) {
      for (const socket of webSockets.clients) socket.send(data);
    },
    setPoll(body, etag) {
      poll = { body, etag };
    },
    refuse(status, headers = {}) {
      refusal = status === null ? null : { status, headers };
    },
    cut,
    nextRequest: () => request.promise,
    async close() {
      cut();
      webSockets.close();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
