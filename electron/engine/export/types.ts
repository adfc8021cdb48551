/**
 * The door of the export room, as types: what the jobs room asks for and what it is told. The work is done in a worker
 * thread; everything here is plain data that can cross to it.
 */
import type { ExportSource } from '../../../shared/database.ts';
import type { Compression, ExportFormat, ExportResumability, Split } from '../../../shared/export.ts';
import type { ExportJobDetail, Meter } from '../../../shared/job.ts';
import type { ConnectTarget } from '../database/index.ts';
import type { RunOutcome } from '../flow/index.ts';

/** What to export and where to put it. */
export interface ExportSpec {
  readonly id: string;
  readonly target: ConnectTarget;
  readonly source: ExportSource;
  readonly format: ExportFormat;
  readonly compression: Compression;
  readonly split: Split | null;
  readonly folder: string;
  /** The file's name; of several tables, the folder's. Ignored once a journal names the files. */
  readonly name: string;
  readonly timeZone: string;
  readonly parallel: number;
  readonly exactCount: boolean;
  /** Bytes per second. */
  readonly limit: number | null;
}

/** A file of an export. All but the last are finished under their final names. */
export interface ExportFile {
  /** Inside the spec's folder; of several tables, with the folder's name before it. */
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** Which of the source's tables it holds, from 0; 0 where there is one source. */
  readonly table: number;
  /** Tells the file from any other, so that a crash between its last name and the journal's is undone; null: unknown. */
  readonly inode: string | null;
  /** True once it has its name and holds the last rows of its table: that is not read again. */
  readonly endsTable: boolean;
}

/** Where an export can go on: nothing before it is written again, nothing after it counts. */
export interface Checkpoint {
  /** Ms since the epoch. */
  readonly at: number;
  /** Rows of all files. */
  readonly rows: number;
  /** Bytes of the file that is being written, as they are durable on the disk. The file is cut to this. */
  readonly bytes: number;
  /** Key values of the last row, as PostgreSQL writes them; empty before the first row. */
  readonly after: readonly string[];
  /** What the encoder needs to go on, e.g. how many rows the last INSERT has. */
  readonly encoder: unknown;
  /** What the compressor needs to go on. */
  readonly compressor: unknown;
  /** What the end of those bytes has to be, so that nothing is written behind what somebody, or a crash, made of them. */
  readonly tail?: Tail;
}

/** CRC-32 of a file's bytes from `from` on. */
export interface Tail {
  readonly from: number;
  readonly crc: number;
}

/** What the journal knows of an export that began. */
export interface ExportJournal {
  readonly name: string;
  readonly files: readonly ExportFile[];
  readonly resumability: ExportResumability;
  readonly key: readonly string[];
  /** Type and collation of each of its columns, where the catalog says so. */
  readonly keyTypes?: readonly string[];
  /** Types of the columns when it began: another set now means that the query gives something else. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly checkpoint: Checkpoint | null;
  readonly expected: { readonly rows: number; readonly exact: boolean } | null;
  /** True once it went on from a newer snapshot. */
  readonly newerSnapshot: boolean;
}

/** What a running export tells its owner, in the order in which it happened. */
export type ExportEvent =
  /** The query runs; the first file is made when the owner returns from this. Emitted on every run that reads. */
  | { readonly kind: 'started'; readonly journal: ExportJournal }
  /** Rows became durable: store this before believing it; where the files are others than before, before returning. */
  | { readonly kind: 'committed'; readonly journal: ExportJournal }
  /** After `pause`: nothing moves any more. `held`: the portal and its snapshot are held on the server. */
  | { readonly kind: 'parked'; readonly held: boolean }
  | { readonly kind: 'activity'; readonly level: 'info' | 'warning' | 'error'; readonly text: string }
  /** The last event of a run. */
  | { readonly kind: 'ended'; readonly outcome: RunOutcome };

/** Exports that run, by id. Lives in the main thread; the flows live in a worker. */
export interface Exports {
  /** Begins, or goes on where the journal's checkpoint says. Exactly one `ended` event follows. */
  start(spec: ExportSpec, resume: ExportJournal | null, onEvent: (event: ExportEvent) => void): void;
  /**
   * Stops reading and holds the portal; `parked` follows. After a while a resumable export turns into a checkpoint and
   * ends as `stopped`, so that the server can let the snapshot go; one that is not resumable is held, with a warning.
   */
  pause(id: string): void;
  /** Goes on after `pause`. */
  resume(id: string): void;
  /** Asks a run to stop: the query is cancelled on the server, what counts is made durable, `ended` follows. */
  stop(id: string): void;
  setLimit(id: string, bytesPerSecond: number | null): void;
  /** The limit over all exports. */
  setGlobalLimit(bytesPerSecond: number | null): void;
  meters(): readonly Meter[];
  /** All that is known of one running export now; null where it does not run. */
  detail(id: string): ExportDetail | null;
  /** Stops everything and ends the worker. */
  close(): Promise<void>;
}

/** The part of an export's detail that only the export room knows. */
export type ExportDetail = Omit<ExportJobDetail, 'activity' | 'file'>;
