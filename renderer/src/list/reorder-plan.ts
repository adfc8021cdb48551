import type { Job } from '../../../shared/job.ts';

/** Where jobs go: before another one, or to the end. What `jobs.reorder` takes. */
export interface Place {
  readonly ids: readonly string[];
  readonly before: string | null;
}

/** True where a job has a place in the queue: all but the finished. */
export function isMovable(job: Job | undefined): boolean {
  return job !== undefined && job.state.kind !== 'completed';
}

/**
 * The place one step up or down from where the moving jobs are now; null where there is no further step.
 * `order` are the ids that have a place, in order. Jobs that were apart come together.
 */
export function placeAfterStep(order: readonly string[], moving: readonly string[], step: -1 | 1): Place | null {
  const ids = those(order, moving);
  const [first] = ids;
  const last = ids.at(-1);
  if (first === undefined || last === undefined) return null;
  if (step < 0) {
    const above = order[order.indexOf(first) - 1];
    return above === undefined ? null : { ids, before: above };
  }
  const below = order.indexOf(last) + 1;
  if (below >= order.length) return null;
  return { ids, before: order[below + 1] ?? null };
}

/** The moving ids in their order; all of ten thousand may be selected. */
function those(order: readonly string[], moving: readonly string[]): string[] {
  const set = new Set(moving);
  return order.filter((id) => set.has(id));
}

/** The place at a gap of the list, counted in rows from the top; null where nothing would move. */
export function placeAtGap(order: readonly string[], moving: readonly string[], gap: number): Place | null {
  const ids = those(order, moving);
  if (ids.length === 0) return null;
  const moved = new Set(ids);
  const before = order.slice(gap).find((id) => !moved.has(id)) ?? null;
  const rest = order.filter((id) => !moved.has(id));
  const at = before === null ? rest.length : rest.indexOf(before);
  const next = [...rest.slice(0, at), ...ids, ...rest.slice(at)];
  return next.every((id, i) => id === order[i]) ? null : { ids, before };
}
