import type net from 'node:net';
import { SluiceError } from '../../../shared/failure.ts';
import type { BufferPool } from '../flow/index.ts';
import { Brake } from './brake.ts';
import { LibraryBody } from './library-body.ts';
import { networkError } from './network-errors.ts';
import { ReadBuffer } from './read-buffer.ts';
import { framing, headEnd, keepsAlive, MAX_HEAD, parseHead, type ResponseHead } from './response-head.ts';
import { defaultNetwork, openSocket, type Network, type Origin } from './socket.ts';

/** What takes a body. All calls come from the socket's own callbacks: they must not block. */
export interface BodySink {
  /** The most bytes that one read may bring: small under a limit, so that the limit is smooth. */
  quantum(): number;
  /** `bytes` more have arrived in memory. Answers the ms to wait before reading on (a limit), 0 for none. */
  received(bytes: number): number;
  /** Takes the body bytes [from, to) of a pool buffer, and the buffer with them. May `block()` the connection. */
  write(buffer: Buffer, from: number, to: number): void;
}

/** How a body ended: all of it came, or the taker wanted no more, or the server closed where no length was promised. */
export type BodyEnd = 'complete' | 'cut' | 'closed';

/** Heads are small: what comes with one is counted only once its body is read, so that a limit is kept from the start. */
const HEAD_VIEW = 4096;

/** What the connection is doing, for the person who looks. */
export type Activity = 'connecting' | 'waiting' | 'receiving' | 'limited' | 'blocked' | 'idle';

/**
 * One HTTP/1.1 connection that reads large bodies at the speed of the machine: the kernel writes into a pool buffer,
 * and the same memory goes on to the disk. Heads are parsed strictly here; a body that is framed by anything else than
 * Content-Length or the end of the connection is handed, with what has arrived, to Node's own parser.
 */
export class HttpConnection {
  readonly origin: Origin;
  readonly #pool: BufferPool;
  readonly #network: Network;
  readonly #leave: () => void;
  #socket: net.Socket | null = null;
  readonly #buffer: ReadBuffer;
  readonly #brake = new Brake(() => this.#readOn());
  #phase: 'idle' | 'head' | 'between' | 'body' | 'library' | 'dead' = 'idle';
  #onHead: ((error: Error | null, head?: ResponseHead) => void) | null = null;
  #onBody: ((error: Error | null, end?: BodyEnd) => void) | null = null;
  #library: LibraryBody | null = null;
  #sink: BodySink | null = null;
  /** Body bytes still to come by the server's word; Infinity until close. */
  #remaining = 0;
  /** Body bytes that are still wanted: never more than #remaining. */
  #wanted = 0;
  #untilClose = false;
  #keepAlive = true;
  #error: Error | null = null;
  #served = 0;
  readonly #onClosed: (() => void)[] = [];
  #flush = false;

  constructor(origin: Origin, pool: BufferPool, network: Network = defaultNetwork) {
    this.origin = origin;
    this.#pool = pool;
    this.#network = network;
    this.#leave = pool.join();
    this.#buffer = new ReadBuffer(pool);
  }

  /** True where another request may be sent on this connection. */
  get reusable(): boolean {
    return this.#phase === 'idle' && this.#socket !== null && this.#keepAlive;
  }

  /** Responses whose body was read to its end. A dead socket with none is a failure, with some it is only stale. */
  get served(): number {
    return this.#served;
  }

  get remote(): string {
    const { remoteAddress, remotePort } = this.#socket ?? {};
    if (!remoteAddress) return '';
    return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
  }

