const KIB = 1024;

/** Sizes of buffers: a reader begins with the smallest. */
export const SMALL = 64 * KIB;
export const MIDDLE = 256 * KIB;
export const LARGE = 1024 * KIB;
const SIZES = [SMALL, MIDDLE, LARGE];

/** Bytes of free buffers of each size that are kept: new memory costs more than reading into old. */
const KEPT = 8 * 1024 * KIB;

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

  /** A buffer that holds `wanted` bytes, or the largest that the budget still has room for; null where there is none. */
  take(wanted: number): Buffer | null {
    const fits = SIZES.find((size) => size >= wanted) ?? LARGE;
    const size = SIZES.findLast((size) => size <= fits && this.#used + size <= this.budget);
    return size === undefined ? null : this.#lend(size);
  }

  /** The smallest buffer, whatever the budget says: without one a reader would never end. */
  takeFirst(): Buffer {
    return this.#lend(SMALL);
  }

  give(buffer: Buffer): void {
    this.#used -= buffer.length;
    const free = this.#free.get(buffer.length) ?? [];
    if ((free.length + 1) * buffer.length <= KEPT) free.push(buffer);
    this.#free.set(buffer.length, free);
  }

  #lend(size: number): Buffer {
    this.#used += size;
    // Shared memory: the archive thread fills them too.
    return this.#free.get(size)?.pop() ?? Buffer.from(new SharedArrayBuffer(size));
  }
}
