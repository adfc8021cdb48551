/** The download room: remote files become local ones, whole, over many connections, resumable after anything. */
export { createDownloads } from './downloads.ts';
export { probeRemote } from './probe.ts';
export { isProven, provesSame, type Known } from './proof.ts';
export { coarse, RangeSet } from './range-set.ts';
export type {
  DownloadDetail,
  DownloadEvent,
  DownloadJournal,
  DownloadOutcome,
  Downloads,
  DownloadSpec,
  PieceDigests,
} from './types.ts';
