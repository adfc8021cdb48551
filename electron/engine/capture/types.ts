/** The door of the capture room, as types: what the jobs room asks for and what it is told. */
import type { CaptureRequest, Feed, Gap } from '../../../shared/capture.ts';
import type { CaptureJobDetail, Meter } from '../../../shared/job.ts';
import type { ConnectTarget } from '../database/index.ts';
import type { RunOutcome } from '../flow/index.ts';

/** What to capture and where to put it. */
export interface CaptureSpec extends Pick<
  CaptureRequest,
  'rotation' | 'compression' | 'queue' | 'whenFull' | 'whenDiskFull'
> {
  readonly id: string;
  /** With credentials and secret header fields. */
  readonly feed: Feed;
  /** With a `listen` feed: the database. */
  readonly target: ConnectTarget | null;
  readonly folder: string;
  /** What the files' names begin with. */
  readonly name: string;
  /** SHA-256 fingerprints of allowed certificates by host name. */
  readonly trusted: Readonly<Record<string, string>>;
}

/** A finished file. */
export interface CaptureFile {
  readonly name: string;
  readonly rows: number;
  /** As written (compressed where asked). */
  readonly bytes: number;
}

/** The file that is being written, and what is durable of it. */
export interface CurrentFile extends CaptureFile {
  readonly openedAt: number;
  /** Bytes before compression. */
  readonly plain: number;
  /** What tells it from any other file; null where the file system has no such thing. */
  readonly inode: string | null;
  /** What the compressor goes on with. */
  readonly compressor: unknown;
  /** The offsets of its records, in a file beside it. */
  readonly index: { readonly name: string; readonly bytes: number };
  /** True when nothing will be added: it only has to get its name. */
  readonly isEnded: boolean;
}

/**
 * What the journal knows of a capture that began. After a crash the current file is cut to what is said here, and the
 * feed goes on at `position`: both were written together, so that no record is lost between them and none comes twice.
 */
export interface CaptureJournal {
  /** When this was so, ms since the epoch. */
  readonly at: number;
  /** Records in finished files, and bytes. */
  readonly finished: { readonly files: number; readonly rows: number; readonly bytes: number };
  /** The newest finished files, at most 100. */
  readonly newest: readonly CaptureFile[];
  /** Null between files. */
  readonly current: CurrentFile | null;
  /** Number of the next file. */
  readonly next: number;
  /** Where a source that can replay goes on: `Last-Event-ID`; of a poll: what the last answer was. */
  readonly position: string | null;
  /** Of a source that can replay: what tells its last records, so that a replay is recognised. */
  readonly recent: readonly string[];
  readonly dropped: number;
  /** The newest, at most 100. */
  readonly gaps: readonly Gap[];
  /** The runs there were, for live readers: the newest, at most 100; the last is the one that wrote this. */
  readonly epochs?: readonly Epoch[];
}

/** A run as live readers know it. Numbers after `from` are its own: an earlier run that crashed may have given them too. */
export interface Epoch {
  /** Unguessable by chance, of lower-case letters and digits. */
  readonly id: string;
  /** Records that were durable when it began. */
  readonly from: number;
}

export type CaptureEvent =
  | { readonly kind: 'started'; readonly journal: CaptureJournal }
  /** Has to be in the store before the next turn of the event loop: files get their names after that. */
  | { readonly kind: 'committed'; readonly journal: CaptureJournal }
  | { readonly kind: 'activity'; readonly level: 'info' | 'warning' | 'error'; readonly text: string }
  | { readonly kind: 'ended'; readonly outcome: RunOutcome };

/** One record as live readers get it: when it was written. A crash may take back the records of the last second. */
export interface LiveRecord {
  /** Grows by one with each record of the capture. */
  readonly number: number;
  /** When it was received, ms since the epoch. */
  readonly at: number;
  /** Without a line's end. */
  readonly data: Buffer;
}

/** Where a live reader begins. */
export interface LiveStart {
  /** Of the records that follow. */
  readonly epoch: string;
  /** The number up to which the reader has what the capture has; null: it has said nothing, and gets what comes. */
  readonly has: number | null;
  /** Records that it was given, and that a crash has taken back since. */
  readonly takenBack: number;
  /** Number of the newest record. */
  readonly newest: number;
  /** Records that follow on a number, in their order, as far as they are still here: so many bytes, but one at least. */
  readonly read: (after: number, bytes: number) => readonly LiveRecord[];
}

export interface LiveReader {
  /** Called once, before all else. */
  readonly begin: (start: LiveStart) => void;
  /** There is a newer record, of this number. */
  readonly more: (newest: number) => void;
  readonly end: () => void;
}

/** Captures that run, by id. */
export interface Captures {
  /** Begins, or goes on after what the journal says. Exactly one `ended` event follows. */
  start(spec: CaptureSpec, resume: CaptureJournal | null, onEvent: (event: CaptureEvent) => void): void;
  /** Stops reading, writes what the queue holds, finishes nothing; `ended: stopped` follows. */
  stop(id: string): void;
  /** Stops reading, writes what the queue holds, finishes the last file; `ended: completed` follows. */
  finish(id: string): void;
  meters(): readonly Meter[];
  detail(id: string): CaptureDetail | null;
  /**
   * Lets a live reader read a running capture's records, beginning after record `after` (“EPOCH-NUMBER”, or a bare number)
   * where the bounded ring still has it (null: from now on). Never waits for the reader. Returns what ends it; null where the capture does not run.
   */
  listen(id: string, after: string | null, reader: LiveReader): (() => void) | null;
  close(): Promise<void>;
}

export type CaptureDetail = Omit<CaptureJobDetail, 'activity' | 'file' | 'rates'>;
