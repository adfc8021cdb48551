/**
 * The queue: which jobs run, and what follows when a run ends. The number of runs is bounded, and a job has at most
 * one. What a run does is its kind's own (work.ts).
 */
import type { Settings } from '../../../shared/settings.ts';
import { toFailure } from '../../../shared/failure.ts';
import { canTransition } from '../../../shared/job-state.ts';
import type { Meter, Priority } from '../../../shared/job.ts';
import type { RunOutcome } from '../flow/index.ts';
import type { Clock } from './clock.ts';
import type { JobList } from './job-list.ts';
import { hostOf, type JobRecord } from './job-record.ts';
import { type Intent, settle } from './outcome.ts';
import type { Recent } from './recent.ts';
import { reserved } from './reservations.ts';
import { type Waiting, Waits } from './waits.ts';
import type { Run, RunHost, Work, Works } from './work.ts';

export interface QueueParts {
  readonly list: JobList;
  /** Makes the work of each kind, which tells the queue of its runs. */
  readonly works: (host: RunHost) => Works;
  readonly recent: Recent;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly isOffline: (host: string) => boolean;
  readonly settings: () => Settings;
  /** Ms since the epoch until which the schedule lets nothing run; null while jobs may. */
  readonly closedUntil: () => number | null;
  readonly onCompleted: () => void;
  /** The number of runs of some kind is another. */
  readonly onRuns: () => void;
}

