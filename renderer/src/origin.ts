import { assertNever } from '../../shared/assert-never.ts';
import type { Feed } from '../../shared/capture.ts';
import type { Job } from '../../shared/job.ts';

/** Where a job's data comes from, in a word or two: a host, a connection, or channels. */
export function originOf(job: Job): string {
  switch (job.kind) {
    case 'download':
      return job.host;
    case 'export':
      return job.connection.name;
    case 'capture':
      return feedOrigin(job.feed);
    default:
      return assertNever(job);
  }
}

export function feedOrigin(feed: Feed): string {
  if (feed.kind === 'listen') return feed.channels.join(', ');
  return URL.canParse(feed.url) ? new URL(feed.url).host : feed.url;
}

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
