/** A world for the jobs room that a test owns: time, chance, free space, the network and the downloads themselves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  DownloadEvent,
  DownloadJournal,
  DownloadOutcome,
  Downloads,
  DownloadSpec,
} from '../../electron/engine/download/index.ts';
import type { CaptureEvent, CaptureJournal, CaptureSpec } from '../../electron/engine/capture/index.ts';
import type { ConnectTarget } from '../../electron/engine/database/index.ts';
import type { ExportEvent, ExportJournal, ExportSpec } from '../../electron/engine/export/index.ts';
import type { EngineOptions } from '../../electron/engine/index.ts';
import type { Clock } from '../../electron/engine/jobs/clock.ts';
import { type Jobs, openJobs } from '../../electron/engine/jobs/index.ts';
import type { Interfaces } from '../../electron/engine/jobs/network.ts';
import type { ConnectionProfile } from '../../shared/database.ts';
import type { DownloadRequest } from '../../shared/download.ts';
import { failure, type FailureCode, type FailureParams, SluiceError } from '../../shared/failure.ts';
import type { Identity, Meter, Ranges } from '../../shared/job.ts';

/** Gives the event loop turns until something holds; the test's time limit is the only one. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The clock is set, or the computer slept: it is another time, and no timer has noticed. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** Ms that the longest timer has still to go. */
  get longest(): number {
    return Math.max(0, ...[...this.#timers].map((timer) => timer.at - this.#now));
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time go by, timer after timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers.delete(next);
      next.callback();
      await Promise.resolve();
    }
    this.#now = end;
    await Promise.resolve();
  }
}

interface FakeRun {
  readonly spec: DownloadSpec;
  readonly resume: DownloadJournal | null;
  readonly onEvent: (event: DownloadEvent) => void;
  stopping: boolean;
}

/** Plays the download room: what it is asked is kept, what it tells is said by the test. */
export class FakeDownloads implements Downloads {
  readonly runs = new Map<string, FakeRun>();
  readonly started: DownloadSpec[] = [];
  readonly limits: [string | null, number | null][] = [];
  /** Set: a run that is asked to stop does so at once. */
  obedient = true;
  hostLimits: Readonly<Record<string, number>> = {};
  hostCaps: Readonly<Record<string, number>> = {};
  trusted: Readonly<Record<string, string>> = {};
  mostAtOnce = 0;
  figures: Meter[] = [];
  readonly #waiting: { id: string; resolve: (run: FakeRun) => void }[] = [];

  start(spec: DownloadSpec, resume: DownloadJournal | null, onEvent: (event: DownloadEvent) => void): void {
    if (this.runs.has(spec.id)) throw new Error(`two runs of ${spec.id}`);
    const run = { spec, resume, onEvent, stopping: false };
    this.runs.set(spec.id, run);
    this.started.push(spec);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.runs.size);
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.id === spec.id) waiter.resolve(run);
      else this.#waiting.push(waiter);
    }
  }

  stop(id: string): void {
    const run = this.runs.get(id);
    if (!run) return;
    run.stopping = true;
    if (this.obedient) queueMicrotask(() => this.end(id, { kind: 'stopped' }));
  }

  setLimit(id: string, rate: number | null): void {
    this.limits.push([id, rate]);
  }
  setConnections(): void {}
  setGlobalLimit(rate: number | null): void {
    this.limits.push([null, rate]);
  }
  setHostLimits(limits: Readonly<Record<string, number>>): void {
    this.hostLimits = limits;
  }
  setHostCaps(caps: Readonly<Record<string, number>>): void {
    this.hostCaps = caps;
  }
  setTrusted(trusted: Readonly<Record<string, string>>): void {
    this.trusted = trusted;
  }
  meters(): readonly Meter[] {
    return this.figures;
  }
  detail(): null {
    return null;
  }
  readable(): Promise<null> {
    return Promise.resolve(null);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves with the run of a job, now or when it starts. */
  running(id: string): Promise<FakeRun> {
    const run = this.runs.get(id);
    if (run) return Promise.resolve(run);
    return new Promise((resolve) => {
      this.#waiting.push({ id, resolve });
    });
  }

  tell(id: string, event: DownloadEvent): void {
    const run = this.runs.get(id);
    if (!run) throw new Error(`${id} does not run`);
    if (event.kind === 'ended') this.runs.delete(id);
    run.onEvent(event);
  }

  end(id: string, outcome: DownloadOutcome): void {
    if (this.runs.has(id)) this.tell(id, { kind: 'ended', outcome });
  }
}

export function identity(size: number | null): Identity {
  return { finalUrl: 'https://cdn.example.com/f', size, etag: '"1"', lastModified: null, contentType: null };
}

export function journal(name: string, size: number | null, committed: Ranges = []): DownloadJournal {
  return { identity: identity(size), resumability: 'strong-etag', name, committed };
}

export function meter(id: string, done: number, rate = 1000): Meter {
  const ranges: Ranges = [[0, done]];
  const none = { verified: null, rows: null, rowRate: null, dropped: null };
  return { id, done, rate, eta: 1, active: 1, bottleneck: 'source', ranges, ...none };
}

