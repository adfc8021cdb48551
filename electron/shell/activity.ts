/** What the jobs are doing, in the few figures that a tray icon or a taskbar can show, and what has just ended. */
import type { JobsEvent } from '../../shared/jobs-event.ts';
import type { Settings } from '../../shared/settings.ts';
import type { Job, Meter } from '../../shared/job.ts';
import { jobGroup } from '../../shared/job-state.ts';

export interface Activity {
  /** Jobs that move bytes or are about to. */
  readonly running: number;
  /** Jobs that a person has paused. */
  readonly paused: number;
  /** Jobs that stopped and want a person. */
  readonly attention: number;
  /** 0 to 1 over the jobs at work; null where a size is unknown or nothing is at work. */
  readonly fraction: number | null;
  /** Bytes per second over all jobs. */
  readonly rate: number;
}

/** A job that has just left work: completed, failed, or in need of a decision. */
export interface Ending {
  readonly job: Job;
  readonly kind: 'completed' | 'failed' | 'attention';
}

export interface Change {
  readonly activity: Activity;
  readonly endings: readonly Ending[];
  readonly settings: Settings | null;
}

/** Follows the engine's events. What is already over in the first snapshot is not an ending. */
export function createActivity(): (event: JobsEvent) => Change {
  let known = false;
  let jobs = new Map<string, Job>();
  let meters = new Map<string, Meter>();

  return (event) => {
    const endings = known ? event.jobs.flatMap((job) => endingOf(jobs.get(job.id), job)) : [];
    known = true;
    if (event.type === 'snapshot') {
      jobs = new Map();
      meters = new Map();
    } else {
      for (const id of event.removed) jobs.delete(id);
    }
    for (const job of event.jobs) jobs.set(job.id, job);
    for (const meter of event.meters) meters.set(meter.id, meter);
    return { activity: sum(jobs.values(), meters, event.totals.rate), endings, settings: event.settings ?? null };
  };
}

function endingOf(before: Job | undefined, job: Job): Ending[] {
  const { kind } = job.state;
  if (!before || before.state.kind === kind) return [];
  return kind === 'completed' || kind === 'failed' || kind === 'attention' ? [{ job, kind }] : [];
}

function sum(jobs: Iterable<Job>, meters: ReadonlyMap<string, Meter>, rate: number): Activity {
  let running = 0;
  let paused = 0;
  let attention = 0;
  let done = 0;
  let size: number | null = 0;
  for (const job of jobs) {
    const { kind } = job.state;
    if (kind === 'paused') paused += 1;
    if (kind === 'attention') attention += 1;
    if (jobGroup(job.state) !== 'active') continue;
    if (kind !== 'waiting') running += 1;
    done += meters.get(job.id)?.done ?? job.done;
    size = size === null || job.size === null ? null : size + job.size;
  }
  return { running, paused, attention, fraction: size ? Math.min(1, done / size) : null, rate };
}
