import { createStore, type StoreApi } from 'zustand/vanilla';
import { jobOrigin } from '../../../shared/job-state.ts';
import type { Job } from '../../../shared/job.ts';
import { isIn, type Group, type Mirror, type MirrorStore } from '../mirror/mirror.ts';
import { linkOf } from '../link-of.ts';
import { prune } from './selection.ts';
import type { ViewStore } from './view.ts';

/** What a search looks in. Not kept: to make it is as quick as to find it again. */
function haystackOf(job: Job): string {
  return `${job.name}\n${jobOrigin(job)}\n${linkOf(job) ?? ''}`.toLowerCase();
}

/** The ids that a group and a search leave, in order. Every word of the search has to be there. */
export function visibleIds(mirror: Pick<Mirror, 'jobs' | 'order'>, group: Group, search: string): readonly string[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (group === 'all' && words.length === 0) return mirror.order;
  return mirror.order.filter((id) => {
    const job = mirror.jobs.get(id);
    if (!job || !isIn(group, job)) return false;
    if (words.length === 0) return true;
    const haystack = haystackOf(job);
    return words.every((word) => haystack.includes(word));
  });
}

/** The ids that the list shows now: the same array as before while they are the same ids. */
export type VisibleStore = StoreApi<readonly string[]>;

/**
 * Keeps the visible ids, and a selection that only holds what is visible: an action never touches a row that the
 * person does not see in the list.
 */
export function createVisible(mirror: MirrorStore, view: ViewStore): VisibleStore {
  const visible = createStore<readonly string[]>(() => []);
  const renew = () => {
    const { group, search } = view.getState();
    const before = visible.getState();
    const ids = visibleIds(mirror.getState(), group, search);
    if (ids.length === before.length && ids.every((id, i) => id === before[i])) return;
    visible.setState(ids, true);
    const now = view.getState();
    const next = prune(now, before, ids);
    if (next !== now) view.setState(next);
  };
  mirror.subscribe((now, before) => {
    if (now.jobs !== before.jobs || now.order !== before.order) renew();
  });
  view.subscribe((now, before) => {
    if (now.group !== before.group || now.search !== before.search) renew();
  });
  return visible;
}
