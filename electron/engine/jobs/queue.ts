/**
 * The queue: which jobs run, and what follows when a run ends. A run is the time from “starting” until the download
 * room said how it ended; the number of runs is bounded, and a job has at most one.
 */
import type { Settings } from '../../../shared/contract.ts';
import { failure as failureOf, SluiceError, toFailure } from '../../../shared/failure.ts';
import { canTransition } from '../../../shared/job-state.ts';
import type { DownloadEvent, DownloadJournal, DownloadOutcome, Downloads, DownloadSpec } from '../download/types.ts';
import { deletePart, inodeOf, reclaimPart, type Space } from '../files/index.ts';
import { OFFLINE_POLL_MS } from './backoff.ts';
import type { Clock } from './clock.ts';
import { forgetProgress, makeFolder } from './job-files.ts';
import type { JobList } from './job-list.ts';
import type { JobRecord } from './job-record.ts';
import { type Ending, type Intent, settle } from './outcome.ts';
import { coverage } from './ranges.ts';
import type { Recent } from './recent.ts';
import { type Claim, reserved, tooSmall } from './reservations.ts';
import type { JobSecrets } from './secrets.ts';

export interface QueueParts {
  readonly list: JobList;
  readonly downloads: Downloads;
  readonly secrets: JobSecrets;
  readonly recent: Recent;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly freeSpace: (folder: string) => Promise<Space>;
  readonly isOffline: (host: string) => boolean;
  readonly settings: () => Settings;
}

interface Run extends Claim {
  device: number | null;
  /** Why it was asked to stop; null while it may go on. */
  intent: Intent | null;
  /** False while it is prepared: the download room does not know of it yet. */
  live: boolean;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

export class Queue {
  readonly #parts: QueueParts;
  readonly #runs = new Map<string, Run>();
  /** Jobs whose files are being moved or deleted: not to be started before that is done. */
  readonly #occupied = new Map<string, Promise<unknown>>();
  readonly #timers = new Map<string, () => void>();
  /** Jobs of earlier sessions that are not to start by themselves. */
  readonly #held = new Set<JobRecord>();
  #closing = false;
  #fillSoon = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  get running(): number {
    return this.#runs.size;
  }

  isRunning(id: string): boolean {
    return this.#runs.get(id)?.live ?? false;
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
    this.#stopWaiting(record);
    if (record.state.kind !== 'queued') this.#parts.list.move(record, { kind: 'queued' });
    this.fill();
  }

  pause(record: JobRecord): void {
    if (this.#runs.has(record.id)) {
      this.#stop(record, { kind: 'pause' });
    } else {
      this.#stopWaiting(record);
      this.#parts.list.move(record, { kind: 'paused' });
    }
  }

  /** Stops for good. The part file goes, and the state is “cancelled” once the run has ended. */
  cancel(record: JobRecord): void {
    if (this.#runs.has(record.id)) {
      this.#stop(record, { kind: 'cancel' });
    } else {
      this.#stopWaiting(record);
      this.#parts.list.move(record, { kind: 'cancelled' });
      this.discard(record);
    }
  }

  /** Resolves when no run of the job goes on; none will start before it is enqueued again. */
  async retire(record: JobRecord): Promise<void> {
    this.#stopWaiting(record);
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
  async startOver(record: JobRecord): Promise<void> {
    if (record.journal) await deletePart(record.folder, record.journal.name);
    forgetProgress(record);
    this.#parts.list.changed(record);
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
    const { list, settings } = this.#parts;
    let room = this.#closing ? 0 : settings().maxActive - this.#runs.size;
    if (room <= 0) return;
    for (const record of list.ordered) {
      if (record.state.kind !== 'queued' || this.#held.has(record)) continue;
      if (this.#runs.has(record.id) || this.#occupied.has(record.id)) continue;
      this.#start(record);
      room -= 1;
      if (room === 0) return;
    }
  }

  #start(record: JobRecord): void {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const run: Run = { record, device: null, intent: null, live: false, ended, end };
    this.#runs.set(record.id, run);
    this.#parts.list.move(record, { kind: 'starting' });
    void this.#begin(run);
  }

  async #begin(run: Run): Promise<void> {
    let spec: DownloadSpec;
    try {
      spec = await this.#prepare(run);
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
    this.#parts.downloads.start(spec, run.record.journal, (event) => {
      this.#onEvent(run, event);
    });
  }

  /** What a run needs before the first byte: its secrets, its folder, room for its bytes. */
  async #prepare(run: Run): Promise<DownloadSpec> {
    const { secrets, freeSpace, settings } = this.#parts;
    const { record } = run;
    const { id, url, folder, wantedName: name, limit, checksum } = record;
    const secret = record.hasSecrets ? await secrets.get(id) : {};
    if (!secret) throw new SluiceError('credentials-missing', { host: record.host });
    if (!record.journal) {
      // Later the folder has to be there: where its drive is gone, a fresh folder would hide the part file.
      await makeFolder(folder);
    } else if (record.inode && (await reclaimPart(folder, record.journal.name, record.inode))) {
      this.#parts.list.note(record, 'info', 'Found under its final name, and verified again.');
    }
    const space = await freeSpace(folder);
    run.device = space.device;
    const failure = tooSmall(run, this.#runs.values(), space.free);
    if (failure) throw new SluiceError('disk-full', failure.params);
    const connections = record.connections ?? settings().connections;
    return { id, url, headers: { ...record.headers, ...secret }, folder, name, connections, limit, checksum };
  }

