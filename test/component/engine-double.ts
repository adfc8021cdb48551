/**
 * A double of the engine behind the real contract: tests and the screenshot script say what there is and what happens,
 * and oRPC checks it against the schemas, so that a double cannot say what the engine never could.
 */
import { implement, type Router } from '@orpc/server';
import { assertNever } from '../../shared/assert-never.ts';
import { contract } from '../../shared/contract.ts';
import type { AddResult, DownloadRequest, ProbeResult } from '../../shared/download.ts';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import type { FolderInfo, SystemInfo } from '../../shared/system.ts';
import type { Settings } from '../../shared/settings.ts';
import { defaultSettings } from '../../shared/default-settings.ts';
import type { Failure } from '../../shared/failure.ts';
import type { Job, JobDetail, Meter, Totals } from '../../shared/job.ts';
import { DatabaseDouble } from './database-double.ts';
import { queued } from './queued.ts';
import { asError, Refusal, rethrow, type NoContext } from './answers.ts';
import { ShareDouble } from './share-double.ts';

export { Refusal };

/** A call that the window made: the procedure's name, and what it sent. */
export interface Call {
  readonly name: string;
  readonly input: unknown;
}

export interface DoubleState {
  readonly jobs: readonly Job[];
  readonly meters?: readonly Meter[];
  readonly settings?: Partial<Settings>;
  readonly info?: Partial<SystemInfo>;
}

const standardSettings = defaultSettings('/home/ada/Downloads');

export class EngineDouble {
  readonly calls: Call[] = [];
  readonly database = new DatabaseDouble((name, input) => this.note(name, input));
  readonly shares = new ShareDouble((name, input) => this.note(name, input));
  settings: Settings;
  info: SystemInfo;
  /** What each procedure answers where that is not simply its effect on the state; replaced by tests. */
  probe: (url: string, signal: AbortSignal | undefined) => Promise<ProbeResult>;
  add: (request: DownloadRequest) => AddResult;
  folder: (path: string) => FolderInfo;
  detail: (id: string) => JobDetail | null = () => null;
  /** What the person chooses in the system's dialog. */
  choose: (what: 'file' | 'folder', from?: string) => string | null = () => null;
  /** Procedures that fail, by name. */
  readonly failing = new Map<string, Failure>();
  private readonly jobs: Map<string, Job>;
  private readonly meters: Map<string, Meter>;
  private revision = 0;
  private readonly watchers = new Set<(event: JobsEvent) => void>();
  private readonly detailWatchers = new Set<() => void>();
  /** How often the window has asked for a snapshot. */
  snapshots = 0;

  constructor({ jobs, meters = [], settings, info }: DoubleState) {
    this.jobs = new Map(jobs.map((job) => [job.id, job]));
    this.meters = new Map(meters.map((meter) => [meter.id, meter]));
    this.settings = { ...standardSettings, ...settings };
    this.info = {
      version: '0.1.0',
      face: 'host',
      home: '/home/ada/.local/share/sluice',
      can: { chooseFolder: false, openFiles: true, sleep: false },
      notices: [],
      ...info,
    };
    this.probe = async (url) => {
      throw new Refusal('host-not-found', { host: new URL(url).host });
    };
    this.add = () => ({ ok: true, id: `new-${this.calls.length}` });
    this.folder = (path) => ({ path, free: 212_400_000_000, available: 208_100_000_000 });
  }

  /** Changes what there is, and tells all windows in one event. */
  change(patch: { jobs?: readonly Job[]; removed?: readonly string[]; meters?: readonly Meter[] }): void {
    for (const job of patch.jobs ?? []) this.jobs.set(job.id, job);
    for (const id of patch.removed ?? []) this.jobs.delete(id);
    for (const meter of patch.meters ?? []) this.meters.set(meter.id, meter);
    this.revision += 1;
    this.emit({
      type: 'changes',
      revision: this.revision,
      jobs: [...(patch.jobs ?? [])],
      removed: [...(patch.removed ?? [])],
      meters: [...(patch.meters ?? [])],
      totals: this.totals(),
    });
  }

  /** Changes what there is without telling anyone, so that the next event leaves a gap in the revisions. */
  changeUnseen(job: Job): void {
    this.jobs.set(job.id, job);
    this.revision += 1;
  }

  /** Renews the details that are open. */
  tick(): void {
    for (const watcher of this.detailWatchers) watcher();
  }

  job(id: string): Job {
    const job = this.jobs.get(id);
    if (!job) throw new Error(`The double has no job ${id}`);
    return job;
  }

  callsOf(name: string): unknown[] {
    return this.calls.filter((call) => call.name === name).map(({ input }) => input);
  }

  private totals(): Totals {
    const meters = [...this.meters.values()].filter(({ id }) => this.jobs.get(id)?.state.kind === 'running');
    return { rate: meters.reduce((sum, { rate }) => sum + rate, 0), active: meters.length };
  }

  private emit(event: JobsEvent): void {
    for (const watcher of this.watchers) watcher(event);
  }

  /** Changes settings, and tells all windows. */
  changeSettings(patch: Partial<Settings>): Settings {
    this.settings = { ...this.settings, ...patch };
    this.revision += 1;
    this.emit({
      type: 'changes',
      revision: this.revision,
      jobs: [],
      removed: [],
      meters: [],
      totals: this.totals(),
      settings: this.settings,
    });
    return this.settings;
  }

