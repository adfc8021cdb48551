const KIB = 1024;
/** Buffers that are kept for the next taker. */
const MOST_FREE = 32;

/**
 * Reused read buffers. A socket reads straight into one, the same memory is written to the disk, and it comes back
 * here. Large ones make few, cheap trips through JavaScript: 1 MiB is the measured optimum (shared/speed.md of the
 * founders: 64 KiB costs 2.3 times the wall time); with many connections they shrink, so that memory stays bounded.
 */
export class BufferPool {
  #free: Buffer[] = [];
  #users = 0;
  /** Most users at once since there was none. */
  #most = 0;
  #lent = 0;

  /**
   * Bytes of the buffers that are handed out now: 1 MiB for up to 8 users (halves cost a quarter more CPU-seconds), then
   * smaller, down to 64 KiB: 16 users of 1 MiB would take 45 MB more than an idle process. They grow again only when all
   * users have left: at the end of a download over many connections others would take the place of those that are there,
   * for nothing but garbage.
   */
  get size(): number {
    if (this.#most <= 8) return 1024 * KIB;
    if (this.#most <= 16) return 512 * KIB;
    return this.#most <= 128 ? 256 * KIB : 64 * KIB;
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
      if (this.#users > 0) return;
      this.#free = [];
      this.#most = 0;
    };
  }

  /**
   * A buffer with room for `least` bytes. Never waits: backpressure is the taker's business, because TLS may deliver
   * after a pause. What one buffer holds may not fit into the next: they shrink while connections come.
   */
  take(least = 0): Buffer {
    this.#lent += 1;
    const { size } = this;
    if (least > size) return Buffer.allocUnsafeSlow(least);
    // A larger one, from when there were fewer users, serves as well: dropped, it would wait for the garbage collector.
    let buffer = this.#free.pop();
    while (buffer && buffer.length < size) buffer = this.#free.pop();
    return buffer ?? Buffer.allocUnsafeSlow(size);
  }

  give(buffer: Buffer): void {
    this.#lent -= 1;
    if (buffer.length >= this.size && this.#free.length < MOST_FREE) this.#free.push(buffer);
  }
}
