import { Worker } from 'node:worker_threads';
import { failure } from '../../../shared/failure.ts';
import type { Meter } from '../../../shared/job.ts';
import type { RunOutcome } from './outcome.ts';
import type { RunReply, RunRequest } from './run-messages.ts';
import { endGently } from './worker-end.ts';

/** Most MB of young objects in such a thread: V8 would take 48. What a read leaves is soon swept; saved 9 MB at the peak. */
const YOUNG_MB = 3;

type Ended = { readonly kind: 'ended'; readonly outcome: RunOutcome };

export interface RunThreadOptions<Request, Reply> {
  readonly name: string;
  readonly url: URL;
  /** `workerData` of the thread. */
  readonly data: unknown;
  /** What a new thread is told first, beside the limit over all. */
  readonly greetings?: () => readonly Request[];
  /** Called with every reply after it was dealt with: for what only one kind of work has. */
  readonly onReply?: (reply: Reply) => void;
  /** The thread died. */
  readonly onCrash?: () => void;
}

/**
 * Runs in a thread of their own, as the main thread sees them. The thread is started with the first run and keeps no
 * process alive while none goes on.
 */
export class RunThread<
  Event extends { readonly kind: string },
  Detail,
  Request extends { readonly kind: string },
  Reply extends RunReply<Event | Ended, Detail> | { readonly kind: string },
> {
  readonly #options: RunThreadOptions<Request, Reply>;
  readonly #running = new Map<string, (event: Event | Ended) => void>();
  readonly #details = new Map<string, Detail | null>();
  #meters: readonly Meter[] = [];
  #limit: number | null = null;
  #worker: Worker | null = null;
  #idle: () => void = () => {};

  constructor(options: RunThreadOptions<Request, Reply>) {
    this.#options = options;
  }

  /** Figures of all runs, as of the last tick of the thread. */
  get meters(): readonly Meter[] {
    return this.#meters;
  }

  isRunning(id: string): boolean {
    return this.#running.has(id);
  }

  /** Tells the thread, where there is one. */
  send(message: Request | RunRequest): void {
    this.#worker?.postMessage(message);
  }

  /** Begins a run. Exactly one `ended` event follows, whatever happens. */
  start(id: string, message: Request, onEvent: (event: Event | Ended) => void): void {
    if (this.#running.has(id)) throw new Error(`${id} runs already`);
    this.#ensure().ref();
    this.#running.set(id, onEvent);
    this.send(message);
  }

  /** The limit over all runs, of this thread and of one that takes its place. */
  setLimit(rate: number | null): void {
    this.#limit = rate;
    this.send({ kind: 'limit', id: null, rate });
  }

  /** All that is known of a run. Asked for a few times a second: what came last, while the next one is on its way. */
  detail(id: string): Detail | null {
    if (this.#running.has(id)) this.send({ kind: 'detail', id });
    return this.#details.get(id) ?? null;
  }

  /** Stops all runs and ends the thread. */
  async close(): Promise<void> {
    if (this.#running.size > 0) {
      const ended = new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      for (const id of this.#running.keys()) this.send({ kind: 'stop', id });
      await ended;
    }
    const ending = this.#worker;
    this.#worker = null;
    if (ending) await endGently(ending);
  }

  #ensure(): Worker {
    if (this.#worker) return this.#worker;
    const { data, greetings, name, url } = this.#options;
    const started = new Worker(url, {
      workerData: data,
      name,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    started.on('message', (reply: Reply) => this.#receive(reply));
    started.on('error', (error) => this.#crashed(error));
    this.#worker = started;
    this.send({ kind: 'limit', id: null, rate: this.#limit });
    for (const greeting of greetings?.() ?? []) this.send(greeting);
    return started;
  }

  #receive(reply: Reply): void {
    const known = reply as RunReply<Event | Ended, Detail>;
    if (known.kind === 'meters') this.#meters = known.meters.filter(({ id }) => this.#running.has(id));
    else if (known.kind === 'detail') {
      if (this.#running.has(known.id)) this.#details.set(known.id, known.detail);
    } else if (known.kind === 'event') {
      const onEvent = this.#running.get(known.id);
      if (known.event.kind === 'ended') this.#forget(known.id);
      onEvent?.(known.event);
    }
    this.#options.onReply?.(reply);
  }

  #forget(id: string): void {
    this.#running.delete(id);
    this.#details.delete(id);
    this.#meters = this.#meters.filter((meter) => meter.id !== id);
    if (this.#running.size === 0) {
      this.#worker?.unref();
      this.#idle();
    }
  }

  /** The thread died of a bug: every run ends with a true state, and the next one gets a new thread. */
  #crashed(error: Error): void {
    this.#worker = null;
    // A copy: what is told may start another run at once, and that one runs.
    const lost = [...this.#running];
    for (const [id] of lost) this.#forget(id);
    this.#options.onCrash?.();
    for (const [, onEvent] of lost) {
      const failed = failure('internal', { detail: error.message });
      onEvent({ kind: 'ended', outcome: { kind: 'failed', failure: failed } });
    }
  }
}
