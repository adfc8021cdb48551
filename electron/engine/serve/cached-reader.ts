/** Reads a range of a remote through the cache: blocks that are there from the disk, gaps from the remote. */
import { BLOCK, type BlockStore } from './block-cache.ts';
import type { ByteReader, Chunk } from './content.ts';

export class CachedReader implements ByteReader {
  readonly #store: BlockStore;
  readonly #end: number;
  readonly #read: (start: number, end: number) => ByteReader;
  #position: number;
  #remote: ByteReader | null = null;
  /** The block that is being gathered, and how much of it there is; null where its beginning was not read. */
  #gather: { block: number; bytes: Buffer; filled: number } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: BlockStore, start: number, end: number, read: (start: number, end: number) => ByteReader) {
    this.#store = store;
    this.#position = start;
    this.#end = end;
    this.#read = read;
  }

  next(size: number): Promise<Chunk | null> {
    const chunk = this.#last.then(() => this.#next(size));
    this.#last = chunk.catch(() => {});
    return chunk;
  }

  close(): void {
    this.#remote?.close();
  }

  async #next(size: number): Promise<Chunk | null> {
    if (this.#position >= this.#end) return null;
    if (!this.#remote) {
      const cached = await this.#fromStore();
      if (cached) return cached;
      this.#remote = this.#read(this.#position, this.#gapEnd());
    }
    const chunk = await this.#remote.next(size);
    if (!chunk) {
      // The gap is over: blocks that are here follow.
      this.#remote.close();
      this.#remote = null;
      return this.#next(size);
    }
    await this.#keep(chunk.bytes, this.#position);
    this.#position += chunk.bytes.length;
    return chunk;
  }

  async #fromStore(): Promise<Chunk | null> {
    const block = Math.floor(this.#position / BLOCK);
    if (!this.#store.has(block)) return null;
    const offset = this.#position - block * BLOCK;
    const bytes = Buffer.allocUnsafe(Math.min(BLOCK, this.#end - block * BLOCK) - offset);
    if ((await this.#store.read(block, offset, bytes)) < bytes.length) return null;
    this.#position += bytes.length;
    return { bytes, release() {} };
  }

  /** Where the next block begins that is here; the end of the range where there is none. */
  #gapEnd(): number {
    let block = Math.floor(this.#position / BLOCK) + 1;
    while (block * BLOCK < this.#end && !this.#store.has(block)) block += 1;
    return Math.min(this.#end, block * BLOCK);
  }

  /** Gathers whole blocks out of what passes by. */
  async #keep(bytes: Buffer, position: number): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const absolute = position + at;
      const block = Math.floor(absolute / BLOCK);
      const offset = absolute - block * BLOCK;
      const count = Math.min(BLOCK - offset, bytes.length - at);
      if (offset === 0)
        this.#gather = {
          block,
          bytes: Buffer.allocUnsafeSlow(Math.min(BLOCK, this.#store.size - block * BLOCK)),
          filled: 0,
        };
      const gather = this.#gather;
      if (gather?.block === block && gather.filled === offset) {
        bytes.copy(gather.bytes, offset, at, at + count);
        gather.filled += count;
        if (gather.filled === gather.bytes.length) {
          await this.#store.put(block, gather.bytes);
          this.#gather = null;
        }
      }
      at += count;
    }
  }
}