  #onEvent(run: Run, event: DownloadEvent): void {
    const { list, secrets } = this.#parts;
    const { record } = run;
    if (this.#runs.get(record.id) !== run) return;
    switch (event.kind) {
      case 'started': {
        const sizeWasKnown = record.size !== null;
        this.#accept(record, event.journal);
        list.changed(record);
        if (record.state.kind === 'starting') list.move(record, { kind: 'running' });
        this.#keepHeads(record.id);
        void this.#rememberPart(record, event.journal.name);
        if (!sizeWasKnown && record.size !== null) void this.#checkSpace(run);
        return;
      }
      case 'committed':
        list.progressed(record, coverage(event.journal.committed) - coverage(record.journal?.committed ?? []));
        this.#accept(record, event.journal);
        this.#keepHeads(record.id);
        return;
      case 'verifying':
        if (!run.intent && canTransition(record.state.kind, 'verifying')) list.move(record, { kind: 'verifying' });
        return;
      case 'activity':
        list.note(record, event.level, secrets.redact(record.id, event.text));
        return;
      case 'ended':
        this.#ended(run, event.outcome);
    }
  }

  /** What was sent and answered is worth a look when the run is over. It comes a moment after it was asked for. */
  #keepHeads(id: string): void {
    const { downloads, recent } = this.#parts;
    if (recent.heads(id).request.length > 0) return;
    const detail = downloads.detail(id);
    if (detail) recent.keepHeads(id, detail);
  }

  #accept(record: JobRecord, journal: DownloadJournal): void {
    const finalUrl = this.#parts.secrets.redact(record.id, journal.identity.finalUrl);
    record.journal = { ...journal, identity: { ...journal.identity, finalUrl } };
    record.name = journal.name;
    record.size = journal.identity.size;
  }

  async #rememberPart(record: JobRecord, name: string): Promise<void> {
    const inode = await inodeOf(record.folder, name);
    if (record.journal?.name !== name || inode === record.inode) return;
    record.inode = inode;
    this.#parts.list.changed(record);
  }

  /** The size is known only now: stops the run, with its bytes kept, where the disk is too small for it. */
  async #checkSpace(run: Run): Promise<void> {
    const { free } = await this.#parts.freeSpace(run.record.folder).catch(() => ({ free: Number.POSITIVE_INFINITY }));
    const failure = tooSmall(run, this.#runs.values(), free);
    if (failure && !run.intent && this.#runs.get(run.record.id) === run) {
      this.#stop(run.record, { kind: 'attention', failure });
    }
  }

  #stop(record: JobRecord, intent: Intent): void {
    const { downloads, list } = this.#parts;
    const run = this.#runs.get(record.id);
    if (!run) return;
    const asked = run.intent !== null;
    run.intent = intent;
    if (canTransition(record.state.kind, 'pausing')) list.move(record, { kind: 'pausing' });
    if (run.live && !asked) downloads.stop(record.id);
  }

  #ended(run: Run, given: DownloadOutcome): void {
    const outcome: Ending =
      given.kind === 'metalink'
        ? { kind: 'failed', failure: failureOf('internal', { detail: 'a Metalink document' }) }
        : given;
    const { clock, isOffline, list, random, recent } = this.#parts;
    const { record, intent } = run;
    this.#runs.delete(record.id);
    recent.interrupt(record.id);
    record.meter = null;
    // A quit is no pause: what the store says now goes on by itself at the next start.
    const goesOnLater = this.#closing && !intent && (outcome.kind === 'stopped' || outcome.kind === 'retry');
    if (!goesOnLater) {
      if (outcome.kind === 'completed') {
        record.name = outcome.name;
        record.size = outcome.size;
        const committed: DownloadJournal['committed'] = outcome.size > 0 ? [[0, outcome.size]] : [];
        if (record.journal) record.journal = { ...record.journal, name: outcome.name, committed };
      }
      const { state, tries } = settle(outcome, intent, {
        tries: record.tries,
        now: clock.now(),
        random: random(),
        offline: isOffline(record.host),
      });
      record.tries = tries;
      list.move(record, state);
      if (state.kind === 'cancelled' && intent?.kind === 'cancel') this.discard(record);
      if (state.kind === 'waiting') this.#wait(record, state.until);
      if ('failure' in state && state.failure) list.note(record, 'warning', state.failure.message);
    }
    run.end();
    this.fill();
  }

  #wait(record: JobRecord, until: number): void {
    const { clock, isOffline, list } = this.#parts;
    const cancel = clock.after(Math.max(0, until - clock.now()), () => {
      this.#timers.delete(record.id);
      const { state } = record;
      if (state.kind !== 'waiting' || this.#closing) return;
      if (state.reason === 'offline' && isOffline(record.host)) {
        record.state = { ...state, until: clock.now() + OFFLINE_POLL_MS };
        list.changed(record);
        this.#wait(record, record.state.until);
      } else {
        this.enqueue(record);
      }
    });
    this.#timers.set(record.id, cancel);
  }

  #stopWaiting(record: JobRecord): void {
    this.#timers.get(record.id)?.();
    this.#timers.delete(record.id);
  }

  /** Stops all runs; resolves when each has ended. Their jobs go on at the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const cancel of this.#timers.values()) cancel();
    const runs = [...this.#runs.values()];
    for (const run of runs) if (run.live && !run.intent) this.#parts.downloads.stop(run.record.id);
    await Promise.all(runs.map((run) => run.ended));
    await Promise.allSettled(this.#occupied.values());
  }
}
