/** The door of the capture room, as types: what the jobs room asks for and what it is told. */
import type { CaptureRequest, Feed, Gap } from '../../../shared/capture.ts';
import type { CaptureJobDetail, Meter } from '../../../shared/job.ts';
import type { ConnectTarget } from '../database/types.ts';
import type { RunOutcome } from '../flow/index.ts';

/** What to capture and where to put it. */
export interface CaptureSpec extends Pick<CaptureRequest, 'rotation' | 'compression' | 'queue' | 'whenFull'> {
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

/** What the journal knows of a capture that began. */
export interface CaptureJournal {
  /** Records in finished files, and bytes. */
  readonly finished: { readonly files: number; readonly rows: number; readonly bytes: number };
  /** The file that is being written; what is durable of it. Null between files. */
  readonly current: {
    readonly name: string;
    readonly openedAt: number;
    readonly rows: number;
    /** Bytes on the disk, as written (compressed where asked): the file is cut to this after a crash. */
    readonly bytes: number;
  } | null;
  /** Where a source that can replay goes on: `Last-Event-ID`. */
  readonly position: string | null;
  readonly dropped: number;
  /** The newest, at most 100. */
  readonly gaps: readonly Gap[];
}

export type CaptureEvent =
  | { readonly kind: 'started'; readonly journal: CaptureJournal }
  | { readonly kind: 'committed'; readonly journal: CaptureJournal }
  | { readonly kind: 'activity'; readonly level: 'info' | 'warning' | 'error'; readonly text: string }
  | { readonly kind: 'ended'; readonly outcome: RunOutcome };

/** One record as live readers get it. */
export interface LiveRecord {
  /** Grows by one with each record of the capture. */
  readonly number: number;
  /** Ms since the epoch. */
  readonly at: number;
  readonly data: Buffer;
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
   * Hands a running capture's records to a live reader, beginning after record `after` where the bounded ring still has
   * it. Never waits for the reader. Returns what ends it; null where the capture does not run.
   */
  listen(
    id: string,
    after: number | null,
    reader: { readonly record: (record: LiveRecord) => void; readonly end: () => void },
  ): (() => void) | null;
  close(): Promise<void>;
}

export type CaptureDetail = Omit<CaptureJobDetail, 'activity' | 'file'>;
