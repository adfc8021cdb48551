import type { Job, Meter, Ranges } from '../../../shared/job.ts';
import styles from './ProgressBar.module.css';

/** Width of the drawing; the browser stretches it to the cell. */
const width = 1000;

/** One path over all ranges. A range is never too thin to be seen. */
export function rangesPath(ranges: Ranges, size: number): string {
  return ranges
    .map(([start, end]) => {
      const x = (start / size) * width;
      const w = Math.max(2, ((end - start) / size) * width);
      return `M${x.toFixed(1)} 0h${w.toFixed(1)}v1h-${w.toFixed(1)}z`;
    })
    .join('');
}

interface ProgressBarProps {
  job: Job;
  meter: Meter | undefined;
  /** Whole percent; null where the total is not known. */
  share: number | null;
  /** Bytes hashed so far, while verifying. */
  verified: number | null;
}

/** The 4 px bar: which pieces of the file are here; movement without a share where the total is not known. */
export function ProgressBar({ job, meter, share, verified }: ProgressBarProps) {
  const { kind } = job.state;
  const { ranges, size } = drawn(job, meter, share, verified);
  const moving = share === null && (kind === 'running' || kind === 'starting');
  return (
    <div
      className={styles.bar}
      role="progressbar"
      aria-label={verified !== null ? 'Checked' : job.kind === 'download' ? 'Downloaded' : 'Written'}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(share !== null && { 'aria-valuenow': share })}
      data-state={kind}
      data-moving={moving || undefined}
      data-unknown={size === null || undefined}
    >
      {size !== null && size > 0 && (
        <svg viewBox={`0 0 ${width} 1`} preserveAspectRatio="none" aria-hidden="true">
          <path d={rangesPath(ranges, size)} />
        </svg>
      )}
    </div>
  );
}

/** What is filled of what: pieces of a file, or the share of an export's rows. */
function drawn(
  job: Job,
  meter: Meter | undefined,
  share: number | null,
  verified: number | null,
): { ranges: Ranges; size: number | null } {
  if (job.kind !== 'download') return { ranges: share ? [[0, share]] : [], size: share === null ? null : 100 };
  return { ranges: verified === null ? (meter?.ranges ?? job.ranges) : [[0, verified]], size: job.size };
}
