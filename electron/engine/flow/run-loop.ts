import type { MessagePort } from 'node:worker_threads';
import { toFailure, type Failure } from '../../../shared/failure.ts';
import type { Meter } from '../../../shared/job.ts';
import type { RunRequest } from './run-messages.ts';
import { TokenBucket } from './token-bucket.ts';

/** Ms between ticks: meters, syncs, checkpoints, and whether something else would help. */
const TICK = 250;

/** A run, as its thread sees it. */
export interface RunTask<Outcome, Detail> {
  run(): Promise<Outcome>;
  stop(): void;
  setLimit(rate: number | null): void;
  /** A limit that holds for this run too is another now. */
  unlimit(): void;
  tick(now: number): void;
  meter(): Meter;
  detail(): Detail;
}

type Failed = { readonly kind: 'failed'; readonly failure: Failure };

/** The runs of a thread: what `RunThread` asks of them, from the inside. */
export class RunLoop<Outcome, Detail, Task extends RunTask<Outcome, Detail>> {
  readonly tasks = new Map<string, Task>();
  readonly globalLimit = new TokenBucket(null);
  readonly #port: MessagePort;
  #timer: NodeJS.Timeout | null = null;

  /** @param port null, where the file is no worker thread, is a bug */
  constructor(port: MessagePort | null) {
    if (!port) throw new Error('This file is a worker thread');
    this.#port = port;
    // Electron's fs takes files named *.asar for folders; to this thread they are files like any other.
    (process as { noAsar?: boolean }).noAsar = true;
  }

  /** Does one run to its end. Never throws. */
  async run(id: string, create: () => Task): Promise<Outcome | Failed> {
    try {
      const task = create();
      this.tasks.set(id, task);
      this.#timer ??= setInterval(() => this.#tick(), TICK);
      return await task.run();
    } catch (error) {
      return { kind: 'failed', failure: toFailure(error) };
    } finally {
      this.tasks.delete(id);
    }
  }

  /** Answers what every thread of runs is asked. */
  answer(request: RunRequest): void {
    switch (request.kind) {
      case 'stop':
        this.tasks.get(request.id)?.stop();
        return;
      case 'detail':
        this.#port.postMessage({ ...request, detail: this.tasks.get(request.id)?.detail() ?? null });
        return;
      case 'limit':
        if (request.id !== null) {
          this.tasks.get(request.id)?.setLimit(request.rate);
          return;
        }
        if (request.rate === this.globalLimit.rate) return;
        this.globalLimit.setRate(request.rate);
        this.unlimit();
        return;
      case 'close':
        if (this.#timer) clearInterval(this.#timer);
        this.#port.close();
        return;
    }
  }

  /** A limit over several runs is another now. */
  unlimit(): void {
    for (const task of this.tasks.values()) task.unlimit();
  }

  #tick(): void {
    const now = performance.now();
    for (const task of this.tasks.values()) task.tick(now);
    this.#port.postMessage({ kind: 'meters', meters: [...this.tasks.values()].map((task) => task.meter()) });
    if (this.tasks.size === 0 && this.#timer) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}
