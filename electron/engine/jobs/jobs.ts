/** What a person and the faces ask of jobs: each action checks whether it may be, then tells the queue. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import type { AddResult, DownloadRequest, FolderInfo, JobsEvent, Settings } from '../../../shared/contract.ts';
import { SluiceError, toFailure, type Failure } from '../../../shared/failure.ts';
import { allowedActions, type JobAction } from '../../../shared/job-state.ts';
import type { AttentionChoice, Job, JobDetail, Priority } from '../../../shared/job.ts';
import type { Downloads } from '../download/types.ts';
import type { DecisionDetails, Engine, EngineOptions } from '../engine.ts';
import { checkFolder, freeSpace, type Space, toDiskError } from '../files/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { deleteFilesOf, fileOf, moveTo } from './job-files.ts';
import { JobList } from './job-list.ts';
import { type JobRecord, toJob } from './job-record.ts';
import { lockHome } from './lock.ts';
import { type Interfaces, isOffline } from './network.ts';
import { recovered } from './outcome.ts';
import { Queue } from './queue.ts';
import { Recent } from './recent.ts';
import { parseRequest } from './request.ts';
import { Sampler } from './sampler.ts';
import { JobSecrets } from './secrets.ts';
import { checkSettings, defaultSettings } from './settings.ts';
import { openStore, type Store } from './store.ts';

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

class OpenJobs implements Jobs {
  readonly notices: readonly Failure[];
  readonly #store: Store;
  readonly #downloads: Downloads;
  readonly #clock: Clock;
  readonly #freeSpace: (folder: string) => Promise<Space>;
  readonly #secrets: JobSecrets;
  readonly #recent = new Recent();
  readonly #list: JobList;
  readonly #queue: Queue;
  readonly #sampler: Sampler;
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
    downloads.setGlobalLimit(this.#settings.limit);
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
    let id = newId();
    while (this.#list.get(id)) id = newId();
    const hasSecrets = Object.keys(secrets).length > 0;
    const record: JobRecord = {
      ...parsed,
      id,
      createdAt: this.#clock.now(),
      hasSecrets,
      position: this.#list.nextPosition,
      state: { kind: paused ? 'paused' : 'queued' },
      size: null,
      journal: null,
      inode: null,
      priority: request.priority ?? 'normal',
      startAt: request.startAt ?? null,
      tries: 0,
      meter: null,
    };
    this.#list.add(record);
    if (hasSecrets) {
      const kept = this.#secrets.set(id, secrets).catch((error: unknown) => {
        const { message } = toFailure(error);
        this.#list.note(record, 'warning', `The credentials are kept until Sluice ends only. ${message}`);
      });
      void this.#finishBeforeClose(kept);
    }
    this.#queue.fill();
    return id;
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
    for (const job of this.#allowed(ids, 'resume', held)) this.#again(job);
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
    for (const job of ids.flatMap((id) => this.#list.get(id) ?? [])) {
      job.priority = priority;
      this.#list.changed(job);
    }
  }

  setStartAt(ids: readonly string[], startAt: number | null): void {
    for (const job of ids.flatMap((id) => this.#list.get(id) ?? [])) {
      job.startAt = startAt;
      this.#list.changed(job);
    }
  }

  decide(id: string, choice: AttentionChoice, details: DecisionDetails = {}): Promise<void> {
    return this.#finishBeforeClose(this.#decide(id, choice, details));
  }

  async #decide(id: string, choice: AttentionChoice, details: DecisionDetails): Promise<void> {
    const job = this.#record(id);
    if (job.state.kind !== 'attention' || !job.state.choices.includes(choice)) throw notNow(job);
    switch (choice) {
      case 'retry':
        this.#again(job);
        return;
      case 'keep':
        this.#list.move(job, { kind: 'paused' });
        return;
      // A face opens the link; the job stays as it is until the person comes back.
      case 'open-link':
        return;
      case 'start-over':
        await this.#queue.occupy(job, () => this.#queue.startOver(job));
        break;
      case 'change-folder':
        await this.#changeFolder(job, details.folder);
    }
    // Meanwhile it may have been cancelled or removed.
    if (job.state.kind === 'attention' && this.#list.get(id) === job) this.#again(job);
  }

  async #changeFolder(job: JobRecord, given: string | undefined): Promise<void> {
    if (given === undefined) throw new SluiceError('bad-input', { detail: 'Say which folder to use instead.' });
    checkFolder(given);
    const folder = resolve(given);
    if (folder === job.folder) return;
    await this.#queue.occupy(job, async () => {
      if (!(await moveTo(job, folder))) {
        this.#list.note(job, 'warning', 'The unfinished file could not be found: starting over in the new folder.');
      }
      this.#list.changed(job);
      // The old part file is gone: the store has to know before anything else happens.
      this.#list.write();
    });
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
    this.#store.writeSettings(known);
    const before = this.#settings;
    this.#settings = { ...before, ...known };
    if (before.limit !== this.#settings.limit) this.#downloads.setGlobalLimit(this.#settings.limit);
    if (before.connections !== this.#settings.connections) {
      for (const job of this.#list.ordered) {
        if (job.connections === null && this.#queue.isRunning(job.id)) {
          this.#downloads.setConnections(job.id, this.#settings.connections);
        }
      }
    }
    this.#queue.fill();
    this.#sampler.touch();
    return Promise.resolve(this.#settings);
  }

  subscribe(listener: (event: JobsEvent) => void): () => void {
    return this.#sampler.subscribe(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
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

/** Short enough to type; the caller makes sure that it is new. */
function newId(): string {
  return randomUUID().slice(0, 8);
}