  get activity(): Activity {
    if (this.#phase === 'idle') return this.#socket ? 'idle' : 'connecting';
    if (this.#brake.blocked) return 'blocked';
    if (this.#brake.limited) return 'limited';
    return this.#phase === 'head' ? 'waiting' : 'receiving';
  }

  /** Called once when the connection is closed, for whatever reason. */
  onClose(closed: () => void): void {
    if (this.#phase === 'dead') closed();
    else this.#onClosed.push(closed);
  }

  /** Opens the socket (and TLS). Tries all addresses of the name, both families (RFC 8305; fault 62). */
  async connect(signal: AbortSignal): Promise<void> {
    const { hostname } = this.origin;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onread = { buffer: () => this.#view(), callback: (n: number) => this.#onRead(n) };
    const socket = openSocket(this.origin, this.#network, onread, resolve);
    this.#socket = socket;
    const timedOut = () => socket.destroy(new SluiceError('connection-timed-out', { host: hostname }));
    const timer = setTimeout(timedOut, this.#network.connectTimeout);
    const abort = () => socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => {
      this.#error ??= error;
      reject(error);
    });
    socket.on('close', () => {
      signal.removeEventListener('abort', abort);
      reject(this.#error ?? new SluiceError('connection-lost', { host: hostname }));
      this.#closed();
    });
    socket.on('end', () => this.#ended());
    socket.on('timeout', () => {
      if (!this.#awaitsBytes) return;
      // A thread that was late itself blames nobody: what has come meanwhile is read before a timer's immediate.
      const { bytesRead } = socket;
      setImmediate(() => {
        if (this.#awaitsBytes && socket.bytesRead === bytesRead) timedOut();
      });
    });
    try {
      await promise;
    } catch (error) {
      signal.throwIfAborted();
      throw networkError(error, hostname);
    } finally {
      clearTimeout(timer);
    }
    socket.setTimeout(this.#network.idleTimeout);
    socket.resume();
  }

  /** Sends a request head (with its empty line) and reads the response's head. Informational ones are passed over. */
  async request(text: string): Promise<ResponseHead> {
    const { promise, resolve, reject } = Promise.withResolvers<ResponseHead>();
    if (this.#phase !== 'idle' || !this.#socket) throw this.#lost();
    this.#phase = 'head';
    this.#onHead = (error, head) => (head ? resolve(head) : reject(error ?? this.#lost()));
    this.#socket.write(text, 'latin1');
    return promise;
  }

  /**
   * Reads the body of the response that `request` answered, giving at most `wanted` bytes to the sink.
   * @throws connection-lost where it ended before its time, connection-timed-out where it stalled
   */
  async body(head: ResponseHead, wanted: number, sink: BodySink): Promise<BodyEnd> {
    // It may have died while its head was thought about.
    if (this.#phase !== 'between') throw this.#lost();
    const frame = framing(head, this.origin.hostname);
    this.#keepAlive = keepsAlive(head) && frame.kind !== 'close';
    this.#sink = sink;
    // The time that its taker needed to get ready is not the server's.
    this.#socket?.setTimeout(this.#network.idleTimeout);
    if (frame.kind === 'chunked') return this.#readByLibrary(head, wanted);
    const { promise, resolve, reject } = Promise.withResolvers<BodyEnd>();
    this.#onBody = (error, end) => (end ? resolve(end) : reject(error ?? this.#lost()));
    this.#phase = 'body';
    this.#untilClose = frame.kind === 'close';
    this.#remaining = frame.kind === 'length' ? frame.length : Infinity;
    this.#wanted = Math.min(wanted, this.#remaining);
    const early = this.#buffer.length;
    if (early > 0) this.#consume(early);
    else this.#finishIfDone();
    if (!this.#brake.held) this.#socket?.resume();
    return promise;
  }

  /** Lowers the number of bytes still wanted: another connection takes the rest. Zero ends the body now. */
  cut(wanted: number): void {
    if (this.#phase !== 'body' && this.#phase !== 'library') return;
    this.#wanted = Math.min(this.#wanted, wanted);
    if (this.#phase === 'body') this.#finishIfDone();
    else this.#library?.cut();
  }

  /** Hands what has arrived to the sink with the next read, however little: so that slow bytes become durable too. */
  flush(): void {
    this.#flush = true;
  }

  /** Reads no more of a body until `wake()`: its taker is behind. */
  block(): void {
    if (this.#brake.blocked || (this.#phase !== 'body' && this.#phase !== 'library')) return;
    this.#brake.block();
    this.#socket?.pause();
  }

  /** Reads on after `block`. */
  wake(): void {
    this.#brake.wake();
  }

  /** A limit is another now: what the old one made this wait for is forgotten. */
  unlimit(): void {
    this.#brake.unlimit();
  }

  /** True where silence is the server's: nothing here keeps its bytes from being read. */
  get #awaitsBytes(): boolean {
    return !this.#brake.held && this.#phase !== 'between';
  }

  #readOn(): void {
    this.#socket?.setTimeout(this.#network.idleTimeout);
    this.#library?.resume();
    // Also under the library: it may have asked for more while that was refused, and does not ask twice.
    this.#socket?.resume();
  }

  destroy(): void {
    this.#socket?.destroy();
    if (!this.#socket) this.#closed();
  }

  #lost(): Error {
    return this.#error
      ? networkError(this.#error, this.origin.hostname)
      : new SluiceError('connection-lost', { host: this.origin.hostname });
  }

  /** Where the next bytes may be put. Never empty. */
  #view(): Buffer {
    const quantum = this.#phase === 'body' && this.#sink ? this.#sink.quantum() : HEAD_VIEW;
    return this.#buffer.view(quantum);
  }

  #onRead(n: number): boolean {
    this.#buffer.exchangeable = true;
    const more = this.#read(n);
    if (this.#buffer.isFull) this.#buffer.makeRoom();
    this.#buffer.exchangeable = false;
    return more;
  }

  #read(n: number): boolean {
    switch (this.#phase) {
      case 'head':
        this.#buffer.takeIn(n);
        return this.#readHead();
      case 'between':
        this.#buffer.takeIn(n);
        return false;
      case 'body':
        this.#buffer.takeIn(n);
        this.#consume(n);
        return !this.#brake.held;
      case 'library':
        return this.#library?.push(this.#buffer.copyOfView(n)) ?? false;
      case 'idle':
        // Bytes that nobody asked for: past the end of a body (fault 41), or a goodbye. Not to be trusted again.
        this.#keepAlive = false;
        this.#socket?.destroy();
        return false;
      case 'dead':
        return false;
    }
  }

  #readHead(): boolean {
    const seen = this.#buffer.arrived;
    const end = headEnd(seen);
    if (end === -1) {
      if (seen.length <= MAX_HEAD) return true;
      this.#fail(new SluiceError('bad-response', { host: this.origin.hostname, detail: 'its header has no end' }));
      return false;
    }
    try {
      const head = parseHead(seen.subarray(0, end).toString('latin1').trimEnd(), this.origin.hostname);
      this.#buffer.drop(end);
      if (head.status < 200) return this.#readHead();
      this.#phase = 'between';
      const onHead = this.#onHead;
      this.#onHead = null;
      onHead?.(null, head);
      return false;
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
  }

  /** Accounts for `n` new body bytes and passes the buffer on when it is full enough. */
  #consume(n: number): void {
    const have = this.#buffer.length;
    const sink = this.#sink;
    if (!sink) return;
    const counted = Math.min(n, Math.max(0, this.#wanted - (have - n)));
    if (counted > 0) this.#limit(sink.received(counted));
    if (have >= this.#wanted) this.#finishIfDone();
    else if (this.#buffer.isFull || (this.#flush && have > 0)) this.#handOver(have);
  }

  #limit(wait: number): void {
    if (wait <= 0 || this.#brake.limited || this.#phase === 'dead') return;
    this.#brake.wait(wait);
    this.#socket?.pause();
  }

  /** Gives the first `n` bytes to the sink. */
  #handOver(n: number): void {
    this.#flush = false;
    this.#remaining -= n;
    this.#wanted -= n;
    const sink = this.#sink;
    this.#buffer.handOver(n, (buffer, from, to) => sink?.write(buffer, from, to));
  }

  #finishIfDone(): void {
    const have = this.#buffer.length;
    if (have < this.#wanted) return;
    const complete = this.#wanted === this.#remaining;
    const extra = have > this.#wanted;
    if (this.#wanted > 0) this.#handOver(this.#wanted);
    this.#endBody(complete ? 'complete' : 'cut', complete && !extra);
  }

  #endBody(end: BodyEnd, reusable: boolean): void {
    const onBody = this.#onBody;
    this.#onBody = null;
    this.#sink = null;
    this.#brake.wake();
    this.#buffer.drop(this.#buffer.length);
    this.#served += 1;
    this.#phase = 'idle';
    if (!reusable || !this.#keepAlive) {
      this.#keepAlive = false;
      this.#socket?.destroy();
    } else {
      this.#socket?.resume();
    }
    onBody?.(null, end);
  }

  async #readByLibrary(head: ResponseHead, wanted: number): Promise<BodyEnd> {
    const socket = this.#socket;
    const sink = this.#sink;
    if (!socket || !sink) throw this.#lost();
    const early = Buffer.from(this.#buffer.arrived);
    this.#buffer.drop(early.length);
    this.#phase = 'library';
    this.#keepAlive = false;
    this.#wanted = wanted;
    const library = new LibraryBody({
      head,
      early,
      host: this.origin.hostname,
      pool: this.#pool,
      wanted: () => this.#wanted,
      write: (buffer, length) => {
        this.#wanted -= length;
        sink.write(buffer, 0, length);
        return !this.#brake.blocked;
      },
      received: (n) => {
        this.#limit(sink.received(n));
        return !this.#brake.limited;
      },
      readOn: () => {
        if (!this.#brake.held) socket.resume();
      },
    });
    this.#library = library;
    socket.resume();
    try {
      return await library.end;
    } catch (error) {
      throw this.#error ? this.#lost() : networkError(error, this.origin.hostname);
    } finally {
      this.#library = null;
      socket.destroy();
    }
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#socket?.destroy(error);
  }

  /** The server said that it sends no more. */
  #ended(): void {
    if (this.#phase === 'library') this.#library?.push(null);
    if (this.#phase === 'body' && this.#untilClose) {
      this.#wanted = this.#buffer.length;
      this.#remaining = this.#wanted;
      if (this.#wanted > 0) this.#handOver(this.#wanted);
      this.#endBody('closed', false);
    }
    this.#socket?.destroy();
  }

  #closed(): void {
    if (this.#phase === 'dead') return;
    this.#buffer.exchangeable = true;
    const phase = this.#phase;
    // What came before the end is good: it is kept, so that the next request asks for less (fault 35).
    if (phase === 'body' && this.#buffer.length > 0) this.#handOver(Math.min(this.#buffer.length, this.#wanted));
    this.#phase = 'dead';
    this.#keepAlive = false;
    const { blocked } = this.#brake;
    this.#brake.clear();
    if (phase === 'library') {
      this.#library?.push(null);
      // What it holds back for a limit is let through: nothing would wake it any more.
      if (!blocked) this.#library?.resume();
    }
    this.#onHead?.(this.#lost());
    this.#onBody?.(this.#lost());
    this.#onHead = null;
    this.#onBody = null;
    this.#sink = null;
    this.#buffer.release();
    this.#leave();
    for (const closed of this.#onClosed) closed();
  }
}
