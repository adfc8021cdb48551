import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { openDirect } from '../files/index.ts';
import { beginsPage, PAGE } from '../flow/index.ts';

/** Less than this (bytes) is better gathered by the page cache. */
const WORTH_DIRECT = 32 * 1024;
/** Less than this does not wait for what fills its last page: small buffers would be full of what waits. */
const WORTH_WAITING = 128 * 1024;
/**
 * Writes that may be on their way at once, and those around the cache: 4 through it cost a quarter more time, 8 around it a
 * tenth more.
 */
const MOST = 8;
const MOST_DIRECT = 4;

/**
 * Writes buffers to their places in a file: whole pages around the page cache where that is possible (O_DIRECT), all
 * else through it. What goes around is not copied, needs no write-back, and throws nothing of others' out of the cache. The
 * lock of the file's inode keeps the two ways apart: a cached write waits until no direct one is under way.
 */
export class PartWriter {
  readonly #handle: FileHandle;
  #direct: FileHandle | null = null;
  /** A direct write failed: there is no other. */
  #wasRefused = false;
  readonly #underWay = { direct: 0, cached: 0 };

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Writes that may be on their way at once. */
  get most(): number {
    return this.#isDirect && this.#underWay.cached === 0 ? MOST_DIRECT : MOST;
  }

  /** True while no more should be written. */
  get isFull(): boolean {
    const { direct, cached } = this.#underWay;
    return direct >= MOST_DIRECT || direct + cached >= MOST;
  }

  get #isDirect(): boolean {
    return this.#direct !== null && !this.#wasRefused;
  }

  /** Of `bytes` that end at byte `end` of the file, those that fill no page: with what follows they can be written directly. */
  remainder(bytes: number, end: number): number {
    return this.#isDirect && bytes >= WORTH_WAITING ? end % PAGE : 0;
  }

  /** Writes around the page cache from now on, where that is possible. */
  async bypassCache(): Promise<void> {
    this.#direct ??= await openDirect(this.#handle);
  }

  /** Closes what `bypassCache` opened. */
  async close(): Promise<void> {
    await this.#direct?.close();
  }

  /** Writes buffer[from, to) at `position`, all of it; calls back once. `isReadSoon`: it is worth its place in the cache. */
  write(
    buffer: Buffer,
    from: number,
    to: number,
    position: number,
    isReadSoon: boolean,
    done: (error: Error | null) => void,
  ): void {
    const direct = !isReadSoon && this.#direct && this.#mayGoDirect(buffer, from, to, position) ? this.#direct : null;
    const way = direct ? 'direct' : 'cached';
    this.#underWay[way] += 1;
    fs.write((direct ?? this.#handle).fd, buffer, from, to - from, position, (error, bytes) => {
      this.#underWay[way] -= 1;
      const isShort = !error && bytes < to - from;
      // Whatever was wrong with it: the cache takes it, or has the last word.
      this.#wasRefused ||= direct !== null && (error !== null || isShort);
      if (direct && error) this.write(buffer, from, to, position, isReadSoon, done);
      else if (isShort) this.write(buffer, from + bytes, to, position + bytes, isReadSoon, done);
      else done(error);
    });
  }

  #mayGoDirect(buffer: Buffer, from: number, to: number, position: number): boolean {
    const bytes = to - from;
    const arePages = position % PAGE === 0 && bytes % PAGE === 0 && beginsPage(buffer, from);
    return !this.#wasRefused && bytes >= WORTH_DIRECT && arePages;
  }
}
