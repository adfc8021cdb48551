/** What a person and the faces ask of jobs: each action checks whether it may be, then tells the queue. */
import type { CaptureRequest } from '../../../shared/capture.ts';
import type { AddResult, DownloadRequest } from '../../../shared/download.ts';
import type { FolderInfo } from '../../../shared/system.ts';
import type { JobsEvent } from '../../../shared/jobs-event.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { ConnectionProfile } from '../../../shared/database.ts';
import type { ExportRequest } from '../../../shared/export.ts';
import { SluiceError, type Failure } from '../../../shared/failure.ts';
import { allowedActions, type JobAction } from '../../../shared/job-state.ts';
import type { AttentionChoice, Job, JobDetail, JobStateKind, Priority } from '../../../shared/job.ts';
import type { Documents } from '../database/index.ts';
import type { DecisionDetails, JobActions } from '../engine.ts';
import { checkFolder } from '../files/index.ts';
import { parseCapture } from './capture-request.ts';
import { carryOut } from './decisions.ts';
import { parseExport } from './export-request.ts';
import { type JobRecord, toJob } from './job-record.ts';
import { recovered } from './outcome.ts';
import type { LiveFile } from '../serve/index.ts';
import { liveFileOf } from './live-file.ts';
import { checkStartAt, parseRequest } from './request.ts';
import { checkSettings } from './settings.ts';
import { type Content, Workshop, type World } from './workshop.ts';
import type { EngineOptions } from '../engine.ts';

/** What the engine's door is built of. */
export interface Jobs extends JobActions {
  /** Lets the jobs of the last session go on, or holds them where the options say so. To be called once. */
  begin(): void;
  /** Adds an export over a connection that the caller looked up. */
  addExport(request: ExportRequest, profile: ConnectionProfile): string;
  /** @param profileOf throws unknown-connection */
  addCapture(request: CaptureRequest, profileOf: (connection: string) => ConnectionProfile): string;
  /** JSON values that another room keeps in the store. */
  documents(room: string): Documents;
  /**
   * A download's file, whether it is being written or not.
   * @throws unknown-job, not-in-this-state where the job is no download
   */
  liveFile(id: string): LiveFile;
  /** SHA-256 fingerprints of the certificates that the person allowed, by host name. */
  trusted(): Readonly<Record<string, string>>;
}

export class OpenJobs implements Jobs {
  readonly notices: readonly Failure[];
  readonly #shop: Workshop;
  readonly #options: EngineOptions;
  readonly #unlock: () => void;
  #closed: Promise<void> | null = null;

  constructor(options: EngineOptions, world: World, content: Content, unlock: () => void) {
    this.notices = content.notice ? [content.notice] : [];
    this.#options = options;
    this.#shop = new Workshop(options, world, content);
    this.#unlock = unlock;
  }

  begin(): void {
    const { autoStart = true } = this.#options;
    for (const job of this.#shop.list.ordered) this.#recover(job, autoStart);
    this.#shop.queue.fill();
  }

  #recover(job: JobRecord, autoStart: boolean): void {
    const state = recovered(job.state);
    if (state !== job.state) this.#shop.list.move(job, state);
    if (state.kind === 'queued' && !autoStart) this.#shop.queue.hold(job);
    // The process died between “cancelled” and the end of the part file.
    if (state.kind === 'cancelled' && job.journal) this.#shop.queue.discard(job);
  }

  add(requests: readonly DownloadRequest[]): AddResult[] {
    // A thousand lines for one folder ask the disk once.
    const checked = new Map<string, SluiceError | null>();
    const check = (folder: string) => {
      let error = checked.get(folder);
      if (error === undefined) {
        error = refusal(() => {
          checkFolder(folder);
        });
        checked.set(folder, error);
      }
      if (error) throw error;
    };
    return requests.map((request) => {
      try {
        return { ok: true, id: this.#addOne(request, check) };
      } catch (error) {
        if (error instanceof SluiceError) return { ok: false, failure: error.failure };
        throw error;
      }
    });
  }

  #addOne(request: DownloadRequest, check: (folder: string) => void): string {
    const { secrets, paused, ...parsed } = parseRequest(request, this.#shop.settings.folder, check);
    const record = this.#shop.intake.create(
      { kind: 'download', ...parsed, state: { kind: paused ? 'paused' : 'queued' } },
      secrets,
    );
    this.#shop.queue.fill();
    return record.id;
  }

  addExport(request: ExportRequest, profile: ConnectionProfile): string {
    const record = this.#shop.intake.create(parseExport(request, profile, this.#shop.settings.folder, checkFolder), {});
    this.#shop.queue.fill();
    return record.id;
  }

