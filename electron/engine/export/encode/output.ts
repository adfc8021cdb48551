import type { BufferPool } from '../../flow/index.ts';

/**
 * Where an encoder writes: a pooled buffer of about 1 MiB that is handed on when it is full, so that one large write
 * goes to the disk or the compressor and never one per row. Encoders work on `buffer` and `at` directly, and put `at`
 * back before anyone else looks.
 */
export class Output {
  /** The buffer that is being filled. Replaced by `ensure`, `write` and `flush`: do not keep it over a call of these. */
  buffer: Buffer;
  /** The next free byte of `buffer`. */
  at = 0;
  readonly #pool: BufferPool;
  readonly #full: (buffer: Buffer, bytes: number) => void;
  #handedOn: number;

  /**
   * `full` gets each filled buffer and how many bytes of it count, in order; whoever has written it gives the buffer
   * back to the pool. It never refuses: backpressure is the reader's business (`Portal.pause`). `position`: bytes that
   * the file has already, where it goes on.
   */
  constructor(pool: BufferPool, full: (buffer: Buffer, bytes: number) => void, position = 0) {
    this.#pool = pool;
    this.#full = full;
    this.#handedOn = position;
    this.buffer = pool.take();
  }

  /** Bytes of the file so far, uncompressed, those that are still here included. */
  get position(): number {
    return this.#handedOn + this.at;
  }

  /** Makes room for `bytes` in one piece at `at` of `buffer`. Meant for some KiB, not for whole fields. */
  ensure(bytes: number): void {
    if (this.buffer.length - this.at < bytes) {
      this.#handOn();
      this.buffer = this.#pool.take(bytes);
    }
  }

  /** Writes bytes of any length, over as many buffers as they need. */
  write(bytes: Uint8Array, start = 0, end = bytes.length): void {
    let from = start;
    while (from < end) {
      if (this.at === this.buffer.length) this.flush();
      const to = Math.min(end, from + this.buffer.length - this.at);
      this.buffer.set(bytes.subarray(from, to), this.at);
      this.at += to - from;
      from = to;
    }
  }

  /** Hands on what is here: at a checkpoint, at the end of a file, or when rows come slowly. */
  flush(): void {
    if (this.at === 0) return;
    this.#handOn();
    this.buffer = this.#pool.take();
  }

  /** Hands on nothing more, and gives the last buffer back. What is in it is lost: `flush` first. */
  close(): void {
    this.#pool.give(this.buffer);
    this.buffer = Buffer.alloc(0);
    this.at = 0;
  }

  #handOn(): void {
    const { buffer, at } = this;
    this.#handedOn += at;
    this.at = 0;
    if (at === 0) this.#pool.give(buffer);
    else this.#full(buffer, at);
  }
}
