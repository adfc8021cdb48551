/**
 * The queue: which jobs run, and what follows when a run ends. A run is the time from “starting” until the download
 * room said how it ended; the number of runs is bounded, and a job has at most one.
 */
import type { Settings } from '../../../shared/contract.ts';
import { failure as failureOf, SluiceError, toFailure } from '../../../shared/failure.ts';
import { canTransition } from '../../../shared/job-state.ts';
import type { JobState, Priority } from '../../../shared/job.ts';
import type {
  DownloadEvent,
  DownloadJournal,
  DownloadOutcome,
  Downloads,
  DownloadSpec,
  PieceDigests,
} from '../download/index.ts';
import { deletePart, inodeOf, reclaimPart, type Space } from '../files/index.ts';
import type { MetalinkFile } from '../remote/index.ts';
import { OFFLINE_POLL_MS } from './backoff.ts';
import type { Clock } from './clock.ts';
import { forgetProgress, makeFolder } from './job-files.ts';
import type { JobList } from './job-list.ts';
import type { JobRecord } from './job-record.ts';
import { type Ending, type Intent, settle } from './outcome.ts';
import { endingOf, linkFailure } from './link-endings.ts';
import { takeMirror } from './links.ts';
import { contains, coverage } from './ranges.ts';
import type { Recent } from './recent.ts';
import { type Claim, reserved, tooSmall } from './reservations.ts';
import { specOf } from './run-spec.ts';
import type { JobSecrets } from './secrets.ts';
import { RECHECK_MS } from './timetable.ts';

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
  readonly pieces: (id: string) => PieceDigests | null;
  /** Ms since the epoch until which the schedule lets nothing run; null while jobs may. */
  readonly closedUntil: () => number | null;
  /** The job's link led to a Metalink document: puts its files in the job's place. Throws where it cannot. */
  readonly expand: (record: JobRecord, files: readonly MetalinkFile[]) => Promise<void>;
  readonly onHostCap: (host: string, connections: number) => void;
  readonly onCompleted: () => void;
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

type Waiting = Extract<JobState, { kind: 'waiting' }>;

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
    if (this.#closing) return;
    const { list, settings } = this.#parts;
    const room = settings().maxActive - this.#runs.size;
    const ready: Record<Priority, JobRecord[]> = { high: [], normal: [], low: [] };
    for (const record of list.ordered) {
      if (record.state.kind !== 'queued' || this.#held.has(record)) continue;
      if (this.#runs.has(record.id) || this.#occupied.has(record.id)) continue;
      const putOff = this.#putOff(record);
      if (putOff) this.#moveToWaiting(record, putOff);
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
    if (state.reason !== 'schedule') this.#wait(record, state);
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
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    record.startAt = null;
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
    const { folder } = record;
    const secret = record.hasSecrets ? await secrets.get(record.id) : {};
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
    return specOf(record, secret, this.#parts.pieces(record.id), settings().connections);
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
        this.#checkSize(run);
        if (!sizeWasKnown && record.size !== null) void this.#checkSpace(run);
        return;
      }
      case 'committed':
        list.progressed(record, coverage(event.journal.committed) - coverage(record.journal?.committed ?? []));
        this.#accept(record, event.journal);
        this.#keepHeads(record.id);
        return;
      case 'host-cap':
        this.#parts.onHostCap(event.host, event.connections);
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
    const { otherLink } = record;
    // Bytes of the old link are gone: there is no way back to them.
    if (otherLink?.kind === 'old' && !contains(journal.committed, otherLink.journal.committed)) record.otherLink = null;
  }

  /** A link that leads to a file of another size than its Metalink document says is left at once. */
  #checkSize({ record, intent }: Run): void {
    const { expectedSize, size } = record;
    if (expectedSize === null || size === null || size === expectedSize || intent) return;
    const detail = `it has ${size} bytes, and the Metalink document says ${expectedSize}`;
    this.#stop(record, { kind: 'attention', failure: failureOf('changed', { detail }) });
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

  #ended(run: Run, outcome: DownloadOutcome): void {
    const { record, intent } = run;
    if (outcome.kind !== 'metalink') {
      this.#settle(run, outcome);
    } else if (intent || this.#closing) {
      this.#settle(run, { kind: 'stopped' });
    } else {
      void this.occupy(record, () => this.#parts.expand(record, outcome.files)).then(
        () => this.#settle(run, { kind: 'stopped' }, run.intent ?? { kind: 'put-off' }),
        (error: unknown) => this.#settle(run, { kind: 'failed', failure: toFailure(error) }),
      );
    }
  }

  #settle(run: Run, outcome: Ending, intent: Intent | null = run.intent): void {
    const { clock, isOffline, list, random, recent, onCompleted } = this.#parts;
    const { record } = run;
    this.#runs.delete(record.id);
    recent.interrupt(record.id);
    record.meter = null;
    // A quit is no pause: what the store says now goes on by itself at the next start.
    const goesOnLater = this.#closing && !intent && (outcome.kind === 'stopped' || outcome.kind === 'retry');
    if (!goesOnLater) {
      if (outcome.kind === 'completed') this.#accomplish(record, outcome);
      const offline = isOffline(record.host);
      if (!offline && this.#tookMirror(record, outcome, intent)) {
        list.move(record, { kind: 'queued' });
      } else {
        const circumstances = { tries: record.tries, now: clock.now(), random: random(), offline };
        const { state, tries } = settle(endingOf(record, outcome), intent, circumstances);
        record.tries = tries;
        list.move(record, state);
        if (state.kind === 'cancelled' && intent?.kind === 'cancel') this.discard(record);
        if (state.kind === 'waiting') this.#wait(record, state);
        if ('failure' in state && state.failure) list.note(record, 'warning', state.failure.message);
      }
    }
    if (outcome.kind === 'completed') onCompleted();
    run.end();
    this.fill();
  }

  #accomplish(record: JobRecord, { name, size }: { readonly name: string; readonly size: number }): void {
    record.name = name;
    record.size = size;
    record.otherLink = null;
    const committed: DownloadJournal['committed'] = size > 0 ? [[0, size]] : [];
    if (record.journal) record.journal = { ...record.journal, name, committed };
  }

  /** True where the link failed and a mirror takes its place at once. */
  #tookMirror(record: JobRecord, outcome: Ending, intent: Intent | null): boolean {
    const proven = record.checksum !== null || this.#parts.pieces(record.id) !== null;
    const failure = proven ? linkFailure(record, outcome, intent) : null;
    if (!failure) return false;
    const again = outcome.kind === 'retry';
    const told = takeMirror(record, again);
    if (told === null) return false;
    this.#parts.list.note(record, 'warning', `${failure.message} ${told}`);
    if (again) return false;
    if (intent) this.discard(record);
    return true;
  }

  /** Starts the wait of a job that waits. For a time of day the clock is looked at again and again. */
  #wait(record: JobRecord, { until, reason }: Waiting): void {
    const { clock, isOffline, list } = this.#parts;
    const left = Math.max(0, until - clock.now());
    const cancel = clock.after(reason === 'start-at' ? Math.min(left, RECHECK_MS) : left, () => {
      this.#timers.delete(record.id);
      const { state } = record;
      if (state.kind !== 'waiting' || this.#closing) return;
      if (reason === 'start-at' && until > clock.now()) {
        this.#wait(record, state);
      } else if (reason === 'offline' && isOffline(record.host)) {
        const longer = { ...state, until: clock.now() + OFFLINE_POLL_MS };
        record.state = longer;
        list.changed(record);
        this.#wait(record, longer);
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
