import type { Settings } from '../../../shared/settings.ts';
import type { JobStateKind } from '../../../shared/job.ts';
import type { JobList } from './job-list.ts';
import type { JobRecord } from './job-record.ts';

/** States out of which a job still goes on by itself. */
const goesOn: ReadonlySet<JobStateKind> = new Set<JobStateKind>([
  'queued',
  'starting',
  'running',
  'pausing',
  'verifying',
  'waiting',
]);

export interface AllDoneParts {
  readonly list: JobList;
  readonly settings: () => Settings;
  /** A job of an earlier session that waits for the person does not count. */
  readonly isHeld: (job: JobRecord) => boolean;
  /** All is done: what was wished for then. */
  readonly onDone: (what: Exclude<Settings['whenDone'], 'nothing'>) => void;
}

/** Notices when the last job that can run has ended, where that is wished for and at least one was completed since. */
export class AllDone {
  readonly #parts: AllDoneParts;
  #completed = false;
  #checking = false;

  constructor(parts: AllDoneParts) {
    this.#parts = parts;
  }

  /** The wish is new: what was completed before does not count. */
  wish(): void {
    this.#completed = false;
  }

  completed(): void {
    this.#completed = true;
    this.changed();
  }

  /** Something changed: looks when the code that runs now is through. */
  changed(): void {
    if (!this.#completed || this.#checking || this.#parts.settings().whenDone === 'nothing') return;
    this.#checking = true;
    // A task, not a microtask: what ends one job may be about to start another.
    setImmediate(() => {
      this.#checking = false;
      this.#check();
    });
  }

  #check(): void {
    const { isHeld, list, onDone, settings } = this.#parts;
    const { whenDone } = settings();
    if (!this.#completed || whenDone === 'nothing') return;
    if (list.ordered.some((job) => goesOn.has(job.state.kind) && !isHeld(job))) return;
    this.#completed = false;
    onDone(whenDone);
  }
}
