/** The door of the jobs room: the queue, its store, and what faces ask of them. */
export { exportName } from './export-request.ts';
export type { Jobs } from './jobs.ts';
export { type JobsWorld, openJobs } from './open-jobs.ts';
export { parseTarget, type ParsedTarget } from './request.ts';
