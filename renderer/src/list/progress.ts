import { formatBytes, formatProgress, formatRate } from '../../../shared/format.ts';
import type { Job, Meter } from '../../../shared/job.ts';
import { shareOf, type JobShare } from '../../../shared/progress.ts';
import { countText, rowRateText, rowsText } from '../figures.ts';

/** How far a job is. */
export interface Progress extends JobShare {
  /** “1.2 of 4.8 GB”, “812,400 rows”. */
  readonly text: string;
}

export function progressOf(job: Job, meter: Meter | undefined): Progress {
  return { ...shareOf(job, meter), text: amountOf(job, meter) };
}

function amountOf(job: Job, meter: Meter | undefined): string {
  if (job.kind === 'download') return formatProgress(meter?.done ?? job.done, job.size);
  const rows = meter?.rows ?? job.rows;
  return job.kind === 'export' ? rowsText(rows) : countText(rows, 'record');
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
