import type { Meter } from '../../../shared/job.ts';
import type { DownloadDetail, DownloadEvent, DownloadJournal, DownloadSpec } from './types.ts';

/** To the transfer thread. */
export type WorkerRequest =
  | { readonly kind: 'start'; readonly spec: DownloadSpec; readonly resume: DownloadJournal | null }
  | { readonly kind: 'stop'; readonly id: string }
  /** Nothing runs any more: end the thread. */
  | { readonly kind: 'close' }
  /** `id` null: over all downloads. */
  | { readonly kind: 'limit'; readonly id: string | null; readonly rate: number | null }
  | { readonly kind: 'host-limits'; readonly limits: Readonly<Record<string, number>> }
  | { readonly kind: 'host-caps'; readonly caps: Readonly<Record<string, number>> }
  | { readonly kind: 'trusted'; readonly trusted: Readonly<Record<string, string>> }
  | { readonly kind: 'connections'; readonly id: string; readonly connections: number | null }
  | { readonly kind: 'detail'; readonly id: string }
  /** Somebody reads at `position`; the answer has the same number. */
  | { readonly kind: 'want'; readonly id: string; readonly position: number; readonly number: number }
  | { readonly kind: 'unwant'; readonly number: number };

/** From the transfer thread. */
export type WorkerReply =
  | { readonly kind: 'event'; readonly id: string; readonly event: DownloadEvent }
  | { readonly kind: 'meters'; readonly meters: readonly Meter[] }
  | { readonly kind: 'detail'; readonly id: string; readonly detail: DownloadDetail | null }
  | { readonly kind: 'readable'; readonly number: number; readonly end: number | null };
