/**
 * The runs there are, from “starting” until their rooms say how they ended, and what follows then for their jobs. What a
 * run does is its kind's own (work.ts).
 */
import { toFailure } from '../../../shared/failure.ts';
import { canTransition } from '../../../shared/job-state.ts';
import type { Meter } from '../../../shared/job.ts';
import type { RunOutcome } from '../flow/index.ts';
import type { Clock } from './clock.ts';
import type { JobList } from './job-list.ts';
import { hostOf, type JobRecord } from './job-record.ts';
import type { Occupied } from './occupied.ts';
import { type Intent, settle, stopping } from './outcome.ts';
import type { Recent } from './recent.ts';
import { reserved } from './reservations.ts';
import type { Waits } from './waits.ts';
import type { Run, RunHost, Work, Works } from './work.ts';

export interface RunsParts {
  readonly list: JobList;
  /** Makes the work of each kind, which tells of its runs. */
  readonly works: (host: RunHost) => Works;
  readonly waits: Waits;
  readonly occupied: Occupied;
  readonly recent: Recent;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly isOffline: (host: string) => boolean;
  readonly onCompleted: () => void;
  /** The number of runs of some kind is another. */
  readonly onRuns: () => void;
  /** Another job may have a place now. */
  readonly onPlace: () => void;
}

export class Runs {
  readonly #parts: RunsParts;
  readonly #works: Works;
  readonly #runs = new Map<string, Run>();
  #closing = false;

