/** What the queue needs of each kind of job: how a run is begun and stopped, and what its end means. */
import type { Job, JobDetail, Meter } from '../../../shared/job.ts';
import type { RunOutcome } from '../flow/index.ts';
import type { JobRecord } from './job-record.ts';
import type { Intent } from './outcome.ts';

/** A run: the time from “starting” until its room said how it ended. A job has at most one. */
export interface Run<R extends JobRecord = JobRecord> {
  readonly record: R;
  /** The file system it writes to; null while that is not known. */
  device: number | null;
  /** Why it was asked to stop; null while it may go on. */
  intent: Intent | null;
  /** False while it is prepared: its room does not know of it yet. */
  live: boolean;
  /** True while it is held without moving: its job is paused, and it takes nobody's place. */
  parked: boolean;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** What a kind of work tells the queue about a run. */
export interface RunHost {
  /** False once another run, or none, has its place. */
  readonly isCurrent: (run: Run) => boolean;
  /** The source answered, and the record has what it said. */
  readonly started: (run: Run) => void;
  readonly verifying: (run: Run) => void;
  readonly parked: (run: Run) => void;
  /** Stops a run that cannot go on. */
  readonly stop: (run: Run, intent: Intent) => void;
  readonly ended: (run: Run, outcome: RunOutcome) => void;
  readonly runs: () => Iterable<Run>;
  /** True while the engine closes: nothing new is begun. */
  readonly closing: () => boolean;
  /** Keeps a job from starting while its files are worked on. */
  readonly occupy: <T>(record: JobRecord, work: () => Promise<T>) => Promise<T>;
  readonly discard: (record: JobRecord) => void;
}

/** What only the room of a kind knows of a job in detail. */
export type OwnDetail<D = JobDetail> = D extends JobDetail ? Omit<D, 'activity' | 'file' | 'rates'> : never;

export interface Work<R extends JobRecord = JobRecord> {
  /**
   * Makes ready what a run needs; the result begins it.
   * @throws what a person has to lift first
   */
  prepare(run: Run<R>): Promise<() => void>;
  stop(id: string): void;
  /** Holds a run without ending it; missing where a kind stops instead. */
  readonly pause?: (id: string) => void;
  readonly resume?: (id: string) => void;
  /** Brings endless work to its end; missing where it ends by itself. */
  readonly finish?: (id: string) => void;
  setLimit(id: string, bytesPerSecond: number | null): void;
  meters(): readonly Meter[];
  /** What is known of a job now, running or not. */
  detail(record: R, running: boolean): OwnDetail;
  /** How a run ended for its job. */
  readonly ending?: (record: R, outcome: RunOutcome) => RunOutcome;
  /** True where there is another way to go at once. */
  readonly otherWay?: (run: Run<R>, outcome: RunOutcome) => boolean;
  /** Notes in the record what was completed. */
  accomplish(record: R, done: { readonly name: string; readonly size: number }): void;
  /** Deletes the unfinished files and forgets the progress. */
  startOver(record: R): Promise<void>;
  /** Deletes what this job made: finished files or unfinished ones. Nothing else. */
  deleteFiles(record: R): Promise<void>;
  /** The finished file, else the one in the making. */
  fileOf(record: R): string;
}

/** Work by kind, typed so that a record meets the work of its own kind. */
export type Works = { readonly [K in Job['kind']]: Work<Extract<JobRecord, { kind: K }>> };
