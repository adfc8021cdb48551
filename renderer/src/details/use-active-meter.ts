import { jobGroup } from '../../../shared/job-state.ts';
import type { Job, Meter } from '../../../shared/job.ts';
import { useMirror } from '../services.tsx';

/** The figures of a job while it is at work; undefined while it is not. */
export function useActiveMeter({ id, state }: Job): { active: boolean; meter: Meter | undefined } {
  const latest = useMirror((mirror) => mirror.meters.get(id));
  const active = jobGroup(state) === 'active';
  return { active, meter: active ? latest : undefined };
}