export class Queue {
  readonly #parts: QueueParts;
  readonly #works: Works;
  readonly #waits: Waits;
  readonly #runs = new Map<string, Run>();
  /** Jobs whose files are being moved or deleted: not to be started before that is done. */
  readonly #occupied = new Map<string, Promise<unknown>>();
  /** Jobs of earlier sessions that are not to start by themselves. */
  readonly #held = new Set<JobRecord>();
  #closing = false;
  #fillSoon = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#waits = new Waits({
      list: parts.list,
      clock: parts.clock,
      isOffline: parts.isOffline,
      onOver: (record) => {
        if (!this.#closing) this.enqueue(record);
      },
    });
    this.#works = parts.works({
      isCurrent: (run) => this.#runs.get(run.record.id) === run,
      started: (run) => {
        parts.list.changed(run.record);
        if (run.record.state.kind === 'starting') parts.list.move(run.record, { kind: 'running' });
      },
      verifying: (run) => {
        const { record } = run;
        if (!run.intent && canTransition(record.state.kind, 'verifying'))
          parts.list.move(record, { kind: 'verifying' });
      },
      parked: (run) => {
        this.#park(run);
      },
      stop: (run, intent) => {
        this.#stop(run.record, intent);
      },
      ended: (run, outcome) => {
        this.#ended(run, outcome);
      },
      runs: () => this.#runs.values(),
      closing: () => this.#closing,
      occupy: (record, work) => this.occupy(record, work),
      discard: (record) => {
        this.discard(record);
      },
    });
  }

  /** The work of a record's kind. */
  workOf<R extends JobRecord>(record: R): Work<R> {
    return this.#works[record.kind] as unknown as Work<R>;
  }

  /** Runs that move, or could. */
  get running(): number {
    let count = 0;
    for (const run of this.#runs.values()) if (!run.parked) count += 1;
    return count;
  }

  /** Runs of one kind that move, or could. */
  runningOf(kind: JobRecord['kind']): number {
    let count = 0;
    for (const run of this.#runs.values()) if (!run.parked && run.record.kind === kind) count += 1;
    return count;
  }

  isRunning(id: string): boolean {
    return this.#runs.get(id)?.live ?? false;
  }

  /** Figures of all runs that go on. */
  meters(): Meter[] {
    const all = Object.values(this.#works).flatMap((work) => [...work.meters()]);
    return all.filter((meter) => this.isRunning(meter.id));
  }

  /** Bytes on a file system that running jobs have still to write. */
  reserved(device: number): number {
    return reserved(this.#runs.values(), device);
  }

  hold(record: JobRecord): void {
    this.#held.add(record);
  }

  isHeld(record: JobRecord): boolean {
    return this.#held.has(record);
  }

  /** Puts a job into the queue, from any state that allows it; one that is held may start then. */
  enqueue(record: JobRecord): void {
    this.#held.delete(record);
    this.#waits.stop(record);
    if (record.state.kind !== 'queued') this.#parts.list.move(record, { kind: 'queued' });
    this.fill();
  }

  pause(record: JobRecord): void {
    const run = this.#runs.get(record.id);
    if (!run) {
      this.#waits.stop(record);
      this.#parts.list.move(record, { kind: 'paused' });
      return;
    }
    if (run.parked) {
      this.#parts.list.move(record, { kind: 'paused' });
      return;
    }
    const work = this.workOf(record);
    if (work.pause && run.live && !run.intent && record.state.kind === 'running') {
      run.intent = { kind: 'pause' };
      this.#parts.list.move(record, { kind: 'pausing' });
      work.pause(record.id);
    } else {
      this.#stop(record, { kind: 'pause' });
    }
  }

  /** Stops for good. The part file goes, and the state is “cancelled” once the run has ended. */
  cancel(record: JobRecord): void {
    if (this.#runs.has(record.id)) {
      this.#stop(record, { kind: 'cancel' });
    } else {
      this.#waits.stop(record);
      this.#parts.list.move(record, { kind: 'cancelled' });
      this.discard(record);
    }
  }

  /** Brings endless work to its end. What does not run now is begun for that. */
  finish(record: JobRecord): void {
    const work = this.workOf(record);
    if (record.kind !== 'capture' || !work.finish) return;
    record.finishing = true;
    this.#parts.list.changed(record);
    const run = this.#runs.get(record.id);
    if (run?.live && !run.intent) work.finish(record.id);
    else if (!run && canTransition(record.state.kind, 'queued')) this.enqueue(record);
  }

  /** Resolves when no run of the job goes on; none will start before it is enqueued again. */
  async retire(record: JobRecord): Promise<void> {
    this.#waits.stop(record);
    this.#held.add(record);
    const run = this.#runs.get(record.id);
    if (run) {
      this.#stop(record, { kind: 'remove' });
      await run.ended;
    }
    await this.#occupied.get(record.id)?.catch(() => {});
  }

  /** Keeps a job from starting while its files are worked on. */
  occupy<T>(record: JobRecord, work: () => Promise<T>): Promise<T> {
    const before = this.#occupied.get(record.id) ?? Promise.resolve();
    const result = before.catch(() => {}).then(work);
    const done = result.finally(() => {
      if (this.#occupied.get(record.id) === done) this.#occupied.delete(record.id);
      this.fill();
    });
    done.catch(() => {});
    this.#occupied.set(record.id, done);
    return result;
  }

  /** Deletes the part file and forgets the progress. */
  discard(record: JobRecord): void {
    void this.occupy(record, () => this.startOver(record)).catch((error: unknown) => {
      this.#parts.list.note(record, 'warning', toFailure(error).message);
    });
  }

  /** The work of `discard`, for use inside `occupy`. */
  startOver(record: JobRecord): Promise<void> {
    return this.workOf(record).startOver(record);
  }

  /** Starts what may start, when the code that runs now is through. */
  fill(): void {
    if (this.#fillSoon) return;
    this.#fillSoon = true;
    queueMicrotask(() => {
      this.#fillSoon = false;
      this.#fill();
    });
  }

  #fill(): void {
    if (this.#closing) return;
    const { list, settings } = this.#parts;
    // A capture has no end: it takes no place from what has one.
    const room = settings().maxActive - (this.running - this.runningOf('capture'));
    const ready: Record<Priority, JobRecord[]> = { high: [], normal: [], low: [] };
    for (const record of list.ordered) {
      if (record.state.kind !== 'queued' || this.#held.has(record)) continue;
      if (this.#occupied.has(record.id)) continue;
      const run = this.#runs.get(record.id);
      // One that is told to end, parked or not, ends first.
      if (run && !(run.parked && run.intent?.kind === 'pause')) continue;
      const putOff = this.#putOff(record);
      if (putOff) this.#moveToWaiting(record, putOff);
      else if (record.kind === 'capture') this.#start(record);
      else if (ready[record.priority].length < room) ready[record.priority].push(record);
    }
    for (const record of [...ready.high, ...ready.normal, ...ready.low].slice(0, Math.max(0, room))) {
      this.#start(record);
    }
  }

  /** The state of a job whose time has not come; null where it may run. */
  #putOff({ startAt, tries }: JobRecord): Waiting | null {
    const closedUntil = this.#parts.closedUntil();
    const attempt = tries + 1;
    if (startAt !== null && startAt > this.#parts.clock.now()) {
      return { kind: 'waiting', reason: 'start-at', until: startAt, attempt };
    }
    return closedUntil === null ? null : { kind: 'waiting', reason: 'schedule', until: closedUntil, attempt };
  }

  #moveToWaiting(record: JobRecord, state: Waiting): void {
    this.#parts.list.move(record, state);
    // Those that the schedule stops are told by the timetable.
    if (state.reason !== 'schedule') this.#waits.start(record, state);
  }

  /** The schedule lets jobs run, or does not any more. Verifying needs no network, and goes on. */
  timetableChanged(): void {
    const { closedUntil, list } = this.#parts;
    if (this.#closing) return;
    for (const { record, intent } of this.#runs.values()) {
      if (closedUntil() !== null && !intent && record.state.kind !== 'verifying') {
        this.#stop(record, { kind: 'put-off' });
      }
    }
    for (const record of list.ordered) {
      if (record.state.kind === 'waiting' && record.state.reason === 'schedule') list.move(record, { kind: 'queued' });
    }
    this.fill();
  }

  /** The job's time to start is another: what waits or runs is looked at anew. */
  retime(record: JobRecord): void {
    const { state } = record;
    const putOff = this.#putOff(record);
    const run = this.#runs.get(record.id);
    if (run && putOff?.reason === 'start-at' && !run.intent) this.#stop(record, { kind: 'put-off' });
    const waits = state.kind === 'waiting' && (state.reason === 'start-at' || putOff?.reason === 'start-at');
    if (waits) this.enqueue(record);
    else this.fill();
  }

  #start(record: JobRecord): void {
    record.startAt = null;
    const parked = this.#runs.get(record.id);
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

  /** The run holds still: its job is paused, and another one may take its place. */
  #park(run: Run): void {
    if (run.intent?.kind !== 'pause' || run.record.state.kind !== 'pausing') return;
    run.parked = true;
    this.#parts.list.move(run.record, { kind: 'paused' });
    this.#parts.onRuns();
    this.fill();
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

  #stop(record: JobRecord, intent: Intent): void {
    const { list } = this.#parts;
    const run = this.#runs.get(record.id);
    if (!run) return;
    const isAsked = this.#isAskedToEnd(run);
    run.intent = intent;
    if (canTransition(record.state.kind, 'pausing')) list.move(record, { kind: 'pausing' });
    if (run.live && !isAsked) this.workOf(record).stop(record.id);
  }

  /** A run that is being held, or is held, was only asked to hold still. */
  #isAskedToEnd({ intent, record }: Run): boolean {
    return intent !== null && !(intent.kind === 'pause' && this.workOf(record).pause);
  }

  #ended(run: Run, outcome: RunOutcome): void {
    const { clock, isOffline, list, onCompleted, onRuns, random, recent } = this.#parts;
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
      const offline = isOffline(hostOf(record));
      if (run.parked && intent?.kind === 'pause' && outcome.kind !== 'completed') {
        this.#endedWhilePaused(record, outcome);
      } else if (!offline && work.otherWay?.(run, outcome)) {
        list.move(record, { kind: 'queued' });
      } else {
        const circumstances = { tries: record.tries, now: clock.now(), random: random(), offline };
        const { state, tries } = settle(work.ending?.(record, outcome) ?? outcome, intent, circumstances);
        record.tries = tries;
        list.move(record, state);
        if (state.kind === 'cancelled' && intent?.kind === 'cancel') this.discard(record);
        if (state.kind === 'waiting') this.#waits.start(record, state);
        if ('failure' in state && state.failure) list.note(record, 'warning', state.failure.message);
      }
    }
    if (outcome.kind === 'completed') onCompleted();
    run.end();
    onRuns();
    this.fill();
  }

  /** What held still was let go, or lost what it held: the job is as paused as before, and goes on from its journal. */
  #endedWhilePaused(record: JobRecord, outcome: RunOutcome): void {
    const { list } = this.#parts;
    if ('failure' in outcome) list.note(record, 'warning', outcome.failure.message);
    if (record.state.kind === 'queued') return;
    list.changed(record);
  }

  /** Stops all runs; resolves when each has ended. Their jobs go on at the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#waits.stopAll();
    const runs = [...this.#runs.values()];
    for (const run of runs) if (run.live && !this.#isAskedToEnd(run)) this.workOf(run.record).stop(run.record.id);
    await Promise.all(runs.map((run) => run.ended));
    await Promise.allSettled(this.#occupied.values());
  }
}
