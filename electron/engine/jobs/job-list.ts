/** All jobs in memory, in the order of the queue; every change goes to the store and to whoever watches. */
import { SluiceError } from '../../../shared/failure.ts';
import type { JobState, Activity } from '../../../shared/job.ts';
import { canTransition } from '../../../shared/job-state.ts';
import type { Clock } from './clock.ts';
import type { JobRecord } from './job-record.ts';
import { mayPass, type Store } from './store.ts';

/** Bytes that became durable reach the store within this time; states at once. */
const PROGRESS_MS = 1000;

/** Or as soon as there are this many, so that a fast download too has little to fetch again after a crash. */
const PROGRESS_BYTES = 4 * 1024 * 1024;

export interface Changes {
  readonly changed: readonly JobRecord[];
  /** Ids. */
  readonly removed: readonly string[];
}

export class JobList {
  readonly #jobs: Map<string, JobRecord>;
  readonly #store: Store;
  readonly #clock: Clock;
  /** Called, at once, when something changed that faces show. */
  readonly #onChange: () => void;
  #order: JobRecord[] | null = null;
  /** For the store. */
  #unwritten = new Set<JobRecord>();
  #unwrittenRemovals = new Set<string>();
  #unwrittenBytes = 0;
  #unwrittenActivity: { job: string; line: Activity }[] = [];
  /** For the watchers. */
  #changed = new Set<JobRecord>();
  #removed = new Set<string>();
  readonly #waiters = new Set<{ readonly id: string; readonly wake: () => void }>();
  #writeSoon = false;
  #closed = false;
  #cancelWrite: (() => void) | null = null;

  constructor(jobs: readonly JobRecord[], store: Store, clock: Clock, onChange: () => void) {
    this.#jobs = new Map(jobs.map((job) => [job.id, job]));
    this.#store = store;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get(id: string): JobRecord | undefined {
    return this.#jobs.get(id);
  }

  /** In the order of the queue. */
  get ordered(): readonly JobRecord[] {
    this.#order ??= [...this.#jobs.values()].toSorted((a, b) => a.position - b.position);
    return this.#order;
  }

  get nextPosition(): number {
    return (this.ordered.at(-1)?.position ?? 0) + 1;
  }

  add(job: JobRecord): void {
    this.#jobs.set(job.id, job);
    // The common case, adding at the end, keeps the order.
    if (this.#order && job.position > (this.#order.at(-1)?.position ?? 0)) this.#order.push(job);
    else this.#order = null;
    this.changed(job);
  }

  delete(job: JobRecord): void {
    this.#jobs.delete(job.id);
    this.#order = null;
    this.#unwritten.delete(job);
    this.#changed.delete(job);
    this.#unwrittenRemovals.add(job.id);
    this.#removed.add(job.id);
    this.#announce(job);
  }

  /** Takes a job to another state. One that the table does not allow is a bug, and crashes. */
  move(job: JobRecord, state: JobState): void {
    if (!canTransition(job.state.kind, state.kind)) {
      throw new Error(`A job cannot go from ${job.state.kind} to ${state.kind}`);
    }
    job.state = state;
    this.changed(job);
  }

  /** Something of the job changed that a person sees: stored before anything else happens. */
  changed(job: JobRecord): void {
    if (this.#jobs.get(job.id) !== job) return;
    this.#unwritten.add(job);
    this.#changed.add(job);
    this.#announce(job);
  }

  /** `bytes` more of the job became durable: stored with those of all others, once a second or when there are many. */
  progressed(job: JobRecord, bytes: number): void {
    this.#unwritten.add(job);
    this.#unwrittenBytes += bytes;
    if (this.#unwrittenBytes >= PROGRESS_BYTES) this.#writeNow();
    else this.#writeLater();
  }

  /** Adds a line to the job's activity; it reaches the store within a second. */
  note(job: JobRecord, level: Activity['level'], text: string): void {
    this.#unwrittenActivity.push({ job: job.id, line: { at: this.#clock.now(), level, text } });
    this.#writeLater();
  }

  activity(job: JobRecord): Activity[] {
    const unwritten = this.#unwrittenActivity.filter((entry) => entry.job === job.id).map((entry) => entry.line);
    return [...this.#store.activity(job.id), ...unwritten].slice(-200);
  }

  /** Puts jobs, in the order given, before another one, or at the end. */
  reorder(moving: readonly JobRecord[], before: JobRecord | null): void {
    const set = new Set(moving);
    const rest = this.ordered.filter((job) => !set.has(job));
    const index = before && !set.has(before) ? rest.indexOf(before) : rest.length;
    const low = rest[index - 1]?.position ?? 0;
    const high = rest[index]?.position ?? low + moving.length + 1;
    const step = (high - low) / (moving.length + 1);
    // Halved often enough, a gap is used up: then all positions are given out anew.
    const roomy = step > Math.max(1, Math.abs(high)) * 1e-9;
    const order = roomy ? moving : [...rest.slice(0, index), ...moving, ...rest.slice(index)];
    order.forEach((job, i) => {
      job.position = roomy ? low + step * (i + 1) : i + 1;
      this.changed(job);
    });
    this.#order = null;
  }

  /** Resolves at the next change of a job, or when it goes. @throws unknown-job, the signal's reason */
  async changeOf(id: string, signal: AbortSignal): Promise<void> {
    if (!this.#jobs.has(id)) throw new SluiceError('unknown-job', { id });
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal.reason as Error);
      };
      const waiter = {
        id,
        wake: () => {
          this.#waiters.delete(waiter);
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', onAbort);
    });
  }

  /** What changed since this was asked last. */
  takeChanges(): Changes {
    const changes = { changed: [...this.#changed], removed: [...this.#removed] };
    this.#changed = new Set();
    this.#removed = new Set();
    return changes;
  }

  /** Writes all that is unwritten in one transaction. Why it could not, where that may pass: then it is tried again. */
  write(): SluiceError | null {
    if (this.#closed) return null;
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    if (this.#unwritten.size + this.#unwrittenRemovals.size + this.#unwrittenActivity.length === 0) return null;
    try {
      this.#store.write({
        jobs: this.#unwritten,
        removed: this.#unwrittenRemovals,
        activity: this.#unwrittenActivity,
      });
    } catch (error) {
      // A disk that is full for a while must not end the transfers: all is kept, and written when it can be.
      if (!(error instanceof SluiceError) || !mayPass(error)) throw error;
      process.emitWarning(`The store could not be written: ${String(error.cause)}`, 'SluiceWarning');
      this.#writeLater();
      return error;
    }
    this.#unwritten = new Set();
    this.#unwrittenRemovals = new Set();
    this.#unwrittenActivity = [];
    this.#unwrittenBytes = 0;
    return null;
  }

  /** Writes all, and nothing after it: the store is about to be closed. */
  close(): void {
    this.write();
    this.#cancelWrite?.();
    this.#closed = true;
  }

  #announce(job: JobRecord): void {
    this.#onChange();
    for (const { id, wake } of this.#waiters) if (id === job.id) wake();
    this.#writeNow();
  }

  /** Writes when the code that runs now is through, so that one action on many jobs is one transaction. */
  #writeNow(): void {
    if (this.#writeSoon) return;
    this.#writeSoon = true;
    queueMicrotask(() => {
      this.#writeSoon = false;
      this.write();
    });
  }

  #writeLater(): void {
    this.#cancelWrite ??= this.#clock.after(PROGRESS_MS, () => {
      this.write();
    });
  }
}
