import { PAGE } from './pages.ts';

/**
 * Bytes that are allocated at once: a buffer, or several smaller ones. Just less than 1 MiB: its pages lie anywhere in
 * memory, and a disk takes so many pieces in one request (virtio_blk: 254). 256 of them were two requests, and 2 GiB of
 * direct writes took 2.0 s instead of 1.7 s.
 */
const BLOCK = 254 * PAGE;
/** Up to so many users take whole blocks. */
const FEW = 8;
/** Whole blocks that more users than that have among them; whoever comes then takes a part of one. */
const BLOCKS = 8;
const PART = 63 * PAGE;
/** With more users than this, the part is smaller. */
const MANY = 128;
const LITTLE = 16 * PAGE;
/** The most for a user that is blocked. */
const SMALL = 31 * PAGE;

/**
 * Reused read buffers. A socket reads straight into one, the same memory is written to the disk, and it comes back
 * here. Large ones make few, cheap trips through JavaScript: about 1 MiB is the measured optimum (shared/speed.md of
 * the founders: 64 KiB costs 2.3 times the wall time); many connections have few of them, so that memory stays bounded.
 */
export class BufferPool {
  readonly #allocate: (bytes: number) => Buffer;
  /** What was allocated, where it is kept for ever. */
  readonly #kept: Buffer[] | null;
  /** What is free, by size. */
  #free = new Map<number, Buffer[]>();
  #users = 0;
  /** Most users at once since nobody was there, and nothing lent. */
  #most = 0;
  #lent = 0;
  #lentBlocks = 0;

  /**
   * `allocate`: what new buffers are; not filled. `keeps`: those that nobody uses any more stay for the next users. Else they
   * are left to the garbage collector, which is in no hurry where they are shared memory: it does not count that.
   */
  constructor(allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafeSlow(bytes), keeps = false) {
    this.#allocate = allocate;
    this.#kept = keeps ? [] : null;
  }

  /**
   * Bytes of the next buffer: a block for up to 8 users, and while fewer than 8 are lent; else a part. 16 users with a block each
   * would take 45 MB more than an idle process; where they fill them in turn, most have one.
   */
  get size(): number {
    return this.#most <= FEW || this.#lentBlocks < BLOCKS ? BLOCK : this.#part;
  }

  /** Bytes of a buffer for a user whose taker is behind, among many: room for what TLS still delivers. */
  get blockedSize(): number {
    return this.#most <= FEW ? BLOCK : Math.min(SMALL, this.#part);
  }

  get #part(): number {
    return this.#most <= MANY ? PART : LITTLE;
  }

  /** Buffers that are in use. */
  get lent(): number {
    return this.#lent;
  }

  /** Counts one connection that will take buffers; the returned function counts it out. */
  join(): () => void {
    this.#users += 1;
    this.#most = Math.max(this.#most, this.#users);
    let joined = true;
    return () => {
      if (!joined) return;
      joined = false;
      this.#users -= 1;
      this.#settle();
    };
  }

  /**
   * A buffer with room for `least` bytes. Never waits: backpressure is the taker's business, because TLS may deliver
   * after a pause. What one buffer holds may not fit into the next: they shrink while connections come.
   * @param isBlocked nothing is to be read now (see `blockedSize`)
   */
  take(least = 0, isBlocked = false): Buffer {
    this.#lent += 1;
    const size = [isBlocked ? this.blockedSize : this.size, SMALL, PART, BLOCK].find((bytes) => bytes >= least);
    if (size === undefined) return this.#allocate(least);
    if (size === BLOCK) this.#lentBlocks += 1;
    return this.#ofSize(size);
  }

  give(buffer: Buffer): void {
    this.#lent -= 1;
    if (buffer.length === BLOCK) this.#lentBlocks -= 1;
    this.#free.get(buffer.length)?.push(buffer);
    this.#settle();
  }

  /** A free one, or a part of a larger one. The few pages that are left of that are not used until it is whole again. */
  #ofSize(size: number): Buffer {
    const free = this.#free.get(size) ?? [];
    this.#free.set(size, free);
    let buffer = free.pop() ?? this.#larger(size) ?? this.#block();
    for (; buffer.length >= 2 * size; buffer = buffer.subarray(0, -size)) free.push(buffer.subarray(-size));
    return buffer.length > size ? buffer.subarray(0, size) : buffer;
  }

  #larger(size: number): Buffer | undefined {
    const [, free] = [...this.#free].find(([length, { length: some }]) => length >= 2 * size && some > 0) ?? [];
    return free?.pop();
  }

  #block(): Buffer {
    const block = this.#allocate(BLOCK);
    this.#kept?.push(block);
    return block;
  }

  /** When nobody is left and all is back, what was parted is whole again. */
  #settle(): void {
    if (this.#users > 0 || this.#lent > 0) return;
    this.#most = 0;
    this.#free = new Map([[BLOCK, [...(this.#kept ?? [])]]]);
  }
}
