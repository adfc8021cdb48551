/** Bytes of a remote as they come: while one buffer is on its way to the reader another one is filled, and no other. */
import { SluiceError } from '../../../shared/failure.ts';
import { isProven, provesSame, type Known } from '../download/index.ts';
import type { BufferPool } from '../flow/index.ts';
import type { BodySink, HttpConnection } from '../remote/index.ts';
import type { ByteReader, Chunk } from './content.ts';
import type { RemoteSource } from './remote-source.ts';

/** Chunks that are with the reader or wait for it, at which the remote's socket is not read any more. */
const MOST_HELD = 2;
/** Ms after which a reader gets what is there as a copy. */
const PATIENCE = 4;
/** Connections in a row that may break without a byte. */
const TRIES = 3;

export class RemoteReader implements ByteReader {
  readonly #source: RemoteSource;
  readonly #known: Known;
  readonly #start: number;
  readonly #end: number;
  readonly #pool: BufferPool;
  readonly #signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #leave: () => void;
  /** Up to where bytes have come. */
  #position: number;
  #connection: HttpConnection | null = null;
  #ready: Chunk[] = [];
  #held = 0;
  #isOver = false;
  #error: unknown = null;
  #wake: (() => void) | null = null;

  constructor(source: RemoteSource, known: Known, start: number, end: number, pool: BufferPool, signal: AbortSignal) {
    this.#source = source;
    this.#known = known;
    this.#start = start;
    this.#position = start;
    this.#end = end;
    this.#pool = pool;
    this.#leave = pool.join();
    this.#signal = AbortSignal.any([signal, this.#abort.signal]);
    void this.#run();
  }

  async next(): Promise<Chunk | null> {
    for (;;) {
      const chunk = this.#ready.shift();
      if (chunk) return chunk;
      if (this.#error !== null) throw this.#error;
      if (this.#isOver) return null;
      // The reader waits: what the next read brings is worth more than a full buffer, and so is what has come before it.
      this.#connection?.flush();
      const patience = setTimeout(() => this.#connection?.flush(true), PATIENCE);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      clearTimeout(patience);
    }
  }

  close(): void {
    if (!this.#isOver) this.#abort.abort(new Error('Nobody reads on'));
    this.#connection?.destroy();
    for (const chunk of this.#ready.splice(0)) chunk.release();
    this.#leave();
  }

  async #run(): Promise<void> {
    try {
      let tries = 0;
      while (this.#position < this.#end) {
        const before = this.#position;
        // Without a validator nothing proves that another answer would be of the same file as what has gone out.
        if (before > this.#start && !isProven(this.#known.resumability)) {
          throw new SluiceError('changed', { detail: 'the remote does not say which version it sends' });
        }
        try {
          await this.#readOnce();
        } catch (error) {
          this.#signal.throwIfAborted();
          tries = this.#position > before ? 0 : tries + 1;
          if (!(error instanceof SluiceError && error.failure.retryable) || tries >= TRIES) throw error;
        }
      }
    } catch (error) {
      this.#error = error;
    } finally {
      this.#isOver = true;
      this.#notify();
    }
  }

  /** One request from where we are; every answer proves first that it is of the same representation. */
  async #readOnce(): Promise<void> {
    const start = this.#position;
    const { identity, resumability } = this.#known;
    const ask = { start, end: this.#end, identity, condition: 'if-match' } as const;
    const { connection, head, verdict } = await this.#source.ask(ask, this.#signal);
    this.#connection = connection;
    try {
      if (verdict.kind !== 'part' || verdict.start !== start || verdict.total !== identity.size) {
        const failed = 'failure' in verdict ? verdict.failure : null;
        if (failed) throw new SluiceError(failed.code, failed.params);
        throw new SluiceError('changed', { detail: 'the remote has another file now' });
      }
      // There are servers that pay no heed to conditions: an answer that does not say which version it is proves nothing.
      if (isProven(resumability) && !provesSame(this.#known, head)) {
        throw new SluiceError('changed', { detail: 'the remote does not say which version it sends' });
      }
      const abort = () => connection.destroy();
      this.#signal.addEventListener('abort', abort, { once: true });
      const sink: BodySink = {
        quantum: () => this.#pool.size,
        received: () => 0,
        write: (buffer, from, to) => {
          this.#position += to - from;
          this.#held += 1;
          this.#ready.push({ bytes: buffer.subarray(from, to), release: () => this.#release(buffer) });
          this.#notify();
          if (this.#held >= MOST_HELD) connection.block();
        },
      };
      connection.flush();
      await connection.body(head, Math.min(verdict.end, this.#end) - start, sink).finally(() => {
        this.#signal.removeEventListener('abort', abort);
      });
    } finally {
      connection.destroy();
      this.#connection = null;
    }
  }

  #release(buffer: Buffer): void {
    this.#pool.give(buffer);
    this.#held -= 1;
    this.#connection?.wake();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
