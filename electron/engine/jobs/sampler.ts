/** One timer for all that is told: reads the meters 4 times a second, and tells the watchers what changed. */
import type { JobsEvent } from '../../../shared/jobs-event.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Meter, Totals } from '../../../shared/job.ts';
import type { Clock } from './clock.ts';
import type { JobList } from './job-list.ts';
import { toJob } from './job-record.ts';
import type { Recent } from './recent.ts';

/** Ms between two events where only figures change. */
const PERIOD_MS = 250;
/** Least ms between two events: a job that changed is told before a person waits for it, and many are told together. */
const SOON_MS = 50;

export interface SamplerParts {
  readonly list: JobList;
  /** The figures of all runs that go on. */
  readonly meters: () => readonly Meter[];
  readonly recent: Recent;
  readonly clock: Clock;
  /** Runs that go on. */
  readonly running: () => number;
  readonly settings: () => Settings;
}

export class Sampler {
  readonly #parts: SamplerParts;
  readonly #listeners = new Set<(event: JobsEvent) => void>();
  #revision = 0;
  #last = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;
  /** When the timer ends, where there is one. */
  #due = 0;
  #sent = new Map<string, Meter>();
  #sentTotals: Totals = { rate: 0, active: 0 };
  #sentSettings: Settings;

  constructor(parts: SamplerParts) {
    this.#parts = parts;
    this.#sentSettings = parts.settings();
  }

  /** The snapshot at once, then changes. Returns what ends it. */
  subscribe(listener: (event: JobsEvent) => void): () => void {
    const { list, settings } = this.#parts;
    const meters = this.#readMeters();
    listener({
      type: 'snapshot',
      revision: this.#revision,
      jobs: list.ordered.map(toJob),
      meters,
      totals: this.#totals(meters),
      settings: settings(),
    });
    this.#listeners.add(listener);
    this.touch();
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Something changed: tells it soon. */
  touch(): void {
    this.#tellAfter(SOON_MS);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = () => {};
    this.#due = Number.NEGATIVE_INFINITY;
    this.#listeners.clear();
  }

  /** Tells what changed so many ms after it was done last, or now. */
  #tellAfter(ms: number): void {
    const due = this.#last + ms;
    if (this.#cancel && this.#due <= due) return;
    this.#cancel?.();
    this.#due = due;
    const { clock } = this.#parts;
    this.#cancel = clock.after(Math.max(0, due - clock.now()), () => this.#tick());
  }

  #tick(): void {
    const { clock, list, running, settings } = this.#parts;
    this.#cancel = null;
    this.#last = clock.now();
    const meters = this.#readMeters();
    const moved = meters.filter((meter) => differs(meter, this.#sent.get(meter.id)));
    this.#sent = new Map(meters.map((meter) => [meter.id, meter]));
    const { changed, removed } = list.takeChanges();
    const totals = this.#totals(meters);
    const now = settings();
    const news =
      moved.length + changed.length + removed.length > 0 ||
      now !== this.#sentSettings ||
      totals.rate !== this.#sentTotals.rate ||
      totals.active !== this.#sentTotals.active;
    if (news) {
      this.#revision += 1;
      const event: JobsEvent = {
        type: 'changes',
        revision: this.#revision,
        jobs: this.#listeners.size > 0 ? changed.map(toJob) : [],
        removed: [...removed],
        meters: moved,
        totals,
        ...(now === this.#sentSettings ? {} : { settings: now }),
      };
      for (const listener of this.#listeners) listener(event);
    }
    this.#sentTotals = totals;
    this.#sentSettings = now;
    if (running() > 0) this.#tellAfter(PERIOD_MS);
  }

  /** The meters of all runs that go on; their jobs are told too. */
  #readMeters(): Meter[] {
    const { list, recent, clock } = this.#parts;
    const meters = [...this.#parts.meters()];
    const now = clock.now();
    for (const meter of meters) {
      const job = list.get(meter.id);
      if (job) job.meter = meter;
      recent.sample(meter.id, meter.done, now);
    }
    return meters;
  }

  #totals(meters: readonly Meter[]): Totals {
    return { rate: meters.reduce((sum, meter) => sum + meter.rate, 0), active: this.#parts.running() };
  }
}

function differs(a: Meter, b: Meter | undefined): boolean {
  return (
    b === undefined ||
    a.done !== b.done ||
    a.rate !== b.rate ||
    a.eta !== b.eta ||
    a.active !== b.active ||
    a.bottleneck !== b.bottleneck ||
    a.verified !== b.verified ||
    a.rows !== b.rows ||
    a.rowRate !== b.rowRate ||
    a.dropped !== b.dropped
  );
}
