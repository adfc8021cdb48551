import type { Meter } from '../../../shared/job.ts';
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
  | { readonly kind: 'start'; readonly spec: ExportSpec; readonly resume: ExportJournal | null }
  | { readonly kind: 'pause' | 'resume' | 'stop' | 'detail'; readonly id: string }
  /** The owner has noted one more journal. */
  | { readonly kind: 'stored'; readonly run: number }
  /** Nothing runs any more: end the thread. */
  | { readonly kind: 'close' }
  /** `id` null: over all exports. */
  | { readonly kind: 'limit'; readonly id: string | null; readonly rate: number | null };

/** From the export thread. */
export type WorkerReply =
  /** `run`: which of the export's runs, for a late `stored` must not count for the next one. */
  | { readonly kind: 'event'; readonly id: string; readonly run: number; readonly event: ExportEvent }
  | { readonly kind: 'meters'; readonly meters: readonly Meter[] }
  | { readonly kind: 'detail'; readonly id: string; readonly detail: ExportDetail | null };
