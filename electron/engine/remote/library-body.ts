import type { ClientRequest, IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import type { BufferPool } from '../flow/index.ts';
import type { BodyEnd } from './body.ts';
import type { ResponseHead } from './response-head.ts';

/** What a body that the library reads needs of its connection. */
interface LibraryOwner {
  readonly head: ResponseHead;
  /** Body bytes that came with the head. */
  readonly early: Buffer;
  readonly host: string;
  readonly pool: BufferPool;
  /** Bytes that are still wanted. */
  wanted(): number;
  /** Takes a buffer with its first `length` bytes filled. False: blocked until `resume`. */
  write(buffer: Buffer, length: number): boolean;
  /** Counts decoded bytes. False: a limit holds until `resume`. */
  received(bytes: number): boolean;
  /** More bytes of the socket can be taken. */
  readOn(): void;
}

/**
 * Reads a body with a transfer coding through Node's own HTTP parser, without asking the server again (fault 2): a
 * stand-in socket gives the parser the head and the bytes that have already come, then those that follow, and swallows
 * the request that the library writes. Chunk sizes, trailers and early ends are thereby the library's (faults 36, 37).
 */
export class LibraryBody {
  readonly #owner: LibraryOwner;
  readonly #standIn: Duplex;
  readonly #request: ClientRequest;
  readonly #end = Promise.withResolvers<BodyEnd>();
  #response: IncomingMessage | null = null;
  #buffer: Buffer | null = null;
  #filled = 0;
  #flush = false;

  constructor(owner: LibraryOwner) {
    this.#owner = owner;
    this.#standIn = new Duplex({
      read: () => owner.readOn(),
      write: (_chunk, _encoding, done) => done(),
    });
    this.#standIn.on('error', () => {});
    // Loaded only here, and not by `import`, which would fetch WebSocket and fetch with it: 6 MB of a thread's memory.
    const http = process.getBuiltinModule('node:http');
    this.#request = http.request({ host: owner.host, createConnection: () => this.#standIn });
    this.#request.on('error', this.#end.reject);
    this.#request.on('response', (response) => this.#begin(response));
    this.#request.end();
    this.#standIn.push(headText(owner.head));
    if (owner.early.length > 0) this.#standIn.push(owner.early);
  }

  /** How the body ended. Rejects where that was before its time. */
  get end(): Promise<BodyEnd> {
    return this.#end.promise;
  }

  /** Takes bytes of the socket; null stands for their end. False: no more for now. */
  push(chunk: Buffer | null): boolean {
    if (this.#standIn.destroyed || this.#standIn.readableEnded) return false;
    return this.#standIn.push(chunk);
  }

  /** Lets the body flow on. */
  resume(): void {
    this.#response?.resume();
  }

  /** Hands what has arrived on with the next read, however little; `now`: what is there at once. */
  flush(now: boolean): void {
    if (!now || !this.#buffer || this.#filled === 0) this.#flush = true;
    else if (!this.#pass(this.#buffer)) this.#response?.pause();
  }

  /** Less is wanted now. */
  cut(): void {
    if (this.#buffer && this.#filled >= this.#owner.wanted()) this.#finish('cut');
  }

  #begin(response: IncomingMessage): void {
    this.#response = response;
    this.#buffer = this.#owner.pool.take();
    response.on('data', (chunk: Buffer) => {
      if (!this.#take(chunk)) response.pause();
    });
    response.on('end', () => this.#finish(response.complete ? 'complete' : null));
    response.on('error', () => this.#finish(null));
    response.on('close', () => this.#finish(null));
    this.cut();
  }

  #take(chunk: Buffer): boolean {
    const owner = this.#owner;
    let flowing = owner.received(Math.min(chunk.length, Math.max(0, owner.wanted() - this.#filled)));
    for (let at = 0; at < chunk.length && this.#buffer;) {
      const room = Math.min(this.#buffer.length, owner.wanted()) - this.#filled;
      const n = Math.max(0, Math.min(chunk.length - at, room));
      chunk.copy(this.#buffer, this.#filled, at, at + n);
      this.#filled += n;
      at += n;
      if (this.#filled >= owner.wanted()) this.#finish('cut');
      else if (this.#filled === this.#buffer.length) flowing = this.#pass(this.#buffer) && flowing;
    }
    if (this.#flush && this.#buffer && this.#filled > 0) flowing = this.#pass(this.#buffer) && flowing;
    return flowing;
  }

  #pass(full: Buffer): boolean {
    this.#flush = false;
    const length = this.#filled;
    this.#buffer = this.#owner.pool.take();
    this.#filled = 0;
    return this.#owner.write(full, length);
  }

  #finish(end: BodyEnd | null): void {
    const last = this.#buffer;
    if (!last) return;
    this.#buffer = null;
    if (this.#filled > 0) this.#owner.write(last, this.#filled);
    else this.#owner.pool.give(last);
    if (end) this.#end.resolve(end);
    else this.#end.reject(new Error('The body ended before its time'));
    this.#request.destroy();
  }
}

function headText(head: ResponseHead): string {
  // All that the framing needs. Beside it a Content-Length means nothing (RFC 9112 §6.3; fault 39), and the library takes
  // shorter heads than we do.
  const fields = head.fields.filter(([name]) => name === 'transfer-encoding');
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.${head.minor} ${head.status} ${head.reason}\r\n${lines}\r\n`;
}
