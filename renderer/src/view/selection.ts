import type { Group } from '../mirror/mirror.ts';
import type { View } from './view.ts';

type Selection = Pick<View, 'selected' | 'focused' | 'anchor'>;

/** How a click or a key extends the selection. */
export interface Modifiers {
  /** From the anchor to here. */
  readonly range: boolean;
  /** Adds or takes away this one, keeping the rest. */
  readonly toggle: boolean;
}

/** The selection after row `id` was chosen. */
export function select(now: Selection, ids: readonly string[], id: string, { range, toggle }: Modifiers): Selection {
  if (range) {
    const from = Math.max(0, ids.indexOf(now.anchor ?? now.focused ?? id));
    const to = ids.indexOf(id);
    const between = ids.slice(Math.min(from, to), Math.max(from, to) + 1);
    const kept = toggle ? now.selected : [];
    return { selected: new Set([...kept, ...between]), focused: id, anchor: now.anchor ?? ids[from] ?? id };
  }
  if (toggle) {
    const selected = new Set(now.selected);
    if (!selected.delete(id)) selected.add(id);
    return { selected, focused: id, anchor: id };
  }
  return { selected: new Set([id]), focused: id, anchor: id };
}

/** The selection without rows that are no longer there; the focus goes to the row that took the place. */
export function prune(now: Selection, before: readonly string[], ids: readonly string[]): Selection {
  const there = new Set(ids);
  if ([...now.selected, now.focused, now.anchor].every((id) => id === null || there.has(id))) return now;
  const selected = new Set([...now.selected].filter((id) => there.has(id)));
  let focused = now.focused;
  if (focused !== null && !there.has(focused)) {
    const at = before.indexOf(focused);
    focused = before.slice(at + 1).find((id) => there.has(id)) ?? ids.at(-1) ?? null;
    if (selected.size === 0 && focused !== null) selected.add(focused);
  }
  const anchor = now.anchor !== null && there.has(now.anchor) ? now.anchor : focused;
  return { selected, focused, anchor };
}

/** The view in which one job is selected, in sight, and shown in detail. */
export function showing(id: string): Partial<View> {
  return { ...jobsOf('all'), search: '', selected: new Set([id]), focused: id, anchor: id, details: true };
}

/** The view of the jobs of one group. */
export function jobsOf(group: Group): Pick<View, 'place' | 'group'> {
  return { place: { kind: 'jobs' }, group };
}