export function retry(
  code: FailureCode,
  more: { retryAfter?: number; progressed?: boolean; params?: FailureParams } = {},
): Extract<DownloadOutcome, { kind: 'retry' }> {
  const { retryAfter = null, progressed = false, params = { host: 'example.com' } } = more;
  return { kind: 'retry', failure: failure(code, params), retryAfter, progressed };
}

/** Plays the rooms of the other kinds, with the same behaviour: what is asked is kept, what is told is said by the test. */
export class FakeRuns<Spec extends { readonly id: string }, Journal, Event extends { readonly kind: string }> {
  readonly runs = new Map<string, { spec: Spec; resume: Journal | null; onEvent: (event: Event) => void }>();
  /** Each request with its id, in order. */
  readonly asked: string[] = [];
  globalLimit: number | null = null;

  start(spec: Spec, resume: Journal | null, onEvent: (event: Event) => void): void {
    this.asked.push(`start ${spec.id}`);
    this.runs.set(spec.id, { spec, resume, onEvent });
  }
  pause(id: string): void {
    this.asked.push(`pause ${id}`);
  }
  resume(id: string): void {
    this.asked.push(`resume ${id}`);
  }
  stop(id: string): void {
    this.asked.push(`stop ${id}`);
    const stopped = { kind: 'ended', outcome: { kind: 'stopped' } };
    queueMicrotask(() => {
      if (this.runs.has(id)) this.tell(id, stopped as unknown as Event);
    });
  }
  finish(id: string): void {
    this.asked.push(`finish ${id}`);
  }
  setLimit(): void {}
  setGlobalLimit(limit: number | null): void {
    this.globalLimit = limit;
  }
  meters(): [] {
    return [];
  }
  detail(): null {
    return null;
  }
  listen(): null {
    return null;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  tell(id: string, event: Event): void {
    const run = this.runs.get(id);
    if (!run) throw new Error(`${id} does not run`);
    if (event.kind === 'ended') this.runs.delete(id);
    run.onEvent(event);
  }
}

/** A connection that every export and capture of a test has. */
export const target: ConnectTarget = {
  id: 'c1',
  name: 'Shop',
  color: 'green',
  host: 'db.example.com',
  port: 5432,
  database: 'shop',
  user: 'me',
  password: null,
  sshPassword: null,
  tls: { mode: 'prefer', ca: null, certificate: null, key: null },
  ssh: null,
  readOnly: true,
  statementTimeout: 0,
  exportTimeout: 0,
};

const { password: _, sshPassword: __, ...fields } = target;
export const profile: ConnectionProfile = { ...fields, hasPassword: false, hasSshPassword: false, sample: false };

/** The code of the failure that is thrown; null where none is. */
export function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}

export interface World {
  readonly exports: FakeRuns<ExportSpec, ExportJournal, ExportEvent>;
  readonly captures: FakeRuns<CaptureSpec, CaptureJournal, CaptureEvent>;
  readonly home: string;
  readonly files: string;
  readonly clock: FakeClock;
  /** Each session has its own, as each process has. */
  downloads: FakeDownloads;
  jobs: Jobs;
  /** Free bytes on the one file system there is. */
  free: number;
  online: boolean;
  random: () => number;
  /** Adds one download; throws where it is refused. */
  add(request?: Partial<DownloadRequest>): string;
  readonly state: (id: string) => string;
  /** Opens the home anew; the session before has to be closed or to have crashed. */
  reopen(options?: Partial<EngineOptions>): void;
  close(): Promise<void>;
}

export function createWorld(options: Partial<EngineOptions> = {}): World {
  const root = mkdtempSync(join(tmpdir(), 'sluice-jobs-'));
  const home = join(root, 'home');
  const files = join(root, 'files');
  const clock = new FakeClock();
  const online: Interfaces = { lo: [{ internal: true }], eth0: [{ internal: false }] };
  const offline: Interfaces = { lo: [{ internal: true }] };
  let serial = 0;
  const open = (more: Partial<EngineOptions>) => {
    const jobs = openJobs(
      { home, downloadsFolder: files, ...more },
      {
        downloads: world.downloads,
        clock,
        random: () => world.random(),
        freeSpace: () => Promise.resolve({ free: world.free, device: 1 }),
        interfaces: () => (world.online ? online : offline),
        exports: world.exports,
        captures: world.captures,
        target: (id) => Promise.resolve({ ...target, id }),
      },
    );
    jobs.begin();
    return jobs;
  };
  const world: World = {
    home,
    files,
    clock,
    exports: new FakeRuns(),
    captures: new FakeRuns(),
    downloads: new FakeDownloads(),
    // Set below: it needs the world it is part of.
    jobs: undefined as unknown as Jobs,
    free: 1e12,
    online: true,
    random: () => 0,
    add(request = {}) {
      serial += 1;
      const [result] = world.jobs.add([{ url: `https://example.com/file-${serial}.bin`, ...request }]);
      if (!result?.ok) throw new Error(result?.failure.message);
      return result.id;
    },
    state: (id) => world.jobs.get(id).state.kind,
    reopen(more = {}) {
      world.downloads = new FakeDownloads();
      world.jobs = open({ ...options, ...more });
    },
    async close() {
      world.downloads.obedient = true;
      for (const id of world.downloads.runs.keys()) world.downloads.end(id, { kind: 'stopped' });
      await world.jobs.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  world.jobs = open(options);
  return world;
}
