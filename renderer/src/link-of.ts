import { assertNever } from '../../shared/assert-never.ts';
import type { Job } from '../../shared/job.ts';

/** The link of a job; null where it has none. */
export function linkOf(job: Job): string | null {
  switch (job.kind) {
    case 'download':
      return job.url;
    case 'export':
      return null;
    case 'capture':
      return job.feed.kind === 'listen' ? null : job.feed.url;
    default:
      return assertNever(job);
  }
}
