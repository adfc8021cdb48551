import { describe, expect, test } from 'vitest';
import { failure } from '../../shared/failure.ts';
import { allowedActions, canTransition, jobGroup, transitions } from '../../shared/job-state.ts';
import type { JobState, JobStateKind } from '../../shared/job.ts';

const kinds = Object.keys(transitions) as JobStateKind[];

describe('states', () => {
  test('every state but a finished one can be left, and none leads to itself', () => {
    for (const kind of kinds) {
      expect(canTransition(kind, kind), kind).toBe(false);
      expect(transitions[kind].length > 0, kind).toBe(kind !== 'completed');
    }
  });

  test('what a person is offered leads somewhere', () => {
    const leads = {
      pause: ['pausing', 'paused'],
      resume: ['queued'],
      retry: ['queued'],
      cancel: ['cancelled', 'pausing'],
    };
    const stuck = kinds.flatMap((kind) =>
      allowedActions(kind).flatMap((action) => {
        const next = leads[action as keyof typeof leads] as readonly JobStateKind[] | undefined;
        return next && !next.some((to) => canTransition(kind, to)) ? [`${action} in ${kind}`] : [];
      }),
    );
    expect(stuck).toEqual([]);
  });

  test('waiting for a chosen time is queued; waiting to try again is at work', () => {
    const waiting = (reason: 'start-at' | 'schedule' | 'retry' | 'offline'): JobState => ({
      kind: 'waiting',
      reason,
      until: 1,
      attempt: 1,
      failure: failure('offline'),
    });
    expect(jobGroup(waiting('start-at'))).toBe('queued');
    expect(jobGroup(waiting('schedule'))).toBe('queued');
    expect(jobGroup(waiting('retry'))).toBe('active');
    expect(jobGroup(waiting('offline'))).toBe('active');
  });
});
