import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../../shared/failure.ts';
import { endGently, workerUrl } from '../flow/index.ts';
import type { Digests } from './finish.ts';
import { HashFollower, type HashProgress } from './hash-follower.ts';

/** What is to be hashed. */
export interface HashJob {
  /** Descriptor of the file, which is this process's: by its name another file could be meant. Closed after the follower. */
  readonly fd: number;
  readonly algorithm: string;
  /** Digests of `count` equal pieces too; Metalink documents often have one algorithm for the whole and another for these. */
  readonly pieces: { readonly length: number; readonly algorithm: string; readonly count: number } | null;
}

/**
 * To the hash thread, by the job's number: what to hash, what may be read of it (`size` once that is final), and what need not
 * be read.
 */
export type HashRequest =
  | { readonly kind: 'follow'; readonly number: number; readonly job: HashJob }
  | { readonly kind: 'advance'; readonly number: number; readonly frontier: number; readonly size?: number }
  /** `bytes` are memory that both threads see. They stay until the thread is done with them, or is told to drop the file. */
  | { readonly kind: 'feed'; readonly number: number; readonly position: number; readonly bytes: Uint8Array }
  /** The digest is not wanted any more. */
  | { readonly kind: 'drop'; readonly number: number }
  /** Nothing is: end the thread. */
  | { readonly kind: 'close' };

/** From the hash thread. */
export type HashReply =
  | { readonly kind: 'progress'; readonly number: number; readonly progress: HashProgress }
  | { readonly kind: 'digest'; readonly number: number; readonly digests: Digests }
  | { readonly kind: 'error'; readonly number: number; readonly message: string };

/**
 * Hashes files as their bytes become readable, all in one thread, which is started with the first of them and stays: a
 * thread costs 10 MB and 20 ms.
 */
export class HashThread {
  #worker: Worker | null = null;
  readonly #following = new Map<number, HashFollower>();
  #next = 1;

  /** Begins to hash a file behind its writer. */
  follow(job: HashJob): HashFollower {
    const number = this.#next++;
    const worker = this.#ensure();
    const send = (request: HashRequest) => worker.postMessage(request);
    const follower = new HashFollower({
      advance: (frontier, size) => send({ kind: 'advance', number, frontier, ...(size !== undefined && { size }) }),
      feed: (position, bytes) => send({ kind: 'feed', number, position, bytes }),
      drop: () => {
        this.#following.delete(number);
        send({ kind: 'drop', number });
      },
    });
    this.#following.set(number, follower);
    send({ kind: 'follow', number, job });
    return follower;
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
      for (const following of this.#following.values()) following.fail(error);
      this.#following.clear();
    });
    this.#worker = worker;
    return worker;
  }

  #receive(reply: HashReply): void {
    const following = this.#following.get(reply.number);
    if (!following) return;
    if (reply.kind === 'progress') following.progress(reply.progress);
    else if (reply.kind === 'digest') following.done(reply.digests);
    else following.fail(new SluiceError('disk-error', { detail: reply.message }));
  }
}
