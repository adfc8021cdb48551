import type { TokenBucket } from '../flow/index.ts';
import type { Waits } from './waits.ts';

/** Under a limit writes are small enough to come several times a second, so that a rate is there to be seen. */
const WRITES_PER_SECOND = 8;
const LEAST = 4 * 1024;
/** Bytes that may wait for the disk or the compressor; above, no more rows are read. */
const ROOM = 4 * 1024 * 1024;

/** How fast the bytes of an export may be written: its own limit and the one over all. */
export class Pace {
  readonly #buckets: readonly TokenBucket[];
  readonly #waits: Waits;
  #hurried = false;
  #wake: () => void = () => {};

  constructor(buckets: readonly TokenBucket[], waits: Waits) {
    this.#buckets = buckets;
    this.#waits = waits;
  }

  /** The most to write at once; Infinity without a limit. */
  get most(): number {
    const rate = Math.min(...this.#buckets.map((bucket) => bucket.rate ?? Infinity));
    return Math.max(LEAST, Math.ceil(rate / WRITES_PER_SECOND));
  }

  /** Bytes that may wait to be written. Under a limit little: what is read has to be written before an end. */
  get room(): number {
    return Math.min(ROOM, 2 * this.most);
  }

  /** Counts what was written, and resolves when more may be. */
  async take(bytes: number): Promise<void> {
    const ms = Math.max(...this.#buckets.map((bucket) => bucket.take(bytes)));
    if (ms < 1 || this.#hurried) return;
    const begun = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    this.#waits.spend('limit', performance.now() - begun);
  }

  /** A limit is another now: nobody waits for the old one. */
  changed(): void {
    this.#wake();
  }

  /** The export ends: what it has is written at once. */
  hurry(): void {
    this.#hurried = true;
    this.#wake();
  }
}
