import { PAGE } from './pages.ts';

/**
 * Bytes that are allocated at once: a buffer, or several smaller ones. Just less than 1 MiB: its pages lie anywhere in
 * memory, and a disk takes so many pieces in one request (virtio_blk: 254). 256 of them were two requests, and 2 GiB of
 * direct writes took 2.0 s instead of 1.7 s.
 */
const BLOCK = 254 * PAGE;
/** With more users than this, buffers are smaller and counted. */
const FEW = 8;
/** Buffers on their way to the disk, beside one in each user's hand, until the disk counts as behind. */
const ON_THEIR_WAY = 8;
/** Bytes of a buffer while the disk is behind: a quarter of the second largest, a half of the third. */
const SMALL = 31 * PAGE;

/**
 * Reused read buffers. A socket reads straight into one, the same memory is written to the disk, and it comes back
 * here. Large ones make few, cheap trips through JavaScript: about 1 MiB is the measured optimum (shared/speed.md of
 * the founders: 64 KiB costs 2.3 times the wall time); with many connections they shrink, so that memory stays bounded.
 */
export class BufferPool {
  readonly #allocate: (bytes: number) => Buffer;
  /** What was allocated, where it is kept for ever. */
  readonly #kept: Buffer[] | null;
  #free: Buffer[] = [];
  #freeSmall: Buffer[] = [];
  #users = 0;
  /** Most users at once since nobody was there, and nothing lent. */
  #most = 0;
  #lent = 0;

  /**
   * `allocate`: what new buffers are; not filled. `keeps`: those that nobody uses any more stay for the next users. Else they
   * are left to the garbage collector, which is in no hurry where they are shared memory: it does not count that.
   */
  constructor(allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafeSlow(bytes), keeps = false) {
    this.#allocate = allocate;
    this.#kept = keeps ? [] : null;
  }

  /**
   * Bytes of the buffers that are handed out now: a block for up to 8 users (halves cost a quarter more CPU-seconds), then
   * smaller, down to 64 KiB: 16 users of 1 MiB would take 45 MB more than an idle process. They grow again only when all
   * users have left and all is back: at the end of a download over many connections others would take the place of those that
   * are there, for nothing but garbage.
   */
  get size(): number {
    if (this.#most <= FEW) return BLOCK;
    if (this.#most <= 16) return 127 * PAGE;
    return this.#most <= 128 ? 63 * PAGE : 16 * PAGE;
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

  /** So many more users are about to come: buffers are from now on what they will be then, lest large ones are left over. */
  expect(users: number): void {
    this.#most = Math.max(this.#most, this.#users + users);
  }

  /**
   * A buffer with room for `least` bytes. Never waits: backpressure is the taker's business, because TLS may deliver
   * after a pause. What one buffer holds may not fit into the next: they shrink while connections come.
   *
   * Many connections fill their buffers at about the same time. Those that come when the disk is behind get a small one: it
   * holds what TLS still delivers, and is not one more of the full size for the rest of the download.
   */
  take(least = 0): Buffer {
    const { size } = this;
    const isBehind = this.#most > FEW && this.#lent >= this.#users + ON_THEIR_WAY;
    this.#lent += 1;
    if (isBehind && least <= SMALL && SMALL < size) return this.#part(this.#freeSmall, SMALL);
    return least > size ? this.#allocate(least) : this.#part(this.#free, size);
  }

  give(buffer: Buffer): void {
    this.#lent -= 1;
    if (buffer.length >= this.size) this.#free.push(buffer);
    else if (buffer.length === SMALL) this.#freeSmall.push(buffer);
    this.#settle();
  }

  /**
   * One of `free`, or of a new block, with `size` bytes. A larger one is parted: dropped, it would wait for the collector. The
   * few pages that are left of it over stay unused until it is whole again.
   */
  #part(free: Buffer[], size: number): Buffer {
    let buffer = free.pop() ?? this.#free.pop() ?? this.#block();
    for (; buffer.length >= 2 * size; buffer = buffer.subarray(0, -size)) free.push(buffer.subarray(-size));
    return buffer.length > size ? buffer.subarray(0, size) : buffer;
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
    this.#free = [...(this.#kept ?? [])];
    this.#freeSmall = [];
  }
}
