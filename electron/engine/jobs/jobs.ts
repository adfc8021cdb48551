/** What a person and the faces ask of jobs: each action checks whether it may be, then tells the queue. */
import type { CaptureRequest } from '../../../shared/capture.ts';
import type { AddResult, DownloadRequest } from '../../../shared/download.ts';
import type { FolderInfo } from '../../../shared/system.ts';
import type { JobsEvent } from '../../../shared/jobs-event.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { ConnectionProfile } from '../../../shared/database.ts';
import type { ExportRequest } from '../../../shared/export.ts';
import type { Failure } from '../../../shared/failure.ts';
import type { AttentionChoice, Job, JobDetail, JobStateKind, Priority } from '../../../shared/job.ts';
import type { Documents } from '../database/index.ts';
import type { DecisionDetails, JobActions } from '../engine.ts';
import { checkFolder } from '../files/index.ts';
import { carryOut } from './decisions.ts';
import { type JobRecord, toJob } from './job-record.ts';
import { recovered } from './outcome.ts';
import type { LiveFile } from '../serve/index.ts';
import { liveFileOf } from './live-file.ts';
import { checkStartAt } from './request.ts';
import { allows, notNow, Selection } from './selection.ts';
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
  readonly #jobs: Selection;
  readonly #options: EngineOptions;
  readonly #unlock: () => void;
  #closed: Promise<void> | null = null;

  constructor(options: EngineOptions, world: World, content: Content, unlock: () => void) {
    this.notices = content.notice ? [content.notice] : [];
    this.#options = options;
    this.#shop = new Workshop(options, world, content);
    this.#jobs = new Selection(this.#shop.list);
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
    if (state.kind === 'cancelled' && job.journal) this.#shop.runs.discard(job);
  }

  add(requests: readonly DownloadRequest[]): AddResult[] {
    const results = this.#shop.intake.addDownloads(requests);
    this.#shop.queue.fill();
    return results;
  }

  addExport(request: ExportRequest, profile: ConnectionProfile): string {
    const { id } = this.#shop.intake.addExport(request, profile);
    this.#shop.queue.fill();
    return id;
  }

  addCapture(request: CaptureRequest, profileOf: (connection: string) => ConnectionProfile): string {
    const { id } = this.#shop.intake.addCapture(request, profileOf);
    this.#shop.queue.fill();
    return id;
  }

  documents(room: string): Documents {
    return this.#shop.store.documents(room);
  }

  liveFile(id: string): LiveFile {
    const { list, runs, world } = this.#shop;
    const job = this.#jobs.one(id);
    if (job.kind !== 'download') throw notNow(job);
    return liveFileOf(job, {
      downloads: world.downloads,
      isRunning: (one) => runs.isRunning(one),
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
    return toJob(this.#jobs.one(id));
  }

  pause(ids: readonly string[]): void {
    for (const job of this.#jobs.allowed(ids, 'pause')) this.#shop.queue.pause(job);
  }

  resume(ids: readonly string[]): void {
    for (const job of this.#jobs.allowed(ids, 'resume', (one) => this.#isHeld(one))) {
      // Told to go on now, a job that waits for its time does.
      if (job.state.kind === 'waiting') job.startAt = null;
      this.#again(job);
    }
  }

  finish(ids: readonly string[]): void {
    const jobs = this.#jobs.those(ids, (job) => job.kind === 'capture' && allows(job, 'finish'));
    for (const job of jobs) this.#shop.queue.finish(job);
  }

  cancel(ids: readonly string[]): void {
    for (const job of this.#jobs.allowed(ids, 'cancel')) this.#shop.queue.cancel(job);
  }

  retry(ids: readonly string[]): void {
    for (const job of this.#jobs.allowed(ids, 'retry', (one) => this.#isHeld(one))) this.#again(job);
  }

  /** Queued, but not to start by itself. */
  #isHeld(job: JobRecord): boolean {
    return job.state.kind === 'queued' && this.#shop.queue.isHeld(job);
  }

  #again(job: JobRecord): void {
    job.tries = 0;
    this.#shop.queue.enqueue(job);
  }

  remove(ids: readonly string[], deleteFile: boolean): Promise<void> {
    return this.#shop.finishBeforeClose(this.#remove(ids, deleteFile));
  }

  async #remove(ids: readonly string[], deleteFile: boolean): Promise<void> {
    const jobs = this.#jobs.allowed(ids, 'remove');
    const results = await Promise.allSettled(jobs.map((job) => this.#removeOne(job, deleteFile)));
    this.#shop.list.write();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #removeOne(job: JobRecord, withFile: boolean): Promise<void> {
    const { list, occupied, queue, runs, secrets } = this.#shop;
    const ended = queue.retire(job);
    if (ended) await ended;
    // At once: whoever asks for it again from now on comes too late.
    await occupied.occupy(job, async () => {
      if (withFile) await runs.workOf(job).deleteFiles(job);
      list.delete(job);
    });
    if (job.hasSecrets) await secrets.delete(job.id);
  }

  reorder(ids: readonly string[], before: string | null): void {
    const target = before === null ? null : this.#jobs.one(before);
    this.#shop.list.reorder(
      this.#jobs.those(ids, () => true),
      target,
    );
  }

  setLimit(id: string, bytesPerSecond: number | null): void {
    const job = this.#jobs.one(id);
    checkSettings({ limit: bytesPerSecond });
    job.limit = bytesPerSecond;
    this.#shop.list.changed(job);
    if (this.#shop.runs.isRunning(id)) this.#shop.runs.workOf(job).setLimit(id, bytesPerSecond);
  }

  setConnections(id: string, connections: number | null): void {
    const job = this.#jobs.one(id);
    if (job.kind !== 'download') throw notNow(job);
    checkSettings({ connections });
    job.connections = connections;
    this.#shop.list.changed(job);
    if (this.#shop.runs.isRunning(id))
      this.#shop.world.downloads.setConnections(id, connections ?? this.#shop.settings.connections);
  }

  setPriority(ids: readonly string[], priority: Priority): void {
    for (const job of this.#jobs.unended(ids)) {
      job.priority = priority;
      this.#shop.list.changed(job);
    }
  }

  setStartAt(ids: readonly string[], startAt: number | null): void {
    const checked = checkStartAt(startAt);
    for (const job of this.#jobs.unended(ids)) {
      job.startAt = checked;
      this.#shop.list.changed(job);
      this.#shop.queue.retime(job);
    }
  }

  decide(id: string, choice: AttentionChoice, details: DecisionDetails = {}): Promise<void> {
    return this.#shop.finishBeforeClose(this.#decide(id, choice, details));
  }

  async #decide(id: string, choice: AttentionChoice, details: DecisionDetails): Promise<void> {
    const job = this.#jobs.one(id);
    if (job.state.kind !== 'attention' || !job.state.choices.includes(choice)) throw notNow(job);
    const goesOn = await carryOut(job, choice, details, {
      list: this.#shop.list,
      occupied: this.#shop.occupied,
      runs: this.#shop.runs,
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
    const { list, recent, runs } = this.#shop;
    const job = this.#jobs.one(id);
    const own = runs.workOf(job).detail(job, runs.isRunning(id));
    return { ...own, activity: list.activity(job), file: this.fileOf(id), rates: recent.rates(id) };
  }

  fileOf(id: string): string {
    const job = this.#jobs.one(id);
    return this.#shop.runs.workOf(job).fileOf(job);
  }

  async folderInfo(path: string): Promise<FolderInfo> {
    checkFolder(path);
    const { free, device } = await this.#shop.world.freeSpace(path);
    return { path, free, available: Math.max(0, free - (await this.#shop.runs.reserved(device))) };
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
        if (job.kind === 'download' && job.connections === null && this.#shop.runs.isRunning(job.id)) {
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
}

/** Asked after something else may have happened: what was known before does not count. */
function isIn(job: JobRecord, kind: JobStateKind): boolean {
  return job.state.kind === kind;
}
