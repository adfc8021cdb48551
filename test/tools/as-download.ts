import type { DownloadJob, Job } from '../../shared/job.ts';

/** The job, which has to be a download. */
export function asDownload(job: Job | undefined): DownloadJob {
  if (job?.kind !== 'download') throw new Error(`${job?.name ?? 'nothing'} is no download`);
  return job;
}
