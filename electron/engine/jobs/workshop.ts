/** The parts of the jobs room and how they hang together: one of each for an open home. */
import type { Settings } from '../../../shared/settings.ts';
import type { Failure } from '../../../shared/failure.ts';
import type { Captures } from '../capture/index.ts';
import type { ConnectTarget } from '../database/index.ts';
import type { Downloads } from '../download/index.ts';
import type { EngineOptions } from '../engine.ts';
import type { Exports } from '../export/index.ts';
import type { Space } from '../files/index.ts';
import { AllDone } from './all-done.ts';
import { CaptureWork } from './capture-work.ts';
import type { Clock } from './clock.ts';
import { DownloadWork } from './download-work.ts';
import { ExportWork } from './export-work.ts';
import { Intake } from './intake.ts';
import { JobList } from './job-list.ts';
import type { JobRecord } from './job-record.ts';
import { type Interfaces, isOffline } from './network.ts';
import { Occupied } from './occupied.ts';
import { Queue } from './queue.ts';
import { Recent } from './recent.ts';
import { Runs } from './runs.ts';
import { Sampler } from './sampler.ts';
import { JobSecrets } from './secrets.ts';
import { defaultSettings } from '../../../shared/default-settings.ts';
import { SharedLimit } from './shared-limit.ts';
import type { Store } from './store.ts';
import { Timetable } from './timetable.ts';
import { Waits } from './waits.ts';

/** How long a host's cap on connections is believed: it may have been a bad day. */
const HOST_CAP_MS = 24 * 3_600_000;

/** What jobs need of the world; a test owns what it has to. */
export interface World {
  readonly downloads: Downloads;
  readonly exports: Exports;
  readonly captures: Captures;
  /** @throws unknown-connection */
  readonly target: (connection: string) => Promise<ConnectTarget>;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly freeSpace: (folder: string) => Promise<Space>;
  readonly interfaces: () => Interfaces;
}

/** What an opened store gave. */
export interface Content {
  readonly store: Store;
  readonly jobs: readonly JobRecord[];
  readonly settings: Partial<Settings>;
  readonly notice: Failure | null;
}

export class Workshop {
  readonly world: World;
  readonly store: Store;
  readonly secrets: JobSecrets;
  readonly recent = new Recent();
  readonly list: JobList;
  readonly intake: Intake;
  readonly occupied: Occupied;
  readonly runs: Runs;
  readonly queue: Queue;
  readonly sampler: Sampler;
  readonly timetable: Timetable;
  readonly allDone: AllDone;
  readonly #limit: SharedLimit;
  /** Actions that take their time. */
  readonly #underWay = new Set<Promise<void>>();
  #settings: Settings;

  constructor(options: EngineOptions, world: World, { store, jobs, settings }: Content) {
    const { captures, clock, downloads, exports, freeSpace, interfaces, random, target } = world;
    this.world = world;
    this.store = store;
    this.secrets = new JobSecrets(options.secrets ?? null);
    this.#settings = { ...defaultSettings(options.downloadsFolder), ...settings };
    const list = new JobList(jobs, store, clock, () => {
      this.sampler.touch();
      this.allDone.changed();
    });
    this.list = list;
    this.intake = new Intake({
      list,
      store,
      clock,
      secrets: this.secrets,
      folder: () => this.#settings.folder,
      finishBeforeClose: (work) => void this.finishBeforeClose(work),
    });
    const { intake, recent, secrets } = this;
    const fill = () => {
      this.queue.fill();
    };
    const offline = (host: string) => isOffline(host, interfaces());
    const occupied = new Occupied(fill);
    const waits = new Waits({
      list,
      clock,
      isOffline: offline,
      onOver: (record) => {
        if (!this.runs.closing) this.queue.enqueue(record);
      },
    });
    const runs = new Runs({
      list,
      works: (host) => ({
        download: new DownloadWork(
          {
            list,
            downloads,
            secrets,
            recent,
            freeSpace,
            settings: () => this.#settings,
            pieces: (id) => store.pieces(id),
            expand: (record, files) => intake.expand(record, files),
            onHostCap: (name, connections) => {
              this.#rememberHostCap(name, connections);
            },
          },
          host,
        ),
        export: new ExportWork({ list, exports, freeSpace, target }, host),
        capture: new CaptureWork({ list, captures, secrets, freeSpace, target, trusted: () => store.trusted() }, host),
      }),
      waits,
      occupied,
      recent,
      clock,
      random,
      isOffline: offline,
      onCompleted: () => {
        this.allDone.completed();
      },
      onRuns: () => {
        this.#limit.refresh();
      },
      onPlace: fill,
    });
    const queue = new Queue({
      list,
      runs,
      waits,
      occupied,
      clock,
      settings: () => this.#settings,
      closedUntil: () => this.timetable.closedUntil,
    });
    this.occupied = occupied;
    this.runs = runs;
    this.queue = queue;
    this.#limit = new SharedLimit({ downloads, exports, running: (kind) => runs.movingOf(kind) });
    this.timetable = new Timetable({
      clock,
      settings: () => this.#settings,
      onLimit: (limit) => {
        this.#limit.set(limit);
      },
      onChange: () => {
        queue.timetableChanged();
      },
    });
    this.allDone = new AllDone({
      list,
      settings: () => this.#settings,
      isHeld: (job) => queue.isHeld(job),
      onDone: (what) => {
        this.set({ whenDone: 'nothing' });
        options.onAllDone?.(what);
      },
    });
    this.sampler = new Sampler({
      list,
      recent,
      clock,
      meters: () => runs.meters(),
      running: () => runs.moving,
      settings: () => this.#settings,
    });
    if (this.#settings.whenDone !== 'nothing') this.set({ whenDone: 'nothing' });
    downloads.setHostLimits(this.#settings.hostLimits);
    downloads.setHostCaps(store.hostCaps(clock.now() - HOST_CAP_MS));
    downloads.setTrusted(store.trusted());
    this.timetable.refresh();
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Stores checked settings; what follows from them is the caller's. */
  set(patch: Partial<Settings>): void {
    this.store.writeSettings(patch);
    this.#settings = { ...this.#settings, ...patch };
    this.sampler.touch();
  }

  /** The engine does not close before this is done. */
  finishBeforeClose(work: Promise<void>): Promise<void> {
    const done = work.finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
    return done;
  }

  async close(): Promise<void> {
    const { captures, downloads, exports } = this.world;
    this.timetable.stop();
    await this.queue.close();
    await Promise.all([downloads.close(), exports.close(), captures.close()]);
    await Promise.allSettled(this.#underWay);
    this.sampler.stop();
    this.list.close();
    this.store.close();
  }

  /** Nice to know at the next start; a store that cannot be written for a while is no reason to stop. */
  #rememberHostCap(host: string, connections: number): void {
    try {
      this.store.writeHostCap(host, connections, this.world.clock.now());
    } catch (error) {
      process.emitWarning(`The connections that ${host} allows were not stored: ${String(error)}`, 'SluiceWarning');
    }
  }
}
