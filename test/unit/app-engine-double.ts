/** An engine in memory, for tests of what stands on the engine: jobs and their states, no bytes. */
import type { DownloadRequest } from '../../shared/download.ts';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import { defaultSettings } from '../../shared/default-settings.ts';
import { failure, SluiceError } from '../../shared/failure.ts';
import type { AttentionChoice, DownloadJob, Job, JobState } from '../../shared/job.ts';
import type { DecisionDetails, Engine } from '../../electron/engine/index.ts';
import { asDownload } from '../tools/as-download.ts';

export interface EngineDouble extends Engine {
  /** Puts a job into a state and tells the subscribers. */
  move(id: string, state: JobState, patch?: Partial<DownloadJob>): void;
  /** Tells the subscribers that nothing has changed. */
  tick(): void;
  /** What was decided, in order. */
  readonly decisions: readonly (DecisionDetails & { readonly id: string; readonly choice: AttentionChoice })[];
  readonly subscribers: number;
  readonly closed: boolean;
}

/** Other rooms have doubles of their own, where a test needs them. */
function notDoubled(): never {
  throw new Error('the double has no databases and no shares');
}

export function engineDouble(folder = '/downloads'): EngineDouble {
  const jobs = new Map<string, Job>();
  const listeners = new Set<(event: JobsEvent) => void>();
  let revision = 0;
  let closed = false;
  const decisions: EngineDouble['decisions'][number][] = [];
  let settings = defaultSettings(folder);
  const totals = { rate: 0, active: 0 };

  const emit = (changed: Job[], removed: string[] = [], withSettings = false) => {
    revision += 1;
    const event: JobsEvent = {
      type: 'changes',
      revision,
      jobs: changed,
      removed,
      meters: [],
      totals,
      ...(withSettings ? { settings } : {}),
    };
    for (const listener of listeners) listener(event);
  };
  const get = (id: string): Job => {
    const job = jobs.get(id);
    if (!job) throw new SluiceError('unknown-job', { id });
    return job;
  };
  const move = (id: string, state: JobState, patch: Partial<DownloadJob> = {}) => {
    const job: DownloadJob = { ...asDownload(get(id)), ...patch, state };
    jobs.set(id, job);
    emit([job]);
  };
  const moveAll = (ids: readonly string[], state: JobState) => ids.forEach((id) => move(id, state));

  const add = (request: DownloadRequest): Job => {
    const url = URL.parse(request.url);
    if (!url) throw new SluiceError('not-a-url', { text: request.url });
    const job: DownloadJob = {
      id: `job-${jobs.size + 1}-abcdef`,
      kind: 'download',
      name: request.name ?? url.pathname.slice(1),
      folder: request.folder ?? settings.folder,
      url: url.href,
      host: url.host,
      state: { kind: request.paused ? 'paused' : 'queued' },
      size: null,
      done: 0,
      ranges: [],
      resumability: 'unknown',
      position: jobs.size,
      createdAt: 1,
      limit: request.limit ?? null,
      connections: request.connections ?? null,
      checksum: null,
      priority: request.priority ?? 'normal',
      startAt: request.startAt ?? null,
      mirrors: request.mirrors ?? [],
    };
    jobs.set(job.id, job);
    return job;
  };

  return {
    notices: [],
    decisions,
    move,
    tick: () => emit([]),
    get subscribers() {
      return listeners.size;
    },
    get closed() {
      return closed;
    },
    add: (requests) =>
      requests.map((request) => {
        try {
          const job = add(request);
          emit([job]);
          return { ok: true, id: job.id };
        } catch (error) {
          return { ok: false, failure: error instanceof SluiceError ? error.failure : failure('internal') };
        }
      }),
    list: () => [...jobs.values()],
    get,
    pause: (ids) => moveAll(ids, { kind: 'paused' }),
    resume: (ids) => moveAll(ids, { kind: 'queued' }),
    cancel: (ids) => moveAll(ids, { kind: 'cancelled' }),
    retry: (ids) => moveAll(ids, { kind: 'queued' }),
    remove: (ids) => {
      for (const id of ids) {
        get(id);
        jobs.delete(id);
      }
      emit([], [...ids]);
      return Promise.resolve();
    },
    finish: () => {},
    reorder: () => {},
    addExport: () => notDoubled(),
    exportSample: () => notDoubled(),
    exportTo: () => notDoubled(),
    exportName: () => notDoubled(),
    addCapture: () => notDoubled(),
    databases: {} as Engine['databases'],
    shares: {} as Engine['shares'],
    setLimit: (id, limit) => move(id, get(id).state, { limit }),
    setConnections: (id, connections) => move(id, get(id).state, { connections }),
    decide: (id, choice, details = {}) => {
      decisions.push({ id, choice, ...details });
      move(id, { kind: 'queued' });
      return Promise.resolve();
    },
    setPriority: (ids, priority) => ids.forEach((id) => move(id, get(id).state, { priority })),
    setStartAt: (ids, startAt) => ids.forEach((id) => move(id, get(id).state, { startAt })),
    detail: (id) => ({
      id: get(id).id,
      kind: 'download',
      connections: [],
      identity: null,
      request: [],
      response: [],
      activity: [],
      rates: [],
      queue: { used: 0, size: 8 },
      waited: { source: 0, processing: 0, disk: 0, limit: 0 },
      file: `${get(id).folder}/${get(id).name}.sluice`,
    }),
    fileOf: (id) => `${get(id).folder}/${get(id).name}`,
    probe: () => Promise.reject(new Error('the double has no network')),
    folderInfo: (path) => Promise.resolve({ path, free: 10, available: 10 }),
    settings: () => settings,
    setSettings: (patch) => {
      settings = { ...settings, ...patch };
      emit([], [], true);
      return Promise.resolve(settings);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      listener({ type: 'snapshot', revision, jobs: [...jobs.values()], meters: [], totals, settings });
      return () => listeners.delete(listener);
    },
    sampleFeed: () => Promise.resolve('http://127.0.0.1:1/sample/feed'),
    sample: () => Promise.resolve({ url: 'http://127.0.0.1:1/sample', sha256: null }),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}
