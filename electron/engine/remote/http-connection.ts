import type net from 'node:net';
import { SluiceError } from '../../../shared/failure.ts';
import type { BufferPool } from '../flow/index.ts';
import { BodyAccount, type BodyEnd, type BodySink } from './body.ts';
import { Brake } from './brake.ts';
import { Deadline } from './deadline.ts';
import { LibraryBody } from './library-body.ts';
import { networkError } from './network-errors.ts';
import { RawBody } from './raw-body.ts';
import { ReadBuffer } from './read-buffer.ts';
import { framing, keepsAlive, takeHead, type ResponseHead } from './response-head.ts';
import { defaultNetwork, type Network, type Origin } from './socket.ts';
import { watchedSocket } from './watched-socket.ts';

/** Heads are small: what comes with one is counted only once its body is read, so that a limit is kept from the start. */
const HEAD_VIEW = 4096;
/** Informational heads (1xx) before the one that counts: more is no server's good will. */
const MOST_INFORMATIONAL = 32;
/** Idle timeouts within which a head has to be whole, and bytes of a body have to come out of what frames it. */
const PATIENCE = 2;

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
  #informational = 0;
  readonly #deadline: Deadline;
  #body: RawBody | null = null;
  /** True where a flush was asked for before there was a body. */
  #flushFirst = false;
  #library: LibraryBody | null = null;
  #account: BodyAccount | null = null;
  #keepAlive = true;
  #error: Error | null = null;
  #served = 0;
  readonly #onClosed: (() => void)[] = [];
  /** The server said, before the body that has come was asked for, that it sends no more. */
  #endedEarly = false;
  /** The socket is closed. */
  #gone = false;

  constructor(origin: Origin, pool: BufferPool, network: Network = defaultNetwork) {
    this.origin = origin;
    this.#pool = pool;
    this.#network = network;
    this.#leave = pool.join();
    this.#buffer = new ReadBuffer(pool);
    this.#deadline = new Deadline(
      PATIENCE * network.idleTimeout,
      () => this.#brake.held,
      () => this.#fail(new SluiceError('connection-timed-out', { host: origin.hostname })),
    );
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

  /**
   * Opens the socket (and TLS).
   * @throws the network's failures, connection-timed-out, the signal's reason
   */
  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const onread = { buffer: () => this.#view(), callback: (n: number) => this.#onRead(n) };
    const { socket, standing } = watchedSocket(this.origin, this.#network, onread, signal, {
      // Where it is held back, or its head is thought about, silence is ours.
      awaitsBytes: () => !this.#brake.held && this.#phase !== 'between',
      failed: (error) => {
        this.#error ??= error;
      },
      ended: () => this.#ended(),
      closed: () => {
        this.#gone = true;
        // A body that has come with its head is still to be taken.
        if (!this.#endedEarly || this.#phase !== 'between') this.#closed();
      },
    });
    this.#socket = socket;
    await standing;
    socket.resume();
  }

  /** Sends a request head (with its empty line) and reads the response's head. Informational ones are passed over. */
  async request(text: string): Promise<ResponseHead> {
    const { promise, resolve, reject } = Promise.withResolvers<ResponseHead>();
    if (this.#phase !== 'idle' || !this.#socket) throw this.#lost();
    this.#phase = 'head';
    this.#informational = 0;
    this.#deadline.begin();
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
    this.#keepAlive = keepsAlive(head) && frame.kind !== 'close' && !this.#endedEarly;
    const account = new BodyAccount(frame, wanted);
    this.#account = account;
    // The time that its taker needed to get ready is not the server's.
    if (!this.#gone) this.#socket?.setTimeout(this.#network.idleTimeout);
    if (frame.kind === 'chunked') return this.#readByLibrary(head, account, sink);
    const body = new RawBody({
      buffer: this.#buffer,
      account,
      sink,
      limit: (ms) => this.#limit(ms),
      isBlocked: () => this.#brake.blocked,
      over: (reusable) => this.#endBody(reusable),
    });
    this.#body = body;
    if (this.#flushFirst) body.flush(false);
    this.#flushFirst = false;
    this.#phase = 'body';
    body.begin();
    if (this.#endedEarly) this.#ended();
    else if (!this.#brake.held) this.#socket?.resume();
    return body.end;
  }

  /**
   * Changes the number of bytes still wanted: another connection takes the rest, or gives it back. Zero ends the body now.
   * More than in the beginning there will not be.
   */
  cut(wanted: number): void {
    this.#body?.cut(wanted);
    if (!this.#library) return;
    this.#account?.cut(wanted);
    this.#library.cut();
  }

  /**
   * Hands what has arrived to the sink with the next read, however little: so that slow bytes become durable too. `now`: what
   * is there at once, for which it is copied.
   */
  flush(now = false): void {
    const body = this.#body ?? this.#library;
    if (body) body.flush(now);
    else this.#flushFirst = true;
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

  #readOn(): void {
    this.#library?.resume();
    if (this.#phase === 'dead') return;
    this.#socket?.setTimeout(this.#network.idleTimeout);
    // Also under the library: it may have asked for more while that was refused, and does not ask twice.
    this.#socket?.resume();
  }

  destroy(): void {
    this.#socket?.destroy();
    if (!this.#socket || this.#gone) this.#closed();
  }

  #lost(): Error {
    return this.#error
      ? networkError(this.#error, this.origin.hostname)
      : new SluiceError('connection-lost', { host: this.origin.hostname });
  }

  /** Where the next bytes may be put. Never empty. */
  #view(): Uint8Array {
    return this.#buffer.view(this.#body?.quantum ?? HEAD_VIEW);
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
        this.#body?.take(n);
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
    try {
      const head = this.#takeHead();
      if (!head) return true;
      this.#phase = 'between';
      this.#deadline.clear();
      const onHead = this.#onHead;
      this.#onHead = null;
      onHead?.(null, head);
    } catch (error) {
      this.#fail(error as Error);
    }
    return false;
  }

  /** The head that counts; informational ones are passed over. Null where more has to come. */
  #takeHead(): ResponseHead | null {
    const host = this.origin.hostname;
    for (;;) {
      const head = takeHead(this.#buffer, host);
      if (!head || head.status >= 200) return head;
      this.#informational += 1;
      if (this.#informational > MOST_INFORMATIONAL) {
        throw new SluiceError('bad-response', { host, detail: 'it says “wait” without end' });
      }
    }
  }

  #limit(wait: number): void {
    if (wait <= 0 || this.#brake.limited || this.#phase === 'dead') return;
    this.#brake.wait(wait);
    this.#socket?.pause();
  }

  #endBody(reusable: boolean): void {
    this.#body = null;
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
  }

  async #readByLibrary(head: ResponseHead, account: BodyAccount, sink: BodySink): Promise<BodyEnd> {
    const socket = this.#socket;
    if (!socket) throw this.#lost();
    const early = Buffer.from(this.#buffer.arrived);
    this.#buffer.drop(early.length);
    this.#phase = 'library';
    this.#keepAlive = false;
    this.#deadline.begin();
    const library = new LibraryBody({
      head,
      early,
      host: this.origin.hostname,
      pool: this.#pool,
      wanted: () => account.wanted,
      write: (buffer, length) => {
        account.take(length);
        sink.write(buffer, 0, length);
        return !this.#brake.blocked;
      },
      received: (n) => {
        this.#deadline.refresh();
        this.#limit(sink.received(n));
        return !this.#brake.limited;
      },
      readOn: () => {
        if (!this.#brake.held) socket.resume();
      },
    });
    this.#library = library;
    if (this.#flushFirst) library.flush(false);
    this.#flushFirst = false;
    if (this.#endedEarly) library.push(null);
    else socket.resume();
    try {
      return await library.end;
    } catch (error) {
      throw this.#error ? this.#lost() : networkError(error, this.origin.hostname);
    } finally {
      this.#deadline.clear();
      this.#library = null;
      this.destroy();
    }
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#socket?.destroy(error);
  }

  /** The server said that it sends no more. */
  #ended(): void {
    if (this.#phase === 'between') {
      this.#endedEarly = true;
      return;
    }
    this.#library?.push(null);
    this.#body?.connectionEnded();
    this.destroy();
  }

  #closed(): void {
    if (this.#phase === 'dead') return;
    this.#buffer.exchangeable = true;
    const body = this.#body;
    this.#body = null;
    this.#phase = 'dead';
    this.#keepAlive = false;
    this.#deadline.clear();
    body?.fail(this.#lost());
    this.#brake.clear();
    this.#library?.push(null);
    // What it holds back for a limit is let through: nothing would wake it any more. Its taker wakes it itself.
    if (!this.#brake.blocked) this.#library?.resume();
    this.#onHead?.(this.#lost());
    this.#onHead = null;
    this.#buffer.release();
    this.#leave();
    for (const closed of this.#onClosed) closed();
  }
}
