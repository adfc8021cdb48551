/** The queue: which jobs run, and when. The number of runs is bounded, and a job has at most one. */
import type { Priority } from '../../../shared/job.ts';
import { canTransition } from '../../../shared/job-state.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Clock } from './clock.ts';
import type { JobList } from './job-list.ts';
import type { JobRecord } from './job-record.ts';
import type { Occupied } from './occupied.ts';
import type { Runs } from './runs.ts';
import type { Waiting, Waits } from './waits.ts';

export interface QueueParts {
  readonly list: JobList;
  readonly runs: Runs;
  readonly waits: Waits;
  readonly occupied: Occupied;
  readonly clock: Clock;
  readonly settings: () => Settings;
  /** Ms since the epoch until which the schedule lets nothing run; null while jobs may. */
  readonly closedUntil: () => number | null;
}

export class Queue {
  readonly #parts: QueueParts;
  /** Jobs of earlier sessions that are not to start by themselves. */
  readonly #held = new WeakSet<JobRecord>();
  #fillSoon = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  hold(record: JobRecord): void {
    this.#held.add(record);
  }

  isHeld(record: JobRecord): boolean {
    return this.#held.has(record);
  }

  /** Puts a job into the queue, from any state that allows it; one that is held may start then. */
  enqueue(record: JobRecord): void {
    const { list, waits } = this.#parts;
    this.#held.delete(record);
    waits.stop(record);
    if (record.state.kind !== 'queued') list.move(record, { kind: 'queued' });
    this.fill();
  }

  pause(record: JobRecord): void {
    const { list, runs, waits } = this.#parts;
    const run = runs.get(record);
    if (run && !run.parked) {
      runs.pause(run);
    } else {
      waits.stop(record);
      list.move(record, { kind: 'paused' });
    }
  }

  /** Stops for good. The part file goes, and the state is “cancelled” once the run has ended. */
  cancel(record: JobRecord): void {
    const { list, runs, waits } = this.#parts;
    const run = runs.get(record);
    waits.stop(record);
    if (run) {
      runs.stop(run, { kind: 'cancel' });
    } else {
      list.move(record, { kind: 'cancelled' });
      runs.discard(record);
    }
  }

  /** Brings endless work to its end. What does not run now is begun for that. */
  finish(record: JobRecord): void {
    const { list, runs } = this.#parts;
    const work = runs.workOf(record);
    if (record.kind !== 'capture' || !work.finish) return;
    record.finishing = true;
    list.changed(record);
    const run = runs.get(record);
    if (run?.live && !run.intent) work.finish(record.id);
    else if (!run && canTransition(record.state.kind, 'queued')) this.enqueue(record);
  }

  /** Takes a job out of the queue; the end of its run, where it has one. */
  retire(record: JobRecord): Promise<void> | undefined {
    const { list, runs, waits } = this.#parts;
    waits.stop(record);
    const run = runs.get(record);
    if (run) runs.stop(run, { kind: 'remove' });
    else if (record.state.kind === 'queued' || record.state.kind === 'waiting') list.move(record, { kind: 'paused' });
    return run?.ended;
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
    const { list, occupied, runs, settings } = this.#parts;
    if (runs.closing) return;
    // A capture has no end: it takes no place from what has one.
    const room = settings().maxActive - (runs.moving - runs.movingOf('capture'));
    const ready: Record<Priority, JobRecord[]> = { high: [], normal: [], low: [] };
    for (const record of list.ordered) {
      if (record.state.kind !== 'queued' || this.#held.has(record) || occupied.has(record)) continue;
      const run = runs.get(record);
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

  #start(record: JobRecord): void {
    record.startAt = null;
    this.#parts.runs.start(record);
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
    if (state.reason !== 'schedule') this.#parts.waits.start(record, state);
  }

  /** The schedule lets jobs run, or does not any more. Verifying needs no network, and goes on. */
  timetableChanged(): void {
    const { closedUntil, list, runs } = this.#parts;
    if (runs.closing) return;
    if (closedUntil() !== null) {
      for (const run of runs.all()) {
        if (!run.intent && run.record.state.kind !== 'verifying') runs.stop(run, { kind: 'put-off' });
      }
    }
    for (const record of list.ordered) {
      if (record.state.kind === 'waiting' && record.state.reason === 'schedule') list.move(record, { kind: 'queued' });
    }
    this.fill();
  }

  /** The job's time to start is another: what waits or runs is looked at anew. */
  retime(record: JobRecord): void {
    const { runs } = this.#parts;
    const { state } = record;
    const putOff = this.#putOff(record);
    const run = runs.get(record);
    if (run && putOff?.reason === 'start-at' && !run.intent) runs.stop(run, { kind: 'put-off' });
    const waits = state.kind === 'waiting' && (state.reason === 'start-at' || putOff?.reason === 'start-at');
    if (waits) this.enqueue(record);
    else this.fill();
  }

  /** Stops all runs; resolves when each has ended. Their jobs go on at the next start. */
  async close(): Promise<void> {
    const { occupied, runs, waits } = this.#parts;
    await runs.close();
    waits.stopAll();
    await occupied.allFreed();
  }
}
