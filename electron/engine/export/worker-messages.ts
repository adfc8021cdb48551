import type { RunReply, RunRequest } from '../flow/index.ts';
import type { ExportDetail, ExportEvent, ExportJournal, ExportSpec } from './types.ts';

/** What an export thread is started with. */
export interface ExportSettings {
  /** Ms that a paused export holds its portal, and so a snapshot that keeps the server from tidying up. */
  readonly holdFor: number;
  /** Ms between checkpoints. */
  readonly checkpointEvery: number;
}

/** To the export thread. */
export type WorkerRequest =
  | RunRequest
  | { readonly kind: 'start'; readonly spec: ExportSpec; readonly resume: ExportJournal | null }
  | { readonly kind: 'pause' | 'resume'; readonly id: string }
  /** The owner has noted one more journal. */
  | { readonly kind: 'stored'; readonly run: number };

/** From the export thread. */
export type WorkerReply =
  | Exclude<RunReply<ExportEvent, ExportDetail>, { kind: 'event' }>
  /** `run`: which of the export's runs, for a late `stored` must not count for the next one. */
  | { readonly kind: 'event'; readonly id: string; readonly run: number; readonly event: ExportEvent };
