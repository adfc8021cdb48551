const KIB = 1024;

/** Sizes of buffers: a reader begins with the smallest. */
export const SMALL = 64 * KIB;
export const MIDDLE = 256 * KIB;
export const LARGE = 1024 * KIB;

/** How many free buffers of each size are kept. */
const KEPT = 8;

/**
 * Reused buffers for reading files, under one budget for the whole server: readers that stop cannot take the memory of
 * those that read. The first buffer of a reader is always given, small; more and larger ones only while there is room.
 */
export class ServeBuffers {
  readonly budget: number;
  #used = 0;
  readonly #free = new Map<number, Buffer[]>();

  constructor(budget = 32 * 1024 * KIB) {
    this.budget = budget;
  }

  /** Bytes that are lent now. */
  get used(): number {
    return this.#used;
  }

  /** A buffer of the wanted size, or the largest that the budget still has room for; null where there is none. */
  take(wanted: number): Buffer | null {
    const size = [LARGE, MIDDLE, SMALL].find((size) => size <= wanted && this.#used + size <= this.budget);
    return size === undefined ? null : this.#lend(size);
  }

  /** The smallest buffer, whatever the budget says: without one a reader would never end. */
  takeFirst(): Buffer {
    return this.#lend(SMALL);
  }

  give(buffer: Buffer): void {
    this.#used -= buffer.length;
    const free = this.#free.get(buffer.length) ?? [];
    if (free.length < KEPT) free.push(buffer);
    this.#free.set(buffer.length, free);
  }

  #lend(size: number): Buffer {
    this.#used += size;
    // Not from Node's pool, and not cleared: it is filled before it is read.
    return this.#free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
  }
}
