/** One timer for all figures: reads the meters, tells the watchers what changed. At most 4 times a second. */
import type { JobsEvent } from '../../../shared/jobs-event.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Meter, Totals } from '../../../shared/job.ts';
import type { Clock } from './clock.ts';
import type { JobList } from './job-list.ts';
import { toJob } from './job-record.ts';
import type { Recent } from './recent.ts';

const PERIOD_MS = 250;

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

  /** Something changed: tells it as soon as the rhythm allows. */
  touch(): void {
    const wait = Math.max(0, this.#last + PERIOD_MS - this.#parts.clock.now());
    this.#cancel ??= this.#parts.clock.after(wait, () => {
      this.#tick();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = () => {};
    this.#listeners.clear();
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
    if (running() > 0) this.touch();
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
