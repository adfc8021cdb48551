/**
 * The engine's public face: what the app room builds the contract on.
 * One engine per home folder, guarded by a lock that the system drops when the process dies.
 */
import type { CaptureRequest } from '../../shared/capture.ts';
import type { AddResult, DownloadRequest, ProbeResult } from '../../shared/download.ts';
import type { FolderInfo } from '../../shared/system.ts';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import type { Settings } from '../../shared/settings.ts';
import type { ExportSource } from '../../shared/database.ts';
import type { Compression, ExportFormat, ExportRequest } from '../../shared/export.ts';
import type { Failure } from '../../shared/failure.ts';
import type { AttentionChoice, Job, JobDetail, Priority } from '../../shared/job.ts';
import type { Databases } from './database/index.ts';
import type { TakeBytes } from './export/index.ts';
import type { Shares } from './serve/types.ts';

export interface EngineOptions {
  /** Folder of the store, the lock and the settings. Made, with mode 0700, where it is missing. */
  readonly home: string;
  /** Where files go until the person chooses otherwise. */
  readonly downloadsFolder: string;
  /**
   * False: unfinished jobs of earlier sessions are held (they stay queued, and go on at the next ordinary start) until
   * `resume` or `retry` asks for them; only those, and jobs added now, run. A one-off command line opens it so.
   * Left out: true.
   */
  readonly autoStart?: boolean;
  /** The port that shares are served on; left out: that of last time, or a free one. */
  readonly sharePort?: number;
  /** Keeps header fields that may be secrets (Authorization, Cookie …) over restarts. Left out: in memory only. */
  readonly secrets?: SecretKeeper;
  /** Called once when the last job that can run has ended, with what the settings say to do then. */
  readonly onAllDone?: (what: Exclude<Settings['whenDone'], 'nothing'>) => void;
}

/** A keychain or a key file, as the faces give it. Keys are like “job:3f9a1c2e”, values opaque texts. */
export interface SecretKeeper {
  get(key: string): Promise<string | null> | string | null;
  set(key: string, value: string): Promise<void> | void;
  delete(key: string): Promise<void> | void;
}

/** What some decisions need besides the choice. */
export interface DecisionDetails {
  /** With `change-folder`. */
  readonly folder?: string | undefined;
  /** With `new-link`. */
  readonly url?: string | undefined;
  /** With `login`. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * Methods throw `SluiceError` for expected failures. Methods that take ids ignore ids whose state does not allow the
 * action when there are several, and throw `not-in-this-state` or `unknown-job` when there is one.
 */
export interface JobActions {
  /** Checks each request and stores it; a request that is bad changes nothing and gets its failure. */
  add(requests: readonly DownloadRequest[]): AddResult[];
  list(): Job[];
  get(id: string): Job;
  pause(ids: readonly string[]): void;
  resume(ids: readonly string[]): void;
  cancel(ids: readonly string[]): void;
  retry(ids: readonly string[]): void;
  /** Ends captures: what was read is written, their files are finished, and they count as completed. */
  finish(ids: readonly string[]): void;
  /** Resolves when the jobs are gone and, where asked, their files (finished or unfinished) too. */
  remove(ids: readonly string[], deleteFile: boolean): Promise<void>;
  reorder(ids: readonly string[], before: string | null): void;
  setLimit(id: string, bytesPerSecond: number | null): void;
  setConnections(id: string, connections: number | null): void;
  decide(id: string, choice: AttentionChoice, details?: DecisionDetails): Promise<void>;
  setPriority(ids: readonly string[], priority: Priority): void;
  /** Puts jobs that have not ended off to a time (ms since the epoch); null: as soon as the queue allows. */
  setStartAt(ids: readonly string[], startAt: number | null): void;
  /** One job in detail, now. */
  detail(id: string): JobDetail;
  /** The path of the finished file, else of the part file. */
  fileOf(id: string): string;
  folderInfo(path: string): Promise<FolderInfo>;
  settings(): Settings;
  setSettings(patch: Partial<Settings>): Promise<Settings>;
  /** The snapshot now, then every change, in order: soon after it came, figures 4 times a second. Returns what ends it. */
  subscribe(listener: (event: JobsEvent) => void): () => void;
  /** What went wrong while opening, for the person to know. */
  readonly notices: readonly Failure[];
  /** Stops all transfers, journals them and lets the lock go. Jobs that ran go on at the next start. */
  close(): Promise<void>;
}

/** Everything that the faces ask for. */
export interface Engine extends JobActions {
  /** @throws unknown-connection, bad-input and what the folder says; nothing is kept of it then */
  addExport(request: ExportRequest): string;
  /** The first lines of a source as a format would write them; empty for binary formats. */
  exportSample(request: ExportSampleRequest, signal?: AbortSignal): Promise<string>;
  /**
   * Streams a query's or one table's rows, as slowly as `take` says; an abort cancels it on the server. Nothing is kept.
   * @returns how many rows there were
   * @throws unknown-connection, sql-error, query-failed, what connecting may say, and what `take` threw
   */
  exportTo(request: ExportStreamRequest, take: TakeBytes, signal: AbortSignal): Promise<number>;
  /** The file name that an export gets when none is given. */
  exportName(source: ExportSource, format: ExportFormat, compression: Compression): string;
  /** @throws unknown-connection, bad-input and what the link and the folder say; nothing is kept of it then */
  addCapture(request: CaptureRequest): string;
  readonly databases: Databases;
  readonly shares: Shares;
  probe(request: Pick<DownloadRequest, 'url' | 'headers'>, signal?: AbortSignal): Promise<ProbeResult>;
  /** Starts the sample remote where it is not running, and gives a link to `size` generated bytes. */
  sample(size: number, rate: number | null): Promise<{ url: string; sha256: string | null }>;
  /** Starts the sample remote where it is not running, and gives a link to events without end. */
  sampleFeed(): Promise<string>;
}

/** Which rows are to be streamed, and how. */
export interface ExportStreamRequest extends ExportSampleRequest {
  readonly compression: Compression;
}

/** Which rows are to be shown, and how they are to be written. */
export interface ExportSampleRequest {
  readonly connection: string;
  readonly source: ExportSource;
  readonly format: ExportFormat;
  readonly timeZone?: string | undefined;
}
