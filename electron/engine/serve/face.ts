/** One listening socket with every limit that keeps it up: who may hold a connection, and for how long. */
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { endInOrder } from './end-in-order.ts';
import { refuseSocket } from './refusal.ts';
import { Turns } from './turns.ts';

export interface Limits {
  /** Connections in all, and from one address of the network; this computer may use them all. */
  readonly connections: number;
  readonly perAddress: number;
  readonly requestsPerConnection: number;
  /** Bytes of request line and fields. */
  readonly head: number;
  /** Ms for the head of a request, from the first byte or the opening of the connection; and for a form after it. */
  readonly headTime: number;
  /** Ms that a connection may be idle between requests. */
  readonly keepAlive: number;
  /** Ms without any progress, where progress is the reader's turn. */
  readonly idle: number;
  /** Bytes per second below which a reader, or the sender of an upload, counts as stopped, after `idle` ms. */
  readonly leastRate: number;
  /** Ms after which an unfinished upload that does not move is given up. */
  readonly patience: number;
}

export const defaultLimits: Limits = {
  connections: 1024,
  perAddress: 64,
  requestsPerConnection: 100_000,
  head: 16_384,
  headTime: 10_000,
  keepAlive: 15_000,
  idle: 30_000,
  leastRate: 2048,
  patience: 3_600_000,
};

/** What a face asks of whoever is behind it. */
export interface FaceUser {
  readonly limits: Limits;
  answer(request: IncomingMessage, response: ServerResponse, face: Face): void;
  /** True where the connection waits for us, not for its reader. */
  isOurTurn(socket: Socket): boolean;
}

/** Connections in all, over every face. */
export class ConnectionCount {
  #all = 0;
  readonly #byAddress = new Map<string, number>();

  /** Counts a connection in and answers null, or the status that refuses it. */
  enter(address: string, isLocal: boolean, limits: Limits): 429 | 503 | null {
    const here = this.#byAddress.get(address) ?? 0;
    // The last quarter is this computer's: others cannot shut out who shares.
    if (this.#all >= limits.connections * (isLocal ? 1 : 0.75)) return 503;
    if (!isLocal && here >= limits.perAddress) return 429;
    this.#all += 1;
    this.#byAddress.set(address, here + 1);
    return null;
  }

  leave(address: string): void {
    this.#all -= 1;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

/** A certificate and its key, as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export class Face {
  readonly address: string;
  /** True where only this computer can come this way. */
  readonly isLocal: boolean;
  readonly secure: boolean;
  readonly #server: http.Server;
  #port = 0;
  readonly #turns = new WeakMap<Socket, Turns>();

  constructor(user: FaceUser, count: ConnectionCount, address: string, isLocal: boolean, pair: KeyPair | null) {
    const { limits } = user;
    this.address = address;
    this.isLocal = isLocal;
    this.secure = pair !== null;
    const options = {
      maxHeaderSize: limits.head,
      headersTimeout: limits.headTime,
      // Bodies are uploads, which may take as long as they move: `idle` watches them.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: Math.min(1_000, limits.headTime),
      noDelay: true,
    };
    const server = pair
      ? https.createServer({ ...options, ...pair, minVersion: 'TLSv1.2' })
      : http.createServer(options);
    this.#server = server;
    server.maxRequestsPerSocket = limits.requestsPerConnection;
    // Fields that were cut off would be fields that were not checked: their bytes are limited instead.
    server.maxHeadersCount = 0;
    server.setTimeout(limits.idle, (socket: Socket) => {
      if (user.isOurTurn(socket)) socket.setTimeout(limits.idle);
      else socket.destroy();
    });
    // Whoever closes their side is gone (no `httpAllowHalfOpen`): a query must not run on for nobody.
    server.on('connection', (socket: Socket) => {
      const from = socket.remoteAddress ?? '';
      const refused = count.enter(from, isLocal, limits);
      if (refused === null) {
        socket.once('close', () => count.leave(from));
        return;
      }
      socket.on('error', () => socket.destroy());
      if (pair) socket.destroy();
      else refuseSocket(socket, refused, 'Retry-After: 10\r\n');
    });
    server.on(pair ? 'secureConnection' : 'connection', (socket: Socket) => {
      // What Node calls after a last answer: it would close at once.
      socket.destroySoon = () => endInOrder(socket);
    });
    server.on('request', (request, response) => this.#take(user, request, response));
    server.on('checkContinue', (request, response) => this.#take(user, request, response));
    server.on('connect', (_request, socket: Socket) => {
      socket.on('error', () => socket.destroy());
      refuseSocket(socket, 405, 'Allow: GET, HEAD, OPTIONS\r\n');
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      // Nothing may be written into the answer that is on its way: what follows is refused after it.
      const isCutOff = error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET';
      if (isCutOff) socket.destroy();
      else if (!this.#turns.get(socket)?.refuseAfter(statusOf(error.code))) refuseSocket(socket, statusOf(error.code));
    });
    server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  }

  #take(user: FaceUser, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const turns = this.#turns.get(socket) ?? new Turns();
    this.#turns.set(socket, turns);
    // Node says “close” with the last request that a connection may bring, and then leaves it open.
    const { maxRequestsOnConnectionReached } = response as { maxRequestsOnConnectionReached?: boolean };
    if (maxRequestsOnConnectionReached === true) response.shouldKeepAlive = false;
    turns.add(response, () => user.answer(request, response, this));
  }

  get port(): number {
    return this.#port;
  }

  /** What a Host field may say here. Everything else is somebody's trick (DNS rebinding) or mistake. */
  isOurs(authority: string, names: readonly string[]): boolean {
    const own = this.isLocal ? ['127.0.0.1', 'localhost', '[::1]'] : [hostOf(this.address), ...names];
    const usual = this.secure ? 443 : 80;
    const asked = authority.toLowerCase();
    return own.some((name) => asked === `${name}:${this.#port}` || (this.#port === usual && asked === name));
  }

  /** The beginning of every link that leads here. */
  origin(name = hostOf(this.address)): string {
    return `${this.secure ? 'https' : 'http'}://${name}:${this.#port}`;
  }

  /** Listens; 0: any port. Throws what the system says. */
  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen({ port, host: this.address, exclusive: true }, resolve);
    await promise;
    this.#server.off('error', reject);
    this.#server.on('error', () => {});
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** From now on TLS is offered with another certificate; connections that are open keep theirs. */
  use(pair: KeyPair): void {
    if (this.#server instanceof https.Server) this.#server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** An address as it stands in a link. */
export function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** What the parser's trouble is called in HTTP. */
function statusOf(code: string | undefined): number {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 431;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408;
    case 'HPE_INVALID_METHOD':
      return 501;
    case 'HPE_INVALID_VERSION':
      return 505;
    default:
      return 400;
  }
}
