/** The door of the jobs room: the queue, its store, and what faces ask of them. */
export { type Jobs, type JobsWorld, openJobs } from './jobs.ts';
export { parseTarget, type ParsedTarget } from './request.ts';
