import type { FileHandle } from 'node:fs/promises';
import type { BufferPool } from '../flow/index.ts';
import type { Ranges } from '../../../shared/job.ts';
import { bornAt, reserveSpace } from '../files/index.ts';
import type { HashFollower } from './hash-follower.ts';
import { PartWriter } from './part-writer.ts';
import { RangeSet } from './range-set.ts';

/** Bytes that may be written and not yet durable. Reading stops above; a crash costs at most this much again. */
const MAX_UNSYNCED = 64 * 1024 * 1024;
/** A sync begins as soon as this much waits for it, so that on a good disk the bound above is never met. */
const SYNC_AT = 32 * 1024 * 1024;
/** Least time between syncs in ms; also four times as long as the last one took, so that a slow disk is not drowned. */
const SYNC_EVERY = 500;
const SYNC_AT_LEAST_EVERY = 2000;
/** Bytes of a file that is worth the start of another program. */
const WORTH_RESERVING = 16 * 1024 * 1024;

/** What a part file may have to wait for: the disk, or the processor with hashing. */
export type Behind = 'disk' | 'processing';

/**
 * The unfinished file: written in place, one large write at a time, straight from the buffer that was read into.
 * Bytes go through three stages: on their way, written, committed (fdatasynced: safe against power loss).
 */
export class PartFile {
  readonly handle: FileHandle;
  /** When it was made, in ns since 1970; null where this system does not know. */
  born: string | null;
  readonly #writer: PartWriter;
  readonly #pool: BufferPool;
  #hasher: HashFollower | null = null;
  readonly #written: RangeSet;
  #committed: Ranges;
  /** What is written or on its way to the disk. */
  readonly #taken: RangeSet;
  /** Ranges on their way to the disk. */
  readonly #writing = new Set<readonly [start: number, end: number]>();
  #unsynced = 0;
  #syncing: Promise<void> | null = null;
  #lastSyncEnd = performance.now();
  #lastSyncTook = 0;
  #error: Error | null = null;
  /** After a refused write, as on a full disk, what was written before can still be made durable; after this it cannot. */
  #syncRefused = false;
  #waiters: (() => void)[] = [];
  /** Called when reading may go on after `blocked`. */
  onDrain: () => void = () => {};
  /** Called when more bytes have been written. */
  onWrite: () => void = () => {};
  /** Called when more bytes have become durable. */
  onCommit: (committed: Ranges) => void = () => {};
  /** Called once, when the disk refused. */
  onError: (error: Error) => void = () => {};

  constructor(handle: FileHandle, committed: Ranges, pool: BufferPool, born: string | null = null) {
    this.handle = handle;
    this.#writer = new PartWriter(handle);
    this.born = born;
    this.#pool = pool;
    this.#written = new RangeSet(committed);
    this.#taken = new RangeSet(committed);
    this.#committed = committed;
  }

  get written(): RangeSet {
    return this.#written;
  }

  get committed(): Ranges {
    return this.#committed;
  }

  /** Buffers on their way to the disk, or to the hash where that has less room left, and how many there may be. */
  get queue(): { used: number; size: number } {
    const disk = { used: this.#writing.size, size: this.#writer.most };
    const hash = this.#hasher?.queue;
    return hash && hash.used / hash.size > disk.used / disk.size ? hash : disk;
  }

  /** What is behind, so that no more should be read. */
  get behind(): Behind | null {
    if (this.#writer.isFull || this.#unsynced >= MAX_UNSYNCED) return 'disk';
    return this.#hasher?.isBehind ? 'processing' : null;
  }

  /** Buffers that may be filled before the disk is behind: all there are while nothing is on its way, or where the hash decides. */
  get room(): number {
    return this.#writing.size === 0 || this.#hasher ? Infinity : this.#writer.most - this.#writing.size;
  }

  /** True while no more should be read. */
  get blocked(): boolean {
    return this.behind !== null;
  }

  /**
   * Writes buffer[from, to) at `position` and gives the buffer back to the pool. Where two connections bring the same
   * bytes, the first wins: what is in the file never changes, or it would not be what was hashed and served meanwhile.
   */
  write(buffer: Buffer, from: number, to: number, position: number): void {
    const gaps = this.#taken.missing(position + to - from, position);
    let left = gaps.length;
    if (left === 0) this.#pool.give(buffer);
    const release = () => {
      left -= 1;
      if (left === 0) this.#pool.give(buffer);
    };
    for (const [start, end] of gaps) {
      const isNext = start === this.#taken.frontier;
      this.#taken.add(start, end);
      const at = from + start - position;
      const isHashed = isNext && this.#hash(buffer, at, end - start, start, release);
      if (isHashed) left += 1;
      this.#writeNew(buffer, at, at + end - start, start, this.#hasher !== null && !isHashed, release);
    }
  }

  /** Has bytes hashed from memory that come next. False where nothing is hashed, or they will be read for it. */
  #hash(memory: Buffer, at: number, length: number, position: number, release: () => void): boolean {
    if (!this.#hasher) return false;
    return this.#hasher.feed(position, new Uint8Array(memory.buffer, memory.byteOffset + at, length), () => {
      release();
      this.#progress();
    });
  }

