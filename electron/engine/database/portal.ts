/**
 * Reads rows through the extended protocol's portal, with the next Execute on its way before the last one's rows have
 * come: a server-side cursor that is faster than COPY (test/bench/results/export.md). pg does connecting,
 * authentication and errors; only while a portal is open are its socket's bytes read here, in place, and every message
 * that is not about rows is passed on to it.
 */
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Submittable } from 'pg';
import { SluiceError } from '../../../shared/failure.ts';
import { bindMessage, closeMessage, executeMessage } from './portal-messages.ts';
import type { Portal, PortalQuery, PortalReader, PortalSession } from './portal-types.ts';
import { RowSplitter } from './row-splitter.ts';
import { tapInto } from './tapped-socket.ts';

const BIND_COMPLETE = 50; // '2'
const PORTAL_SUSPENDED = 115; // 's'
const COMMAND_COMPLETE = 67; // 'C'
const EMPTY_QUERY = 73; // 'I'
const READY_FOR_QUERY = 90; // 'Z'
/** Answers to what was sent here, which pg has nothing to do with: ParseComplete, CloseComplete. */
const OWN: ReadonlySet<number> = new Set([49, 51]);

/** Rows of the first Execute; the next ones are sized by what came. */
const FIRST_ROWS = 1000;
/** Bytes of rows that an Execute asks for. */
const PORTION = 2 << 20;
/** A read that brings less than this came too soon: PostgreSQL sends 8 KiB at a time, and each costs both sides a wake-up. */
const WORTH_READING = 64 * 1024;
/** Ms until the next read then. Meanwhile the system gathers what comes. */
const GATHER = 1;
/** Ms until a cancel that changed nothing is sent again: it may have come before the query. */
const CANCEL_AGAIN = 500;

/** What this file uses of pg's connection beyond its types. */
interface Wire extends EventEmitter {
  readonly stream: Duplex;
  parse(query: { readonly text: string }): void;
  flush(): void;
}

/**
 * Parses and binds the query, and takes the session's socket over until the portal ends. Nothing is executed yet.
 * @throws DatabaseError (of pg), as the server sent it
 */
export async function openPortal(session: PortalSession, query: PortalQuery): Promise<Portal> {
  const portal = new OpenPortal(session, query);
  session.client.query(portal);
  await portal.opened.promise;
  return portal;
}

/** How many Executes are on their way at once: more, the farther the server is. `roundTrip` in ms. */
export function depthFor(roundTrip: number): number {
  if (roundTrip < 2) return 2;
  return roundTrip < 20 ? 4 : 8;
}

