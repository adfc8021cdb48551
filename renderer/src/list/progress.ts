import { formatBytes, formatProgress, formatRate, percent } from '../../../shared/format.ts';
import type { Job, Meter } from '../../../shared/job.ts';
import { countText, rowRateText, rowsText } from '../figures.ts';

/** How far a job is. */
export interface Progress {
  /** “1.2 of 4.8 GB”, “812,400 rows”. */
  readonly text: string;
  /** Whole percent; null where the whole is not known. */
  readonly share: number | null;
  /** True where the whole is only what the planner expects: the share carries “≈”. */
  readonly estimated: boolean;
}

export function progressOf(job: Job, meter: Meter | undefined): Progress {
  if (job.kind === 'download') {
    const done = meter?.done ?? job.done;
    const verified = job.state.kind === 'verifying' ? (meter?.verified ?? null) : null;
    return { text: formatProgress(done, job.size), share: percent(verified ?? done, job.size), estimated: false };
  }
  const rows = meter?.rows ?? job.rows;
  if (job.kind === 'capture') return { text: countText(rows, 'record'), share: null, estimated: false };
  const { expected } = job;
  if (!expected) return { text: rowsText(rows), share: null, estimated: false };
  // An estimate may be too small: it never says that all is here.
  const share =
    expected.rows === 0 ? null : Math.min(expected.exact ? 100 : 99, Math.floor((rows / expected.rows) * 100));
  return { text: rowsText(rows), share, estimated: !expected.exact };
}

/** How much there is of a job that has ended or has not begun. */
export function wholeOf(job: Job): string {
  if (job.kind === 'download') return job.size !== null || job.done > 0 ? formatBytes(job.size ?? job.done) : '';
  const count = job.kind === 'export' ? rowsText(job.rows) : countText(job.rows, 'record');
  if (job.rows === 0 && job.state.kind !== 'completed') {
    return job.kind === 'export' && job.expected ? `≈ ${rowsText(Math.round(job.expected.rows))}` : '';
  }
  return `${count}, ${formatBytes(job.done)}`;
}

/** Bytes a second, or rows where a job counts rows. */
export function speedOf(job: Job, { rate, rowRate }: Meter): string {
  if (job.kind === 'download' || rowRate === null) return formatRate(rate);
  return job.kind === 'export' ? rowRateText(rowRate) : `${countText(Math.round(rowRate), '')}/s`;
}
