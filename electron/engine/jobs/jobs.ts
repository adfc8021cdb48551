/** What a person and the faces ask of jobs: each action checks whether it may be, then tells the queue. */
import { mkdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { AddResult, DownloadRequest, FolderInfo, JobsEvent, Settings } from '../../../shared/contract.ts';
import { SluiceError, type Failure } from '../../../shared/failure.ts';
import { allowedActions, type JobAction } from '../../../shared/job-state.ts';
import type { AttentionChoice, Job, JobDetail, JobStateKind, Priority } from '../../../shared/job.ts';
import type { Downloads } from '../download/index.ts';
import type { DecisionDetails, Engine, EngineOptions } from '../engine.ts';
import { checkFolder, freeSpace, type Space, toDiskError } from '../files/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { AllDone } from './all-done.ts';
import { carryOut } from './decisions.ts';
import { deleteFilesOf, fileOf } from './job-files.ts';
import { Intake } from './intake.ts';
import { JobList } from './job-list.ts';
import { type JobRecord, toJob } from './job-record.ts';
import { lockHome } from './lock.ts';
import { type Interfaces, isOffline } from './network.ts';
import { recovered } from './outcome.ts';
import { Queue } from './queue.ts';
import { Recent } from './recent.ts';
import { checkStartAt, parseRequest } from './request.ts';
import { Sampler } from './sampler.ts';
import { JobSecrets } from './secrets.ts';
import { checkSettings, defaultSettings } from './settings.ts';
import { openStore, type Store } from './store.ts';
import { Timetable } from './timetable.ts';

/** The engine less what needs the remote and serve rooms. */
export type Jobs = Omit<Engine, 'probe' | 'sample'>;

/** What jobs need of the world; a test owns what it has to. */
export interface JobsWorld {
  readonly downloads: Downloads;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly freeSpace?: (folder: string) => Promise<Space>;
  readonly interfaces?: () => Interfaces;
}

/**
 * Takes the home's lock, opens its store and lets the jobs of the last session go on.
 * @throws store-in-use, store-newer, and what the disk refuses
 */
export function openJobs(options: EngineOptions, world: JobsWorld): Jobs {
  const { home, autoStart = true } = options;
  const { clock = systemClock } = world;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toDiskError(error, home);
  }
  const lock = lockHome(home);
  try {
    const { store, jobs, settings, notice } = openStore(home, new Date(clock.now()));
    return new OpenJobs(options, { ...world, clock }, store, jobs, settings, notice ? [notice] : [], autoStart, () => {
      lock.release();
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** How long a host's cap on connections is believed: it may have been a bad day. */
const HOST_CAP_MS = 24 * 3_600_000;

class OpenJobs implements Jobs {
  readonly notices: readonly Failure[];
  readonly #store: Store;
  readonly #downloads: Downloads;
  readonly #clock: Clock;
  readonly #freeSpace: (folder: string) => Promise<Space>;
  readonly #secrets: JobSecrets;
  readonly #recent = new Recent();
  readonly #list: JobList;
  readonly #intake: Intake;
  readonly #queue: Queue;
  readonly #sampler: Sampler;
  readonly #timetable: Timetable;
  readonly #allDone: AllDone;
  readonly #unlock: () => void;
  /** Actions that take their time. */
  readonly #underWay = new Set<Promise<void>>();
  #settings: Settings;
  #closed: Promise<void> | null = null;

  constructor(
    options: EngineOptions,
    world: JobsWorld & { readonly clock: Clock },
    store: Store,
    jobs: readonly JobRecord[],
    settings: Partial<Settings>,
    notices: readonly Failure[],
    autoStart: boolean,
    unlock: () => void,
  ) {
    const { downloads, clock, random = Math.random, interfaces = networkInterfaces } = world;
    this.notices = notices;
    this.#store = store;
    this.#downloads = downloads;
    this.#clock = clock;
    this.#freeSpace = world.freeSpace ?? freeSpace;
    this.#secrets = new JobSecrets(options.secrets ?? null);
    this.#settings = { ...defaultSettings(options.downloadsFolder), ...settings };
    this.#unlock = unlock;
    this.#list = new JobList(jobs, store, clock, () => {
      this.#sampler.touch();
      this.#allDone.changed();
    });
    this.#intake = new Intake({
      list: this.#list,
      store,
      clock,
      secrets: this.#secrets,
      finishBeforeClose: (work) => void this.#finishBeforeClose(work),
    });
    this.#queue = new Queue({
      list: this.#list,
      downloads,
      secrets: this.#secrets,
      recent: this.#recent,
      clock,
      random,
      freeSpace: this.#freeSpace,
      isOffline: (host) => isOffline(host, interfaces()),
      settings: () => this.#settings,
      pieces: (id) => store.pieces(id),
      closedUntil: () => this.#timetable.closedUntil,
      expand: (record, files) => this.#intake.expand(record, files),
      onHostCap: (host, connections) => {
        this.#rememberHostCap(host, connections);
      },
      onCompleted: () => {
        this.#allDone.completed();
      },
    });
    this.#timetable = new Timetable({
      clock,
      downloads,
      settings: () => this.#settings,
      onChange: () => {
        this.#queue.timetableChanged();
      },
    });
    this.#allDone = new AllDone({
      list: this.#list,
      settings: () => this.#settings,
      isHeld: (job) => this.#queue.isHeld(job),
      onDone: (what) => {
        this.#set({ whenDone: 'nothing' });
        options.onAllDone?.(what);
      },
    });
    this.#sampler = new Sampler({
      list: this.#list,
      downloads,
      recent: this.#recent,
      clock,
      isRunning: (id) => this.#queue.isRunning(id),
      running: () => this.#queue.running,
      settings: () => this.#settings,
    });
    if (this.#settings.whenDone !== 'nothing') this.#set({ whenDone: 'nothing' });
    downloads.setHostLimits(this.#settings.hostLimits);
    downloads.setHostCaps(store.hostCaps(clock.now() - HOST_CAP_MS));
    downloads.setTrusted(store.trusted());
    this.#timetable.refresh();
    for (const job of jobs) this.#recover(job, autoStart);
    this.#queue.fill();
  }

  #recover(job: JobRecord, autoStart: boolean): void {
    const state = recovered(job.state);
    if (state !== job.state) this.#list.move(job, state);
    if (state.kind === 'queued' && !autoStart) this.#queue.hold(job);
    // The process died between “cancelled” and the end of the part file.
    if (state.kind === 'cancelled' && job.journal) this.#queue.discard(job);
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
    const { secrets, paused, ...parsed } = parseRequest(request, this.#settings.folder, check);
    const record = this.#intake.create({ ...parsed, state: { kind: paused ? 'paused' : 'queued' } }, secrets);
    this.#queue.fill();
    return record.id;
  }

  list(): Job[] {
    return this.#list.ordered.map(toJob);
  }

  get(id: string): Job {
    return toJob(this.#record(id));
  }

  pause(ids: readonly string[]): void {
    for (const job of this.#allowed(ids, 'pause')) this.#queue.pause(job);
  }

  resume(ids: readonly string[]): void {
    const held = (job: JobRecord) => job.state.kind === 'queued' && this.#queue.isHeld(job);
    for (const job of this.#allowed(ids, 'resume', held)) {
      // Told to go on now, a job that waits for its time does.
      if (job.state.kind === 'waiting') job.startAt = null;
      this.#again(job);
    }
  }

  cancel(ids: readonly string[]): void {
    for (const job of this.#allowed(ids, 'cancel')) this.#queue.cancel(job);
  }

  retry(ids: readonly string[]): void {
    const held = (job: JobRecord) => job.state.kind === 'queued' && this.#queue.isHeld(job);
    for (const job of this.#allowed(ids, 'retry', held)) this.#again(job);
  }

  #again(job: JobRecord): void {
    job.tries = 0;
    this.#queue.enqueue(job);
  }

  remove(ids: readonly string[], deleteFile: boolean): Promise<void> {
    return this.#finishBeforeClose(this.#remove(ids, deleteFile));
  }

  async #remove(ids: readonly string[], deleteFile: boolean): Promise<void> {
    const jobs = this.#allowed(ids, 'remove');
    const results = await Promise.allSettled(jobs.map((job) => this.#removeOne(job, deleteFile)));
    this.#list.write();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #removeOne(job: JobRecord, withFile: boolean): Promise<void> {
    await this.#queue.retire(job);
    if (withFile) await deleteFilesOf(job);
    this.#list.delete(job);
    if (job.hasSecrets) await this.#secrets.delete(job.id);
  }

  reorder(ids: readonly string[], before: string | null): void {
    const target = before === null ? null : this.#record(before);
    const jobs = ids.length === 1 ? [this.#record(ids[0]!)] : ids.flatMap((id) => this.#list.get(id) ?? []);
    this.#list.reorder([...new Set(jobs)], target);
  }

  setLimit(id: string, bytesPerSecond: number | null): void {
    const job = this.#record(id);
    checkSettings({ limit: bytesPerSecond });
    job.limit = bytesPerSecond;
    this.#list.changed(job);
    if (this.#queue.isRunning(id)) this.#downloads.setLimit(id, bytesPerSecond);
  }

  setConnections(id: string, connections: number | null): void {
    const job = this.#record(id);
    checkSettings({ connections });
    job.connections = connections;
    this.#list.changed(job);
    if (this.#queue.isRunning(id)) this.#downloads.setConnections(id, connections ?? this.#settings.connections);
  }

  setPriority(ids: readonly string[], priority: Priority): void {
    for (const job of this.#unended(ids)) {
      job.priority = priority;
      this.#list.changed(job);
    }
  }

  setStartAt(ids: readonly string[], startAt: number | null): void {
    const checked = checkStartAt(startAt);
    for (const job of this.#unended(ids)) {
      job.startAt = checked;
      this.#list.changed(job);
      this.#queue.retime(job);
    }
  }

  /** The jobs that have not ended, by the rule of `#allowed`. */
  #unended(ids: readonly string[]): JobRecord[] {
    const ended = (job: JobRecord) => ['completed', 'failed', 'cancelled'].includes(job.state.kind);
    if (ids.length === 1 && ended(this.#record(ids[0]!))) throw notNow(this.#record(ids[0]!));
    return [...new Set(ids)].flatMap((id) => this.#list.get(id) ?? []).filter((job) => !ended(job));
  }

  decide(id: string, choice: AttentionChoice, details: DecisionDetails = {}): Promise<void> {
    return this.#finishBeforeClose(this.#decide(id, choice, details));
  }

  async #decide(id: string, choice: AttentionChoice, details: DecisionDetails): Promise<void> {
    const job = this.#record(id);
    if (job.state.kind !== 'attention' || !job.state.choices.includes(choice)) throw notNow(job);
    const goesOn = await carryOut(job, choice, details, {
      list: this.#list,
      queue: this.#queue,
      secrets: this.#secrets,
      trust: (host, fingerprint) => {
        this.#store.writeTrusted(host, fingerprint, this.#clock.now());
        this.#downloads.setTrusted(this.#store.trusted());
      },
    });
    // Meanwhile it may have been cancelled or removed.
    if (goesOn && isIn(job, 'attention') && this.#list.get(id) === job) this.#again(job);
  }

  detail(id: string): JobDetail {
    const job = this.#record(id);
    const own = { activity: this.#list.activity(job), file: this.fileOf(id), rates: this.#recent.rates(id) };
    const live = this.#queue.isRunning(id) ? this.#downloads.detail(id) : null;
    if (live) {
      this.#recent.keepHeads(id, live);
      return { ...live, ...own };
    }
    return {
      id,
      connections: [],
      identity: job.journal?.identity ?? null,
      ...this.#recent.heads(id),
      queue: { used: 0, size: 0 },
      waited: { source: 0, disk: 0, limit: 0 },
      ...own,
    };
  }

  fileOf(id: string): string {
    return fileOf(this.#record(id));
  }

  async folderInfo(path: string): Promise<FolderInfo> {
    checkFolder(path);
    const { free, device } = await this.#freeSpace(path);
    return { path, free, available: Math.max(0, free - this.#queue.reserved(device)) };
  }

  settings(): Settings {
    return this.#settings;
  }

  setSettings(patch: Partial<Settings>): Promise<Settings> {
    const known = checkSettings(patch);
    if (known.folder !== undefined) checkFolder(known.folder);
    const before = this.#settings;
    this.#set(known);
    if (known.whenDone !== undefined) this.#allDone.wish();
    if (known.hostLimits !== undefined) this.#downloads.setHostLimits(known.hostLimits);
    if (known.limit !== undefined || known.schedule !== undefined) this.#timetable.refresh();
    if (before.connections !== this.#settings.connections) {
      for (const job of this.#list.ordered) {
        if (job.connections === null && this.#queue.isRunning(job.id)) {
          this.#downloads.setConnections(job.id, this.#settings.connections);
        }
      }
    }
    this.#queue.fill();
    return Promise.resolve(this.#settings);
  }

  #set(patch: Partial<Settings>): void {
    this.#store.writeSettings(patch);
    this.#settings = { ...this.#settings, ...patch };
    this.#sampler.touch();
  }

  /** Nice to know at the next start; a store that cannot be written for a while is no reason to stop. */
  #rememberHostCap(host: string, connections: number): void {
    try {
      this.#store.writeHostCap(host, connections, this.#clock.now());
    } catch (error) {
      process.emitWarning(`The connections that ${host} allows were not stored: ${String(error)}`, 'SluiceWarning');
    }
  }

  subscribe(listener: (event: JobsEvent) => void): () => void {
    return this.#sampler.subscribe(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#timetable.stop();
    await this.#queue.close();
    await this.#downloads.close();
    await Promise.allSettled(this.#underWay);
    this.#sampler.stop();
    this.#list.close();
    this.#store.close();
    this.#unlock();
  }

  #finishBeforeClose(work: Promise<void>): Promise<void> {
    const done = work.finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
    return done;
  }

  #record(id: string): JobRecord {
    const record = this.#list.get(id);
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
    return [...new Set(ids)].flatMap((id) => this.#list.get(id) ?? []).filter(may);
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