class OpenPortal implements Portal, Submittable {
  readonly opened = Promise.withResolvers<void>();
  readonly #session: PortalSession;
  readonly #query: PortalQuery;
  readonly #ended = Promise.withResolvers<void>();
  readonly #splitter = new RowSplitter({
    row: (chunk, start, end) => this.#row(chunk, start, end),
    pass: () => this.#pass(),
    other: (type, message) => this.#message(type, message),
  });
  readonly #onData = (chunk: Buffer) => {
    this.#data(chunk);
    if (this.#wire?.stream instanceof Socket) letGo(chunk);
  };
  readonly #onTapped = (chunk: Buffer) => {
    this.#data(chunk);
    return this.#over || chunk.length >= WORTH_READING || this.#gather();
  };
  readonly #onClose = () => this.#lost();
  #wire: Wire | null = null;
  /** pg's own listeners to the socket, while they are detached. */
  #detached: ((chunk: Buffer) => void)[] = [];

  #reader: PortalReader | null = null;
  #rows = 0;
  /** Rows and bytes since an Execute ended. */
  #portionRows = 0;
  #portionBytes = 0;
  #limit: number;
  #depth = 2;
  /** Executes that are not answered. */
  #outstanding = 0;
  #paused = false;
  #complete = false;
  #cancelled = false;
  #cancelling: Promise<void> | null = null;
  /** Close and Sync are sent: nothing else is. */
  #closing = false;
  #over = false;
  /** The connection is gone. */
  #isLost = false;
  #failure: unknown = null;
  #chunk: Buffer | null = null;
  #start = 0;
  #end = 0;

  #sentAt = 0;

  constructor(session: PortalSession, query: PortalQuery) {
    this.#session = session;
    this.#query = query;
    this.#limit = query.atOnce ? 0 : FIRST_ROWS;
    // Whoever only cancels does not look at it.
    this.#ended.promise.catch(() => {});
    this.opened.promise.catch(() => {});
  }

  get paused(): boolean {
    return this.#paused;
  }

  get rows(): number {
    return this.#rows;
  }

  async read(reader: PortalReader): Promise<number> {
    this.#reader = reader;
    if (!this.#over) this.#ask();
    try {
      await this.#ended.promise;
    } finally {
      // A CancelRequest on its way would hit whatever the session does next. One that is lost does nothing more.
      if (!this.#isLost) await this.#cancelling?.catch(() => {});
    }
    return this.#rows;
  }

  pause(): void {
    if (this.#paused || this.#over) return;
    this.#paused = true;
    this.#wire?.stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#over) return;
    this.#wire?.stream.resume();
    this.#ask();
  }

  cancel(): Promise<void> {
    if (this.#over && this.#cancelling === null) return Promise.resolve();
    if (this.#cancelling === null) {
      this.#cancelling = this.#endOnServer();
      // One that could not be delivered is none: it may be asked for again. Not everybody looks whether it was.
      this.#cancelling.catch(() => (this.#cancelling = null));
    }
    return this.#cancelling;
  }

  async #endOnServer(): Promise<void> {
    this.#cancelled = true;
    // What is on its way has to be read, or the server would wait for us in the middle of a row.
    this.resume();
    this.#close();
    while (!this.#over) {
      await this.#session.cancel();
      await Promise.race([this.#ended.promise, later(CANCEL_AGAIN)]).catch(() => {});
    }
  }

  /** Called by pg when the session is ours. */
  submit(connection: unknown): void {
    const wire = connection as Wire;
    this.#wire = wire;
    this.#takeOver(wire.stream);
    this.#sentAt = performance.now();
    wire.parse({ text: this.#query.sql });
    wire.stream.write(bindMessage(this.#query.parameters, this.#query.formats));
    wire.flush();
  }

  /** Called by pg with the server's error, or where the connection is lost. */
  handleError(error: Error): void {
    // All rows have come: an Execute sent in advance may still fail on a query that cannot be asked twice.
    if (!this.#complete) this.#failure ??= error;
    this.#close();
    if (this.#wire === null || this.#wire.stream.destroyed) this.#lost();
  }

  /** Called by pg once the session is its own again. */
  handleReadyForQuery(): void {}

  #takeOver(stream: Duplex): void {
    this.#detached = stream.listeners('data') as ((chunk: Buffer) => void)[];
    if (!tapInto(stream, this.#onTapped)) stream.on('data', this.#onData);
    for (const listener of this.#detached) stream.off('data', listener);
    stream.on('close', this.#onClose);
  }

  #giveBack(): void {
    const stream = this.#wire?.stream;
    if (stream === undefined) return;
    for (const listener of this.#detached) stream.on('data', listener);
    stream.off('data', this.#onData);
    tapInto(stream, null);
    stream.off('close', this.#onClose);
    stream.resume();
  }

  /** Reads on after a while. False: no more is read until then. */
  #gather(): false {
    setTimeout(() => {
      if (!this.#paused && !this.#over) this.#wire?.stream.resume();
    }, GATHER);
    return false;
  }

  #data(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      // Bytes that are no messages: nothing that follows can be understood, also where all that was asked for has come.
      this.#failure ??= error;
      this.#wire?.stream.destroy();
    }
  }

  #row(chunk: Buffer, start: number, end: number): void {
    if (this.#closing) return;
    this.#portionRows += 1;
    this.#portionBytes += end - start;
    try {
      const fields = ((chunk[start] as number) << 8) | (chunk[start + 1] as number);
      if (fields !== this.#query.formats.length || end - start < 2) {
        throw new Error(`the server sent a row of ${fields} fields instead of ${this.#query.formats.length}`);
      }
      this.#reader?.row(chunk, start, end);
    } catch (error) {
      this.#abandon(error);
      return;
    }
    this.#rows += 1;
    this.#chunk = chunk;
    this.#start = start;
    this.#end = end;
  }

  #pass(): void {
    const chunk = this.#chunk;
    if (chunk === null) return;
    this.#chunk = null;
    try {
      this.#reader?.pass?.(chunk, this.#start, this.#end);
    } catch (error) {
      this.#abandon(error);
    }
  }

  #message(type: number, message: Buffer): void {
    switch (type) {
      case BIND_COMPLETE:
        this.#depth = depthFor(performance.now() - this.#sentAt);
        this.opened.resolve();
        break;
      case PORTAL_SUSPENDED:
        this.#outstanding -= 1;
        this.#measure();
        if (!this.#paused) this.#ask();
        break;
      case COMMAND_COMPLETE:
      case EMPTY_QUERY:
        if (!this.#cancelled && this.#failure === null) this.#complete = true;
        this.#close();
        break;
      case READY_FOR_QUERY:
        this.#settle();
        this.#passOn(message);
        break;
      default:
        if (!OWN.has(type)) this.#passOn(message);
    }
  }

  #passOn(message: Buffer): void {
    for (const listener of this.#detached) listener(message);
  }

  /** Sizes the next Executes by how wide the rows were. */
  #measure(): void {
    if (this.#portionRows > 0) {
      const fit = Math.ceil(PORTION / (this.#portionBytes / this.#portionRows));
      this.#limit = Math.min(fit, 50_000);
    }
    this.#portionRows = 0;
    this.#portionBytes = 0;
  }

  #ask(): void {
    const wanted = this.#query.atOnce ? 1 : this.#depth;
    if (this.#reader === null || this.#closing) return;
    if (this.#query.atOnce && this.#outstanding > 0) return;
    for (; this.#outstanding < wanted; this.#outstanding += 1) {
      this.#wire?.stream.write(executeMessage(this.#limit));
    }
  }

  #close(): void {
    if (this.#closing || this.#wire === null) return;
    this.#closing = true;
    this.#wire.stream.write(closeMessage);
  }

  /** What we were given cannot be gone on with: the query is ended, and the error is the outcome. */
  #abandon(error: unknown): void {
    this.#failure ??= error;
    this.#complete = false;
    void this.#cancelOrBreak();
  }

  async #cancelOrBreak(): Promise<void> {
    try {
      await this.cancel();
    } catch {
      this.#wire?.stream.destroy();
    }
  }

  /** The connection is gone. */
  #lost(): void {
    this.#isLost = true;
    if (this.#over) return;
    if (!this.#complete) this.#failure ??= new Error('Connection terminated unexpectedly');
    this.#settle();
  }

  #settle(): void {
    if (this.#over) return;
    this.#over = true;
    this.#giveBack();
    // The server's 57014 is the answer to our cancel, not a failure; one that came before it is.
    if (this.#complete) this.#ended.resolve();
    else this.#ended.reject(this.#outcome());
    this.opened.reject(this.#outcome());
  }

  #outcome(): unknown {
    const failure = this.#failure as { readonly code?: string } | null;
    if (failure === null || (this.#cancelled && failure.code === '57014')) {
      return new SluiceError('query-cancelled', {}, { cause: failure });
    }
    return failure;
  }
}

/**
 * Frees what a socket's read allocated, now that its rows are written: tens of megabytes of read buffers would wait for
 * the garbage collector, which does not see them as pressure. Sockets give each read a buffer of its own.
 */
function letGo({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

function later(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  return promise;
}
