/** What follows from a job's state: pure tables without schemas, so that the renderer can load them. */
import type { Job, JobState, JobStateKind, Resumability } from './job.ts';

/** The one transition table: from a state, the states that may follow. */
export const transitions: Readonly<Record<JobStateKind, readonly JobStateKind[]>> = {
  queued: ['starting', 'waiting', 'paused', 'cancelled', 'failed'],
  starting: ['running', 'pausing', 'waiting', 'verifying', 'attention', 'failed', 'cancelled', 'queued', 'completed'],
  running: ['pausing', 'verifying', 'waiting', 'attention', 'failed', 'cancelled', 'queued', 'completed'],
  pausing: ['paused', 'cancelled', 'queued', 'completed', 'verifying', 'attention', 'failed'],
  paused: ['queued', 'cancelled'],
  waiting: ['queued', 'paused', 'cancelled', 'failed'],
  verifying: ['completed', 'waiting', 'attention', 'failed', 'pausing', 'cancelled', 'queued'],
  completed: [],
  attention: ['queued', 'cancelled', 'paused'],
  failed: ['queued', 'cancelled'],
  cancelled: ['queued'],
};

/** True where a job may go from one state to another. */
export function canTransition(from: JobStateKind, to: JobStateKind): boolean {
  return transitions[from].includes(to);
}

/** The sidebar's groups. Every state is in exactly one of the four; “all” holds each. */
export const jobGroups = ['active', 'queued', 'done', 'failed'] as const;
export type JobGroup = (typeof jobGroups)[number];
const groupOf: Readonly<Record<JobStateKind, JobGroup>> = {
  queued: 'queued',
  starting: 'active',
  running: 'active',
  pausing: 'active',
  paused: 'queued',
  waiting: 'active',
  verifying: 'active',
  completed: 'done',
  attention: 'failed',
  failed: 'failed',
  cancelled: 'failed',
};
/** The group of a state. What waits for a time that the person chose is queued; what waits to try again is at work. */
export function jobGroup(state: JobState): JobGroup {
  if (state.kind === 'waiting' && (state.reason === 'start-at' || state.reason === 'schedule')) return 'queued';
  return groupOf[state.kind];
}

/** What a person can ask of a job in each state; `finish` of captures only. */
export const jobActions = ['pause', 'resume', 'retry', 'finish', 'cancel', 'remove', 'open', 'reveal'] as const;
export type JobAction = (typeof jobActions)[number];
const actionsOf: Readonly<Record<JobStateKind, readonly JobAction[]>> = {
  queued: ['pause', 'cancel', 'remove'],
  starting: ['pause', 'cancel', 'remove'],
  running: ['pause', 'finish', 'cancel', 'remove'],
  pausing: ['cancel', 'remove'],
  paused: ['resume', 'finish', 'cancel', 'remove'],
  waiting: ['resume', 'pause', 'finish', 'cancel', 'remove'],
  verifying: ['pause', 'cancel', 'remove'],
  completed: ['open', 'reveal', 'remove'],
  attention: ['retry', 'finish', 'cancel', 'remove'],
  failed: ['retry', 'remove'],
  cancelled: ['retry', 'remove'],
};
export function allowedActions(state: JobStateKind): readonly JobAction[] {
  return actionsOf[state];
}

/** True where the code means that a stopped download can go on. */
export function isResumable(resumability: Resumability): boolean {
  return resumability === 'strong-etag' || resumability === 'last-modified' || resumability === 'size-only';
}

/** Where a job's data comes from, in a word: a host, or the name of a connection. */
export function jobOrigin(job: Job): string {
  switch (job.kind) {
    case 'download':
      return job.host;
    case 'export':
      return job.connection.name;
    case 'capture':
      return job.feed.kind === 'listen' ? job.feed.channels.join(', ') : hostOfLink(job.feed.url);
  }
}

/** The host of a link, with its port; empty where there is none. Works without DOM and Node. */
function hostOfLink(link: string): string {
  return /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(link)?.[1] ?? '';
}