  /** Notes the call; throws where the procedure is to fail. */
  private note(name: string, input: unknown): void {
    this.calls.push({ name, input });
    const wrong = this.failing.get(name);
    if (wrong) throw asError(wrong);
  }

  private async *watch(signal: AbortSignal | undefined): AsyncGenerator<JobsEvent> {
    this.snapshots += 1;
    yield {
      type: 'snapshot',
      revision: this.revision,
      jobs: [...this.jobs.values()],
      meters: [...this.meters.values()],
      totals: this.totals(),
      settings: this.settings,
    };
    yield* queued(this.watchers, signal);
  }

  private async *watchDetail(id: string, signal: AbortSignal | undefined): AsyncGenerator<JobDetail> {
    const now = () => this.detail(id) ?? emptyDetail(this.job(id));
    yield now();
    for await (const _ of queued<void>(this.detailWatchers, signal)) yield now();
  }

  /** The contract, answered by this double. */
  router(): Router<typeof contract, NoContext> {
    const os = implement(contract);
    const noted = (name: string) => (options: { input: unknown }) => this.note(name, options.input);
    return {
      jobs: {
        add: os.jobs.add.handler(({ input }) => {
          this.note('jobs.add', input);
          return input.downloads.map((request) => this.add(request));
        }),
        list: os.jobs.list.handler(() => [...this.jobs.values()]),
        get: os.jobs.get.handler(({ input }) => this.job(input.id)),
        watch: os.jobs.watch.handler(({ signal }) => this.watch(signal)),
        detail: os.jobs.detail.handler(({ input, signal }) => this.watchDetail(input.id, signal)),
        pause: os.jobs.pause.handler(noted('jobs.pause')),
        resume: os.jobs.resume.handler(noted('jobs.resume')),
        finish: os.jobs.finish.handler(noted('jobs.finish')),
        cancel: os.jobs.cancel.handler(noted('jobs.cancel')),
        retry: os.jobs.retry.handler(noted('jobs.retry')),
        remove: os.jobs.remove.handler(({ input }) => {
          this.note('jobs.remove', input);
          this.change({ removed: input.ids });
        }),
        reorder: os.jobs.reorder.handler(noted('jobs.reorder')),
        setLimit: os.jobs.setLimit.handler(noted('jobs.setLimit')),
        setConnections: os.jobs.setConnections.handler(noted('jobs.setConnections')),
        decide: os.jobs.decide.handler(noted('jobs.decide')),
        setPriority: os.jobs.setPriority.handler(noted('jobs.setPriority')),
        setStartAt: os.jobs.setStartAt.handler(noted('jobs.setStartAt')),
        open: os.jobs.open.handler(noted('jobs.open')),
        reveal: os.jobs.reveal.handler(noted('jobs.reveal')),
        openLink: os.jobs.openLink.handler(noted('jobs.openLink')),
      },
      remote: {
        probe: os.remote.probe.handler(async ({ input, signal }) => {
          this.note('remote.probe', input);
          return this.probe(input.url, signal).catch(rethrow);
        }),
      },
      folders: {
        info: os.folders.info.handler(({ input }) => {
          this.note('folders.info', input);
          try {
            return this.folder(input.path);
          } catch (error) {
            return rethrow(error);
          }
        }),
        choose: os.folders.choose.handler(({ input }) => this.choose('folder', input.from)),
      },
      files: { choose: os.files.choose.handler(({ input }) => this.choose('file', input.from)) },
      settings: {
        get: os.settings.get.handler(() => this.settings),
        set: os.settings.set.handler(({ input }) => {
          this.note('settings.set', input);
          return this.changeSettings(input as Partial<Settings>);
        }),
      },
      system: {
        info: os.system.info.handler(() => this.info),
        sampleFeed: os.system.sampleFeed.handler(() => {
          this.note('system.sampleFeed', undefined);
          return { url: 'http://127.0.0.1:4000/sample/feed' };
        }),
        sample: os.system.sample.handler(({ input }) => {
          this.note('system.sample', input);
          return { url: `http://127.0.0.1:4000/sample-${input.size}.bin`, sha256: null };
        }),
        quit: os.system.quit.handler(() => this.note('system.quit', undefined)),
      },
      connections: this.database.connections(),
      exports: this.database.exports(),
      shares: this.shares.router(),
      captures: this.shares.captures(),
    };
  }
}

function emptyDetail(job: Job): JobDetail {
  const every = {
    id: job.id,
    activity: [],
    rates: [],
    queue: { used: 0, size: 64 },
    waited: { source: 0, processing: 0, disk: 0, limit: 0 },
    file: `${job.folder}/${job.name}${job.state.kind === 'completed' ? '' : '.sluice'}`,
  };
  switch (job.kind) {
    case 'download':
      return { ...every, kind: 'download', connections: [], identity: null, request: [], response: [] };
    case 'export':
      return {
        ...every,
        kind: 'export',
        sql: '',
        columns: [],
        backend: null,
        reading: 'none',
        checkpoint: null,
        snapshotSince: null,
        rowRates: [],
        files: [],
      };
    case 'capture':
      return {
        ...every,
        kind: 'capture',
        connected: false,
        diskFull: false,
        last: [],
        gaps: [],
        rowRates: [],
        files: [],
        depth: { records: 0, bytes: 0 },
      };
    default:
      return assertNever(job);
  }
}