  constructor(parts: RunsParts) {
    const { list, occupied } = parts;
    this.#parts = parts;
    this.#works = parts.works({
      isCurrent: (run) => this.get(run.record) === run,
      started: (run) => {
        list.changed(run.record);
        if (run.record.state.kind === 'starting') list.move(run.record, { kind: 'running' });
      },
      verifying: ({ intent, record }) => {
        if (!intent && canTransition(record.state.kind, 'verifying')) list.move(record, { kind: 'verifying' });
      },
      parked: (run) => {
        this.#park(run);
      },
      stop: (run, intent) => {
        if (this.get(run.record) === run) this.stop(run, intent);
      },
      ended: (run, outcome) => {
        this.#ended(run, outcome);
      },
      runs: () => this.#runs.values(),
      closing: () => this.#closing,
      occupy: (record, work) => occupied.occupy(record, work),
      discard: (record) => {
        this.discard(record);
      },
    });
  }

  /** The work of a record's kind. */
  workOf<R extends JobRecord>(record: R): Work<R> {
    return this.#works[record.kind] as unknown as Work<R>;
  }

  get(record: JobRecord): Run | undefined {
    return this.#runs.get(record.id);
  }

  all(): Iterable<Run> {
    return this.#runs.values();
  }

  /** True while the engine closes: nothing new is begun. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Runs that move, or could. */
  get moving(): number {
    return this.#moving().length;
  }

  /** Runs of one kind that move, or could. */
  movingOf(kind: JobRecord['kind']): number {
    return this.#moving().filter(({ record }) => record.kind === kind).length;
  }

  #moving(): Run[] {
    return [...this.#runs.values()].filter(({ parked }) => !parked);
  }

  isRunning(id: string): boolean {
    return this.#runs.get(id)?.live ?? false;
  }

  /** Figures of all runs that go on. */
  meters(): Meter[] {
    const all = Object.values(this.#works).flatMap((work) => [...work.meters()]);
    return all.filter((meter) => this.isRunning(meter.id));
  }

  /** Bytes of a file system that running jobs have still to take; to be asked after its free space. */
  reserved(device: number): Promise<number> {
    return reserved(this.#runs.values(), device);
  }

  /** Begins a run, or lets the one that is parked go on. */
  start(record: JobRecord): void {
    const parked = this.get(record);
    if (parked) {
      this.#unpark(parked);
      return;
    }
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const run: Run = { record, device: null, intent: null, live: false, parked: false, ended, end };
    this.#runs.set(record.id, run);
    this.#parts.list.move(record, { kind: 'starting' });
    this.#parts.onRuns();
    void this.#begin(run);
  }

  async #begin(run: Run): Promise<void> {
    const { record } = run;
    const work = this.workOf(record);
    let start: () => void;
    try {
      start = await work.prepare(run);
    } catch (error) {
      const failure = toFailure(error);
      this.#ended(run, { kind: failure.code === 'internal' ? 'failed' : 'attention', failure });
      return;
    }
    if (run.intent || this.#closing) {
      this.#ended(run, { kind: 'stopped' });
      return;
    }
    run.live = true;
    start();
    if (record.kind === 'capture' && record.finishing) work.finish?.(record.id);
  }

  /** Holds a run that is not parked where its kind can be held; else stops it. */
  pause(run: Run): void {
    const { record } = run;
    const work = this.workOf(record);
    if (work.pause && run.live && !run.intent && record.state.kind === 'running') {
      run.intent = { kind: 'pause' };
      this.#parts.list.move(record, { kind: 'pausing' });
      work.pause(record.id);
    } else {
      this.stop(run, { kind: 'pause' });
    }
  }

  /** The run holds still: its job is paused, and another one may take its place. */
  #park(run: Run): void {
    if (run.intent?.kind !== 'pause' || run.record.state.kind !== 'pausing') return;
    run.parked = true;
    this.#parts.list.move(run.record, { kind: 'paused' });
    this.#parts.onRuns();
    this.#parts.onPlace();
  }

  #unpark(run: Run): void {
    const { list, onRuns } = this.#parts;
    run.parked = false;
    run.intent = null;
    list.move(run.record, { kind: 'starting' });
    list.move(run.record, { kind: 'running' });
    onRuns();
    this.workOf(run.record).resume?.(run.record.id);
  }

  stop(run: Run, intent: Intent): void {
    const { list } = this.#parts;
    const { record } = run;
    const isAsked = this.#isAskedToEnd(run);
    run.intent = intent;
    if (canTransition(record.state.kind, 'pausing')) {
      list.move(record, stopping(intent));
    } else if (record.state.kind === 'pausing') {
      record.state = stopping(intent);
      list.changed(record);
    }
    if (run.live && !isAsked) this.workOf(record).stop(record.id);
  }

  /** A run that is being held, or is held, was only asked to hold still. */
  #isAskedToEnd({ intent, record }: Run): boolean {
    return intent !== null && !(intent.kind === 'pause' && this.workOf(record).pause);
  }

  #ended(run: Run, outcome: RunOutcome): void {
    const { clock, isOffline, list, onCompleted, onPlace, onRuns, random, recent, waits } = this.#parts;
    const { record } = run;
    const work = this.workOf(record);
    // What held still was let go just when it was told to go on: it goes on from its journal.
    const intent: Intent | null =
      run.intent ?? (outcome.kind === 'stopped' && work.pause && !this.#closing ? { kind: 'put-off' } : null);
    this.#runs.delete(record.id);
    recent.interrupt(record.id);
    record.meter = null;
    // A quit is no pause: what the store says now goes on by itself at the next start.
    const goesOnLater = this.#closing && !intent && (outcome.kind === 'stopped' || outcome.kind === 'retry');
    if (!goesOnLater) {
      if (outcome.kind === 'completed') work.accomplish(record, outcome);
      const host = hostOf(record);
      const offline = isOffline(host);
      if (run.parked && intent?.kind === 'pause' && outcome.kind !== 'completed') {
        this.#endedWhilePaused(record, outcome);
      } else if (!offline && work.otherWay?.(run, outcome)) {
        list.move(record, { kind: 'queued' });
      } else {
        const circumstances = {
          tries: record.tries,
          now: clock.now(),
          random: random(),
          offline,
          origin: 'url' in record ? new URL(record.url).origin : null,
          isServing: this.#isServing(host),
          begun: record.journal !== null,
        };
        const { state, tries } = settle(work.ending?.(record, outcome) ?? outcome, intent, circumstances);
        record.tries = tries;
        list.move(record, state);
        if (state.kind === 'cancelled' && intent?.kind === 'cancel') this.discard(record);
        if (state.kind === 'waiting') waits.start(record, state);
        if ('failure' in state && state.failure) list.note(record, 'warning', state.failure.message);
      }
    }
    if (outcome.kind === 'completed') onCompleted();
    run.end();
    onRuns();
    onPlace();
  }

  /** Whether some job receives from this host now. */
  #isServing(host: string): boolean {
    return [...this.#runs.values()].some(({ record }) => record.state.kind === 'running' && hostOf(record) === host);
  }

  /** What held still was let go, or lost what it held: the job is as paused as before, and goes on from its journal. */
  #endedWhilePaused(record: JobRecord, outcome: RunOutcome): void {
    const { list } = this.#parts;
    if ('failure' in outcome) list.note(record, 'warning', outcome.failure.message);
    if (record.state.kind === 'queued') return;
    list.changed(record);
  }

  /** Deletes the part file and forgets the progress. */
  discard(record: JobRecord): void {
    const { list, occupied } = this.#parts;
    const done = occupied.occupy(record, () => this.workOf(record).startOver(record));
    done.catch((error: unknown) => {
      list.note(record, 'warning', toFailure(error).message);
    });
  }

  /** Stops all runs; resolves when each has ended. Their jobs go on at the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    const runs = [...this.#runs.values()];
    for (const run of runs) if (run.live && !this.#isAskedToEnd(run)) this.workOf(run.record).stop(run.record.id);
    await Promise.all(runs.map((run) => run.ended));
  }
}
