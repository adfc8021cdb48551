import type { Settings } from '../../../shared/settings.ts';
import type { Clock } from './clock.ts';
import { opensAt, windowAt } from '../../../shared/schedule.ts';

/**
 * A clock may be set, and a computer may sleep: whoever waits for a time of day looks at the clock at least this often
 * (ms), and no timer is ever longer than Node's timers can be.
 */
export const RECHECK_MS = 15_000;

/** What is shown as the end of a schedule that lets nothing run all week. */
const WEEK_MS = 7 * 24 * 3_600_000;

export interface TimetableParts {
  readonly clock: Clock;
  readonly settings: () => Settings;
  /** The limit over all jobs is another. */
  readonly onLimit: (bytesPerSecond: number | null) => void;
  /** Jobs may run now, or may not any more. */
  readonly onChange: () => void;
}

/** Applies the schedule as time goes by: the limit over all jobs, and whether any may run. */
export class Timetable {
  readonly #parts: TimetableParts;
  #applied: number | null | undefined;
  #closedUntil: number | null = null;
  #cancel: (() => void) | null = null;

  constructor(parts: TimetableParts) {
    this.#parts = parts;
  }

  /** Ms since the epoch until which nothing may run; null while jobs may. */
  get closedUntil(): number | null {
    return this.#closedUntil;
  }

  /** Looks at the clock and at the settings, now and from now on. */
  refresh(): void {
    const { clock, onChange, onLimit, settings } = this.#parts;
    const { schedule, limit: usual } = settings();
    const now = clock.now();
    const date = new Date(now);
    const window = windowAt(schedule, date);
    const limit = window ? window.limit : usual;
    if (limit !== 0 && limit !== this.#applied) {
      this.#applied = limit;
      onLimit(limit);
    }
    const closedUntil = limit === 0 ? (opensAt(schedule, date)?.getTime() ?? now + WEEK_MS) : null;
    const changed = closedUntil !== this.#closedUntil;
    this.#closedUntil = closedUntil;
    this.stop();
    if (schedule.length > 0) {
      this.#cancel = clock.after(Math.min(RECHECK_MS, 60_000 - (now % 60_000)), () => {
        this.refresh();
      });
    }
    if (changed) onChange();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
