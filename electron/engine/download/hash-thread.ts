import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../../shared/failure.ts';
import { endGently, workerUrl } from '../flow/index.ts';
import type { Digests, HashFollower } from './finish.ts';

/** What is to be hashed. */
export interface HashJob {
  /** Descriptor of the file, which is this process's: by its name another file could be meant. Closed after the follower. */
  readonly fd: number;
  readonly algorithm: string;
  /** Digests of `count` equal pieces too; Metalink documents often have one algorithm for the whole and another for these. */
  readonly pieces: { readonly length: number; readonly algorithm: string; readonly count: number } | null;
}

/** To the hash thread: what to hash, what may be read of it, and its size once that is final. By the job's number. */
export type HashRequest =
  | { readonly kind: 'follow'; readonly number: number; readonly job: HashJob }
  | { readonly kind: 'advance'; readonly number: number; readonly frontier: number; readonly size?: number }
  /** The digest is not wanted any more. */
  | { readonly kind: 'drop'; readonly number: number }
  /** Nothing is: end the thread. */
  | { readonly kind: 'close' };

/** From the hash thread. */
export type HashReply =
  | { readonly kind: 'progress'; readonly number: number; readonly bytes: number }
  | { readonly kind: 'digest'; readonly number: number; readonly digests: Digests }
  | { readonly kind: 'error'; readonly number: number; readonly message: string };

interface Following {
  onProgress(bytes: number): void;
  resolve(digests: Digests): void;
  reject(error: Error): void;
}

/** A frontier is told in steps of this many bytes. */
const STEP = 1024 * 1024;

/**
 * Hashes files as their bytes become readable, all in one thread, which is started with the first of them and stays: a
 * thread costs 10 MB and 20 ms.
 */
export class HashThread {
  #worker: Worker | null = null;
  readonly #following = new Map<number, Following>();
  #next = 1;

  /** Begins to hash a file behind its writer. */
  follow(job: HashJob): HashFollower {
    const number = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<Digests>();
    // Nobody may be waiting yet when it fails; whoever asks for the digest gets the error.
    promise.catch(() => {});
    const following: Following = { onProgress: () => {}, resolve, reject };
    this.#following.set(number, following);
    const worker = this.#ensure();
    const send = (request: HashRequest) => worker.postMessage(request);
    send({ kind: 'follow', number, job });
    let sent = 0;
    return {
      advance(frontier) {
        if (frontier - sent < STEP) return;
        sent = frontier;
        send({ kind: 'advance', number, frontier });
      },
      digest(size, progress) {
        following.onProgress = progress;
        sent = size;
        send({ kind: 'advance', number, frontier: size, size });
        return promise;
      },
      close: () => {
        this.#following.delete(number);
        send({ kind: 'drop', number });
      },
    };
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (worker) await endGently(worker);
  }

  #ensure(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(workerUrl('hash-worker', import.meta.url), {
      name: 'sluice-hash',
      // It makes next to nothing.
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    // What waits for a digest is a download, which keeps the process alive itself.
    worker.unref();
    worker.on('message', (reply: HashReply) => this.#receive(reply));
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#worker = null;
      for (const following of this.#following.values()) following.reject(error);
      this.#following.clear();
    });
    this.#worker = worker;
    return worker;
  }

  #receive(reply: HashReply): void {
    const following = this.#following.get(reply.number);
    if (!following) return;
    if (reply.kind === 'progress') following.onProgress(reply.bytes);
    else if (reply.kind === 'digest') following.resolve(reply.digests);
    else following.reject(new SluiceError('disk-error', { detail: reply.message }));
  }
}
