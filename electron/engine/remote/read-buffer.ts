import type { BufferPool } from '../flow/index.ts';

/** A buffer is full when less than this is left: an empty view would end in ENOBUFS, tiny reads in many trips. */
const MIN_VIEW = 60 * 1024;

/**
 * The pool buffer that a socket reads into. Bytes [from, to) have arrived and are not consumed; the kernel writes behind
 * them, and what is consumed is handed on with the buffer, so that nothing is copied on the way to the disk.
 */
export class ReadBuffer {
  readonly #pool: BufferPool;
  #bytes: Buffer;
  #from = 0;
  #to = 0;
  /**
   * True while the socket has no view of the buffer: inside its read callback, and once it is closed. Only then may
   * the buffer be exchanged; at any other time the kernel may still write into the view that it was given last.
   */
  exchangeable = false;

  constructor(pool: BufferPool) {
    this.#pool = pool;
    this.#bytes = pool.take(0, true);
  }

  /** Bytes that have arrived and are not consumed. */
  get length(): number {
    return this.#to - this.#from;
  }

  /** Those bytes, until more are taken in. */
  get arrived(): Buffer {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  get isFull(): boolean {
    return this.#bytes.length - this.#to < MIN_VIEW;
  }

  /** True where it is one for a user that is blocked, and there are larger ones. */
  get mayGrow(): boolean {
    const { length } = this.#bytes;
    return this.exchangeable && length <= this.#pool.blockedSize && length < this.#pool.size;
  }

  /**
   * Where the next bytes may be put, `most` at a time. Never empty. A plain Uint8Array: of each Buffer over pages (what may
   * grow) something stays until V8 collects its old objects, 10 MB in a download of 2 GiB.
   */
  view(most: number): Uint8Array {
    const { buffer, byteOffset, length } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + this.#to, Math.min(length - this.#to, most));
  }

  /** A copy of `n` bytes that were just put into the view, and are not taken in. */
  copyOfView(n: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#to, this.#to + n));
  }

  /** Counts `n` bytes that were put into the view. */
  takeIn(n: number): void {
    this.#to += n;
  }

  /** Counts `n` bytes as consumed. */
  drop(n: number): void {
    this.#from += n;
  }

  /** Moves what is not consumed to a fresh buffer: TLS may deliver more after a pause, and heads follow on bodies. */
  makeRoom(): void {
    this.#moveTo(this.#pool.take(this.length + Math.max(this.length, 2 * MIN_VIEW)));
  }

  /** Nothing is to be read for a while: what is not consumed moves to a buffer for that, where it may be exchanged. */
  shrink(): void {
    if (this.exchangeable && this.#bytes.length > this.#pool.blockedSize)
      this.#moveTo(this.#pool.take(this.length, true));
  }

  #moveTo(buffer: Buffer): void {
    const { length } = this;
    this.#bytes.copy(buffer, 0, this.#from, this.#to);
    this.#pool.give(this.#bytes);
    this.#bytes = buffer;
    this.#from = 0;
    this.#to = length;
  }

  /** Gives the first `n` bytes to `take`: with their buffer where it may be exchanged, else as a copy in another. */
  handOver(n: number, take: (buffer: Buffer, from: number, to: number) => void): void {
    const full = this.#bytes;
    const from = this.#from;
    const end = from + n;
    const next = this.#pool.take(this.exchangeable ? this.#to - end : n);
    if (this.exchangeable) {
      full.copy(next, 0, end, this.#to);
      this.#bytes = next;
      this.#to -= end;
      this.#from = 0;
      take(full, from, end);
    } else {
      full.copy(next, 0, from, end);
      this.#from = end;
      take(next, 0, n);
    }
  }

  /** Gives the buffer back; nothing is read any more. */
  release(): void {
    this.#pool.give(this.#bytes);
    this.#bytes = Buffer.alloc(0);
    this.#from = 0;
    this.#to = 0;
  }
}