  addCapture(request: CaptureRequest, profileOf: (connection: string) => ConnectionProfile): string {
    const { job, secrets } = parseCapture(request, this.#shop.settings.folder, checkFolder, profileOf);
    const record = this.#shop.intake.create(job, secrets);
    this.#shop.queue.fill();
    return record.id;
  }

  documents(room: string): Documents {
    return this.#shop.store.documents(room);
  }

  liveFile(id: string): LiveFile {
    const { list, queue, world } = this.#shop;
    const job = this.#record(id);
    if (job.kind !== 'download') throw notNow(job);
    return liveFileOf(job, {
      downloads: world.downloads,
      isRunning: (one) => queue.isRunning(one),
      changed: (one, signal) => list.changeOf(one, signal),
    });
  }

  trusted(): Readonly<Record<string, string>> {
    return this.#shop.store.trusted();
  }

  list(): Job[] {
    return this.#shop.list.ordered.map(toJob);
  }

  get(id: string): Job {
    return toJob(this.#record(id));
  }

  pause(ids: readonly string[]): void {
    for (const job of this.#allowed(ids, 'pause')) this.#shop.queue.pause(job);
  }

  resume(ids: readonly string[]): void {
    const held = (job: JobRecord) => job.state.kind === 'queued' && this.#shop.queue.isHeld(job);
    for (const job of this.#allowed(ids, 'resume', held)) {
      // Told to go on now, a job that waits for its time does.
      if (job.state.kind === 'waiting') job.startAt = null;
      this.#again(job);
    }
  }

  finish(ids: readonly string[]): void {
    for (const job of this.#allowed(ids, 'finish')) {
      if (job.kind === 'capture') this.#shop.queue.finish(job);
      else if (ids.length === 1) throw notNow(job);
    }
  }

  cancel(ids: readonly string[]): void {
    for (const job of this.#allowed(ids, 'cancel')) this.#shop.queue.cancel(job);
  }

  retry(ids: readonly string[]): void {
    const held = (job: JobRecord) => job.state.kind === 'queued' && this.#shop.queue.isHeld(job);
    for (const job of this.#allowed(ids, 'retry', held)) this.#again(job);
  }

  #again(job: JobRecord): void {
    job.tries = 0;
    this.#shop.queue.enqueue(job);
  }

  remove(ids: readonly string[], deleteFile: boolean): Promise<void> {
    return this.#shop.finishBeforeClose(this.#remove(ids, deleteFile));
  }

  async #remove(ids: readonly string[], deleteFile: boolean): Promise<void> {
    const jobs = this.#allowed(ids, 'remove');
    const results = await Promise.allSettled(jobs.map((job) => this.#removeOne(job, deleteFile)));
    this.#shop.list.write();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #removeOne(job: JobRecord, withFile: boolean): Promise<void> {
    await this.#shop.queue.retire(job);
    if (withFile) await this.#shop.queue.workOf(job).deleteFiles(job);
    this.#shop.list.delete(job);
    if (job.hasSecrets) await this.#shop.secrets.delete(job.id);
  }

  reorder(ids: readonly string[], before: string | null): void {
    const target = before === null ? null : this.#record(before);
    const jobs = ids.length === 1 ? [this.#record(ids[0]!)] : ids.flatMap((id) => this.#shop.list.get(id) ?? []);
    this.#shop.list.reorder([...new Set(jobs)], target);
  }

  setLimit(id: string, bytesPerSecond: number | null): void {
    const job = this.#record(id);
    checkSettings({ limit: bytesPerSecond });
    job.limit = bytesPerSecond;
    this.#shop.list.changed(job);
    if (this.#shop.queue.isRunning(id)) this.#shop.queue.workOf(job).setLimit(id, bytesPerSecond);
  }

  setConnections(id: string, connections: number | null): void {
    const job = this.#record(id);
    if (job.kind !== 'download') throw notNow(job);
    checkSettings({ connections });
    job.connections = connections;
    this.#shop.list.changed(job);
    if (this.#shop.queue.isRunning(id))
      this.#shop.world.downloads.setConnections(id, connections ?? this.#shop.settings.connections);
  }

  setPriority(ids: readonly string[], priority: Priority): void {
    for (const job of this.#unended(ids)) {
      job.priority = priority;
      this.#shop.list.changed(job);
    }
  }

  setStartAt(ids: readonly string[], startAt: number | null): void {
    const checked = checkStartAt(startAt);
    for (const job of this.#unended(ids)) {
      job.startAt = checked;
      this.#shop.list.changed(job);
      this.#shop.queue.retime(job);
    }
  }

  /** The jobs that have not ended, by the rule of `#allowed`. */
  #unended(ids: readonly string[]): JobRecord[] {
    const ended = (job: JobRecord) => ['completed', 'failed', 'cancelled'].includes(job.state.kind);
    if (ids.length === 1 && ended(this.#record(ids[0]!))) throw notNow(this.#record(ids[0]!));
    return [...new Set(ids)].flatMap((id) => this.#shop.list.get(id) ?? []).filter((job) => !ended(job));
  }

  decide(id: string, choice: AttentionChoice, details: DecisionDetails = {}): Promise<void> {
    return this.#shop.finishBeforeClose(this.#decide(id, choice, details));
  }

  async #decide(id: string, choice: AttentionChoice, details: DecisionDetails): Promise<void> {
    const job = this.#record(id);
    if (job.state.kind !== 'attention' || !job.state.choices.includes(choice)) throw notNow(job);
    const goesOn = await carryOut(job, choice, details, {
      list: this.#shop.list,
      queue: this.#shop.queue,
      secrets: this.#shop.secrets,
      trust: (host, fingerprint) => {
        this.#shop.store.writeTrusted(host, fingerprint, this.#shop.world.clock.now());
        this.#shop.world.downloads.setTrusted(this.#shop.store.trusted());
      },
    });
    // Meanwhile it may have been cancelled or removed.
    if (goesOn && isIn(job, 'attention') && this.#shop.list.get(id) === job) this.#again(job);
  }

  detail(id: string): JobDetail {
    const { list, queue, recent } = this.#shop;
    const job = this.#record(id);
    const own = queue.workOf(job).detail(job, queue.isRunning(id));
    return { ...own, activity: list.activity(job), file: this.fileOf(id), rates: recent.rates(id) };
  }

  fileOf(id: string): string {
    const job = this.#record(id);
    return this.#shop.queue.workOf(job).fileOf(job);
  }

  async folderInfo(path: string): Promise<FolderInfo> {
    checkFolder(path);
    const { free, device } = await this.#shop.world.freeSpace(path);
    return { path, free, available: Math.max(0, free - this.#shop.queue.reserved(device)) };
  }

  settings(): Settings {
    return this.#shop.settings;
  }

  setSettings(patch: Partial<Settings>): Promise<Settings> {
    const known = checkSettings(patch);
    if (known.folder !== undefined) checkFolder(known.folder);
    const before = this.#shop.settings;
    this.#shop.set(known);
    if (known.whenDone !== undefined) this.#shop.allDone.wish();
    if (known.hostLimits !== undefined) this.#shop.world.downloads.setHostLimits(known.hostLimits);
    if (known.limit !== undefined || known.schedule !== undefined) this.#shop.timetable.refresh();
    if (before.connections !== this.#shop.settings.connections) {
      for (const job of this.#shop.list.ordered) {
        if (job.kind === 'download' && job.connections === null && this.#shop.queue.isRunning(job.id)) {
          this.#shop.world.downloads.setConnections(job.id, this.#shop.settings.connections);
        }
      }
    }
    this.#shop.queue.fill();
    return Promise.resolve(this.#shop.settings);
  }

  subscribe(listener: (event: JobsEvent) => void): () => void {
    return this.#shop.sampler.subscribe(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#shop.close();
    this.#unlock();
  }

  #record(id: string): JobRecord {
    const record = this.#shop.list.get(id);
    if (!record) throw new SluiceError('unknown-job', { id });
    return record;
  }

  /** The jobs whose state allows an action. With one id, one that does not is an error; with several it is left out. */
  #allowed(ids: readonly string[], action: JobAction, also: (job: JobRecord) => boolean = () => false): JobRecord[] {
    const may = (job: JobRecord) => allowedActions(job.state.kind).includes(action) || also(job);
    if (ids.length === 1) {
      const job = this.#record(ids[0]!);
      if (!may(job)) throw notNow(job);
      return [job];
    }
    return [...new Set(ids)].flatMap((id) => this.#shop.list.get(id) ?? []).filter(may);
  }
}

/** Asked after something else may have happened: what was known before does not count. */
function isIn(job: JobRecord, kind: JobStateKind): boolean {
  return job.state.kind === kind;
}

function notNow(job: JobRecord): SluiceError {
  return new SluiceError('not-in-this-state', { name: job.name, state: job.state.kind });
}

function refusal(act: () => void): SluiceError | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}
