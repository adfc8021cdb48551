import type { RunReply, RunRequest } from '../flow/index.ts';
import type { DownloadDetail, DownloadEvent, DownloadJournal, DownloadSpec } from './types.ts';

/** To the transfer thread. */
export type WorkerRequest =
  | RunRequest
  | { readonly kind: 'start'; readonly spec: DownloadSpec; readonly resume: DownloadJournal | null }
  | { readonly kind: 'host-limits'; readonly limits: Readonly<Record<string, number>> }
  | { readonly kind: 'host-caps'; readonly caps: Readonly<Record<string, number>> }
  | { readonly kind: 'trusted'; readonly trusted: Readonly<Record<string, string>> }
  | { readonly kind: 'connections'; readonly id: string; readonly connections: number | null }
  /** Somebody reads at `position`; the answer has the same number. */
  | { readonly kind: 'want'; readonly id: string; readonly position: number; readonly number: number }
  | { readonly kind: 'unwant'; readonly number: number };

/** From the transfer thread. */
export type WorkerReply =
  | RunReply<DownloadEvent, DownloadDetail>
  | { readonly kind: 'readable'; readonly number: number; readonly end: number | null };
