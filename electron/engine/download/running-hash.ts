import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Digests } from './finish.ts';
import type { HashProgress } from './hash-follower.ts';
import type { HashJob } from './hash-thread.ts';

/** Bytes that are read at once: they are still in the processor's cache when they are hashed. */
const STEP = 256 * 1024;
/** Bytes after which progress is told. */
const TOLD_EVERY = 16 * 1024 * 1024;

const named = (algorithm: string): Hash => createHash(algorithm.replace('-', ''));

/** The hash of one file that is still being written, up to where it may be read. */
export class RunningHash {
  readonly #job: HashJob;
  readonly #onProgress: (progress: HashProgress) => void;
  readonly #whole: Hash;
  #piece: Hash;
  readonly #pieces: string[] = [];
  /** Portions in memory, ascending. */
  readonly #fed: { readonly position: number; readonly bytes: Uint8Array }[] = [];
  #freed = 0;
  #at = 0;
  #frontier = 0;
  #size = Infinity;
  #told = 0;
  #dropped = false;
  #wake: () => void = () => {};

  constructor(job: HashJob, onProgress: (progress: HashProgress) => void) {
    this.#job = job;
    this.#onProgress = onProgress;
    this.#whole = named(job.algorithm);
    this.#piece = named(job.pieces?.algorithm ?? job.algorithm);
  }

  /** Bytes [0, frontier) may be read; `size` once it is final. */
  advance(frontier: number, size = this.#size): void {
    this.#frontier = frontier;
    this.#size = size;
    this.#wake();
  }

  /** Bytes that are in memory, behind all that were so before. */
  feed(position: number, bytes: Uint8Array): void {
    this.#fed.push({ position, bytes });
    this.#wake();
  }

  /** Ends `run` with an error. */
  drop(): void {
    this.#dropped = true;
    this.#wake();
  }

  /** Hashes to the end. @throws what the file system throws, and where the digest is not wanted any more */
  async run(): Promise<Digests> {
    const buffer = Buffer.allocUnsafeSlow(STEP);
    while (this.#at < this.#size) {
      if (this.#dropped) throw new Error('The digest is not wanted any more');
      const fed = this.#fromMemory();
      const bytes = fed ?? this.#fromFile(buffer);
      if (bytes) {
        this.#update(bytes);
        this.#at += bytes.length;
        if (fed) this.#freed += 1;
        // Others' turn, and time to hear that it is not wanted any more.
        await setImmediate();
      } else {
        this.#tell();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#freed > 0 || this.#at - this.#told >= TOLD_EVERY) this.#tell();
    }
    if (this.#wantedPieces && this.#at % this.#wantedPieces.length > 0) this.#endPiece();
    return { whole: this.#whole.digest('hex'), pieces: this.#pieces };
  }

  /** The next bytes, where they are in memory. */
  #fromMemory(): Uint8Array | null {
    const [next] = this.#fed;
    if (!next || next.position > this.#at) return null;
    this.#fed.shift();
    // What was read before, if any, is not hashed twice.
    return next.bytes.subarray(this.#at - next.position);
  }

  /** The next bytes, where they may be read. */
  #fromFile(buffer: Buffer): Uint8Array | null {
    const ready = Math.min(this.#fed[0]?.position ?? Infinity, this.#frontier, this.#size) - this.#at;
    if (ready <= 0) return null;
    // By this thread, which does nothing else: the pool's threads are busy with writes and syncs of the transfer, and to
    // wait for them costs a fifth of the whole time.
    const bytesRead = fs.readSync(this.#job.fd, buffer, 0, Math.min(STEP, ready), this.#at);
    if (bytesRead === 0) throw new Error('The file is shorter than it was');
    return buffer.subarray(0, bytesRead);
  }

  #tell(): void {
    this.#onProgress({ bytes: this.#at, freed: this.#freed });
    this.#told = this.#at;
    this.#freed = 0;
  }

  /** Null where all that are wanted are there: a file may be longer than what was told of it. */
  get #wantedPieces(): HashJob['pieces'] {
    const { pieces } = this.#job;
    return pieces && this.#pieces.length < pieces.count ? pieces : null;
  }

  /** Feeds the whole's hash, and the pieces' where they are wanted. */
  #update(bytes: Uint8Array): void {
    this.#whole.update(bytes);
    for (let done = 0; done < bytes.length;) {
      const pieces = this.#wantedPieces;
      if (!pieces) return;
      const left = pieces.length - ((this.#at + done) % pieces.length);
      const n = Math.min(left, bytes.length - done);
      this.#piece.update(bytes.subarray(done, done + n));
      done += n;
      if (n === left) this.#endPiece();
    }
  }

  #endPiece(): void {
    this.#pieces.push(this.#piece.digest('hex'));
    this.#piece = named(this.#job.pieces?.algorithm ?? this.#job.algorithm);
  }
}
