import type { Digests } from './finish.ts';

/** How far the thread has come with a file. */
export interface HashProgress {
  /** Bytes from the start that are hashed. */
  readonly bytes: number;
  /** Portions of memory that it is done with since it last told. */
  readonly freed: number;
}

/** What is asked of the thread for one file. */
export interface HashOrders {
  /** Bytes [0, frontier) of the file may be read; `size`: its end, once that is final. */
  advance(frontier: number, size?: number): void;
  /** Bytes of the file at `position`, in memory that the thread shares. */
  feed(position: number, bytes: Uint8Array): void;
  /** The digests are not wanted any more. */
  drop(): void;
}

/** What it has to read is told in steps of this many bytes. */
const STEP = 1024 * 1024;
/** Bytes that it may be behind what it is given: further behind it reads them from the file. */
const NEAR = 8 * 1024 * 1024;
/** Portions in its hands with which no more should be received: with 8 it takes 3 % less time, and 2 to 3 MB more. */
const MOST_HELD = 4;
/** Ms without any progress after which nothing waits for it: the thread may be reading another file, of a drive that hangs. */
const PATIENCE = 1000;

/**
 * Has a file hashed behind its writer, in another thread: from the memory that was received, where the hash has come as far
 * as that, else from the file.
 */
export class HashFollower {
  readonly #orders: HashOrders;
  readonly #digests = Promise.withResolvers<Digests>();
  /** What to call when the thread is done with a portion, oldest first. */
  readonly #held: (() => void)[] = [];
  #onProgress: (bytes: number) => void = () => {};
  #hashed = 0;
  /** Bytes from the start that may be read, and how many of them the thread knows of. */
  #frontier = 0;
  #told = 0;
  /** End of what was given last, and of what has to be read before something that was given. */
  #fed = 0;
  #gap = 0;
  /** When it told of progress, or was given the first portion. */
  #movedAt = 0;
  #ended = false;

  constructor(orders: HashOrders) {
    this.#orders = orders;
    // Nobody may be waiting yet when it fails; whoever asks for the digests gets the error.
    this.#digests.promise.catch(() => {});
  }

  /** Portions in the thread's hands, and with how many no more should be received. */
  get queue(): { used: number; size: number } {
    return { used: this.#held.length, size: MOST_HELD };
  }

  /** Whether so much is in the thread's hands that no more should be received now. */
  get isBehind(): boolean {
    return this.#held.length >= MOST_HELD && performance.now() - this.#movedAt < PATIENCE;
  }

  /**
   * Has bytes hashed from memory. All that lies before `position` has to be written or on its way. False where the hash is too
   * far behind, or cannot see that memory, and will read them; else `free` is called, once, when it is done with them.
   */
  feed(position: number, bytes: Uint8Array, free: () => void): boolean {
    if (this.#ended || position - this.#hashed > NEAR || !(bytes.buffer instanceof SharedArrayBuffer)) return false;
    if (position > Math.max(this.#fed, this.#told)) this.#gap = position;
    this.#fed = position + bytes.length;
    if (this.#held.length === 0) this.#movedAt = performance.now();
    this.#held.push(free);
    this.#orders.feed(position, bytes);
    this.#tell();
    return true;
  }

  /** Bytes [0, frontier) are written and may be read. */
  advance(frontier: number): void {
    this.#frontier = frontier;
    this.#tell();
  }

  /** The digests of bytes [0, size), once they are hashed. */
  digest(size: number, onProgress: (bytes: number) => void): Promise<Digests> {
    this.#onProgress = onProgress;
    this.#told = size;
    this.#orders.advance(size, size);
    return this.#digests.promise;
  }

  /** The digests are not wanted any more, or have come. */
  close(): void {
    this.#orders.drop();
    this.#end();
  }

  /** The thread tells how far it has come. */
  progress({ bytes, freed }: HashProgress): void {
    this.#hashed = bytes;
    this.#movedAt = performance.now();
    for (const free of this.#held.splice(0, freed)) free();
    this.#onProgress(bytes);
    this.#tell();
  }

  /** The thread has the digests. */
  done(digests: Digests): void {
    this.#digests.resolve(digests);
    this.#end();
  }

  /** The thread could not. */
  fail(error: Error): void {
    this.#digests.reject(error);
    this.#end();
  }

  /** Tells what the thread has to read: what is missing before a portion, or the next step where it has none. */
  #tell(): void {
    const isDue =
      this.#held.length > 0
        ? this.#gap > this.#told
        : this.#hashed >= this.#told && this.#frontier - this.#hashed >= STEP;
    if (this.#ended || !isDue || this.#frontier <= this.#told) return;
    this.#told = this.#frontier;
    this.#orders.advance(this.#frontier);
  }

  #end(): void {
    this.#ended = true;
    for (const free of this.#held.splice(0)) free();
  }
}
