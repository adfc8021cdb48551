/** How far a job is, for every face. */
import { percent } from './format.ts';
import type { Job, Meter } from './job.ts';

export interface JobShare {
  /** Whole percent; null where the whole is not known. */
  readonly share: number | null;
  /** True where the whole is only what the planner expects: the share carries “≈”. */
  readonly estimated: boolean;
}

/** Of bytes for a download (of those hashed while it is verified), of rows for an export; a capture has no whole. */
export function shareOf(job: Job, meter: Meter | undefined): JobShare {
  if (job.kind === 'download') {
    const verified = job.state.kind === 'verifying' ? (meter?.verified ?? null) : null;
    return { share: percent(verified ?? meter?.done ?? job.done, job.size), estimated: false };
  }
  const expected = job.kind === 'export' ? job.expected : null;
  if (!expected) return { share: null, estimated: false };
  const rows = meter?.rows ?? job.rows;
  // An estimate may be too small: it never says that all is here.
  const most = expected.exact ? 100 : 99;
  const share = expected.rows === 0 ? null : Math.min(most, Math.floor((rows / expected.rows) * 100));
  return { share, estimated: !expected.exact };
}
