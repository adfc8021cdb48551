import { createStore, type StoreApi } from 'zustand/vanilla';
import type { JobsEvent } from '../../../shared/jobs-event.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { SystemInfo } from '../../../shared/system.ts';
import { jobGroup, jobGroups } from '../../../shared/job-state.ts';
import type { Job, Meter, Totals } from '../../../shared/job.ts';

/** How the window stands with the engine. */
export type Status = 'connecting' | 'live' | 'reconnecting' | 'refused';

/** What the engine last told us. The window shows this and nothing else; it never guesses ahead of the engine. */
export interface Mirror {
  readonly status: Status;
  /** Why the host does not let us in, while the status is “refused”. */
  readonly refusal: 'missing' | 'wrong' | null;
  readonly revision: number;
  readonly jobs: ReadonlyMap<string, Job>;
  /** Ids as the list shows them: unfinished jobs in queue order, then the finished, newest first. */
  readonly order: readonly string[];
  readonly counts: Counts;
  readonly meters: ReadonlyMap<string, Meter>;
  readonly totals: Totals;
  /** Bytes per second over all jobs, one value a second, oldest first, at most 60. */
  readonly rates: readonly number[];
  readonly settings: Settings | null;
  readonly info: SystemInfo | null;
}

export type Counts = Readonly<Record<Group, number>>;
export type MirrorStore = StoreApi<Mirror>;

const noCounts: Counts = { all: 0, active: 0, queued: 0, done: 0, failed: 0, captures: 0 };

export function createMirror(): MirrorStore {
  return createStore<Mirror>(() => ({
    status: 'connecting',
    refusal: null,
    revision: -1,
    jobs: new Map(),
    order: [],
    counts: noCounts,
    meters: new Map(),
    totals: { rate: 0, active: 0 },
    rates: [],
    settings: null,
    info: null,
  }));
}

/**
 * The mirror after an event; null where a change is missing before it (a gap in the revisions), so that only a new
 * snapshot can make it true again.
 */
export function apply(mirror: Mirror, event: JobsEvent): Partial<Mirror> | null {
  if (event.type === 'snapshot') {
    const jobs = new Map(event.jobs.map((job) => [job.id, job]));
    const meters = new Map(event.meters.map((meter) => [meter.id, meter]));
    const { revision, totals, settings } = event;
    return { revision, jobs, order: orderOf(jobs), counts: countsOf(jobs), meters, totals, settings };
  }
  if (event.revision !== mirror.revision + 1) return null;
  return {
    revision: event.revision,
    totals: event.totals,
    ...(event.settings && { settings: event.settings }),
    ...changedJobs(mirror, event),
    ...changedMeters(mirror, event),
  };
}

type Changes = Extract<JobsEvent, { type: 'changes' }>;

function changedJobs(mirror: Mirror, event: Changes): Partial<Mirror> {
  if (event.jobs.length === 0 && event.removed.length === 0) return {};
  const jobs = new Map(mirror.jobs);
  let moved = event.removed.length > 0;
  for (const job of event.jobs) {
    const before = jobs.get(job.id);
    moved ||= !before || before.position !== job.position || isDone(before) !== isDone(job);
    jobs.set(job.id, job);
  }
  for (const id of event.removed) jobs.delete(id);
  return { jobs, counts: countsOf(jobs), ...(moved && { order: orderOf(jobs) }) };
}

function changedMeters(mirror: Mirror, event: Changes): Partial<Mirror> {
  const ended = event.jobs.filter((job) => jobGroup(job.state) !== 'active' && mirror.meters.has(job.id));
  const gone = [...event.removed, ...ended.map((job) => job.id)];
  if (event.meters.length === 0 && gone.length === 0) return {};
  const meters = new Map(mirror.meters);
  for (const meter of event.meters) meters.set(meter.id, meter);
  for (const id of gone) meters.delete(id);
  return { meters };
}

function isDone(job: Job): boolean {
  return job.state.kind === 'completed';
}

function orderOf(jobs: ReadonlyMap<string, Job>): string[] {
  const finishedAt = (job: Job) => (job.state.kind === 'completed' ? job.state.at : -1);
  return [...jobs.values()]
    .toSorted((a, b) => {
      const done = Number(isDone(a)) - Number(isDone(b));
      return done || finishedAt(b) - finishedAt(a) || a.position - b.position;
    })
    .map((job) => job.id);
}

function countsOf(jobs: ReadonlyMap<string, Job>): Counts {
  const counts: Record<Group, number> = { ...noCounts, all: jobs.size };
  for (const job of jobs.values()) {
    counts[jobGroup(job.state)] += 1;
    if (job.kind === 'capture') counts.captures += 1;
  }
  return counts;
}

/** The groups of the sidebar, in its order: by state, and the captures among all. */
export const groups = ['all', ...jobGroups, 'captures'] as const;
export type Group = (typeof groups)[number];

/** True where a group shows a job. */
export function isIn(group: Group, job: Job): boolean {
  if (group === 'all') return true;
  return group === 'captures' ? job.kind === 'capture' : jobGroup(job.state) === group;
}