  #writeNew(
    buffer: Buffer,
    from: number,
    to: number,
    position: number,
    isReadSoon: boolean,
    release: () => void,
  ): void {
    const range = [position, position + to - from] as const;
    this.#writing.add(range);
    const done = (error: Error | null) => {
      release();
      this.#writing.delete(range);
      if (error) this.#fail(error);
      else {
        this.#written.add(...range);
        this.#unsynced += to - from;
        this.#hasher?.advance(this.#written.frontier);
        this.onWrite();
      }
      if (this.#unsynced >= SYNC_AT) void this.sync();
      this.#progress();
    };
    this.#writer.write(buffer, from, to, position, isReadSoon, done);
  }

  /** Has what is here and what comes hashed. */
  hashInto(hasher: HashFollower): void {
    this.#hasher = hasher;
    hasher.advance(this.#written.frontier);
  }

  /** Whether [start, end) is in the file, once what is on its way there has been written. */
  async has(start: number, end: number): Promise<boolean> {
    while ([...this.#writing].some(([from, to]) => from < end && to > start)) await this.#nextWrite();
    return this.#written.covers(start, end);
  }

  /** Reads back [start, end), which has to be written. */
  async read(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.alloc(end - start);
    await this.handle.read(bytes, 0, bytes.length, start);
    return bytes;
  }

  /** Counts [start, end) as missing again: its bytes were found to be wrong. */
  reject(start: number, end: number): void {
    this.#written.remove(start, end);
    this.#taken.remove(start, end);
    this.#committed = this.#written.toRanges();
  }

  /** Takes the disk's blocks for a file of `size` bytes (Infinity: not known) beforehand, where that is possible and worth it. */
  async reserve(size: number): Promise<void> {
    if (size >= WORTH_RESERVING && size < Infinity) await reserveSpace(this.handle, size);
  }

  /** Keeps what is written from now on out of the page cache, where that is possible: nobody reads it soon. */
  bypassCache(): Promise<void> {
    return this.#writer.bypassCache();
  }

  /** Of `bytes` that end at byte `end` of the file, how many are better written with what follows. */
  remainder(bytes: number, end: number): number {
    return this.#writer.remainder(bytes, end);
  }

  /** Closes the file; after `settle`. */
  async close(): Promise<void> {
    await Promise.all([this.#writer.close(), this.handle.close()]);
  }

  /** Gives a buffer back that holds nothing to write. */
  discard(buffer: Buffer): void {
    this.#pool.give(buffer);
  }

  /** Begins a sync when one is due; called a few times a second. */
  tick(now: number): void {
    // Whom it waited for may have been waited for long enough.
    if (this.#hasher && !this.blocked) this.onDrain();
    if (this.#unsynced === 0 || this.#syncing) return;
    const pause = Math.min(SYNC_AT_LEAST_EVERY, Math.max(SYNC_EVERY, 4 * this.#lastSyncTook));
    if (now - this.#lastSyncEnd >= pause) void this.sync();
  }

  /** Makes all that is written now durable. One at a time; resolves also where the disk refused (see `onError`). */
  async sync(): Promise<void> {
    if (this.#syncing) return this.#syncing;
    if (this.#syncRefused) return;
    this.#syncing = this.#syncNow();
    await this.#syncing;
  }

  async #syncNow(): Promise<void> {
    const snapshot = this.#written.toRanges();
    const covered = this.#unsynced;
    const begun = performance.now();
    try {
      await this.handle.datasync();
      this.#committed = snapshot;
      this.#unsynced -= covered;
      this.onCommit(snapshot);
    } catch (error) {
      this.#syncRefused = true;
      this.#fail(error as Error);
    } finally {
      this.#syncing = null;
      this.#lastSyncEnd = performance.now();
      this.#lastSyncTook = this.#lastSyncEnd - begun;
    }
    // What came meanwhile may be too much to wait for the next tick: nothing more is read before it is durable.
    if (this.#unsynced >= SYNC_AT) void this.sync();
    this.#progress();
  }

  /** Waits for all writes, then makes them durable. */
  async settle(): Promise<void> {
    while (this.#writing.size > 0) await this.#nextWrite();
    await this.#syncing;
    await this.#doubtBirth();
    await this.sync();
  }

  /** Where a system does not know births it tells the last change instead: that is no mark of this file. */
  async #doubtBirth(): Promise<void> {
    const stats = await this.handle.stat({ bigint: true }).catch(() => null);
    if (stats && bornAt(stats) !== this.born) this.born = null;
  }

  #nextWrite(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  #progress(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
    if (!this.blocked) this.onDrain();
  }

  #fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.onError(error);
  }
}
