/** The timers of jobs that wait: for a time, for the network, or to try again. */
import type { JobState } from '../../../shared/job.ts';
import { OFFLINE_POLL_MS } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { JobList } from './job-list.ts';
import { hostOf, type JobRecord } from './job-record.ts';
import { RECHECK_MS } from './timetable.ts';

export type Waiting = Extract<JobState, { kind: 'waiting' }>;

export interface WaitParts {
  readonly list: JobList;
  readonly clock: Clock;
  readonly isOffline: (host: string) => boolean;
  /** The wait is over. */
  readonly onOver: (record: JobRecord) => void;
}

export class Waits {
  readonly #parts: WaitParts;
  readonly #timers = new Map<string, () => void>();

  constructor(parts: WaitParts) {
    this.#parts = parts;
  }

  /** Starts the wait of a job that waits. For a time of day the clock is looked at again and again. */
  start(record: JobRecord, { until, reason }: Waiting): void {
    const { clock, isOffline, list, onOver } = this.#parts;
    const left = Math.max(0, until - clock.now());
    const cancel = clock.after(reason === 'start-at' ? Math.min(left, RECHECK_MS) : left, () => {
      this.#timers.delete(record.id);
      const { state } = record;
      if (state.kind !== 'waiting') return;
      if (reason === 'start-at' && until > clock.now()) {
        this.start(record, state);
      } else if (reason === 'offline' && isOffline(hostOf(record))) {
        const longer = { ...state, until: clock.now() + OFFLINE_POLL_MS };
        record.state = longer;
        list.changed(record);
        this.start(record, longer);
      } else {
        onOver(record);
      }
    });
    this.#timers.set(record.id, cancel);
  }

  stop(record: JobRecord): void {
    this.#timers.get(record.id)?.();
    this.#timers.delete(record.id);
  }

  stopAll(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}
