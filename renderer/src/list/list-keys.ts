import type { KeyboardEvent } from 'react';
import { useServices } from '../services.tsx';
import { hasCommand } from '../ui/keys.ts';
import { select } from '../view/selection.ts';
import { isMovable, placeAfterStep } from './reorder-plan.ts';

/** The list's keyboard map. `page` says how many rows Page Up and Page Down go. */
export function useListKeys(ids: readonly string[], page: () => number): (event: KeyboardEvent) => void {
  const { view, mirror, actions } = useServices();
  return (event) => {
    const now = view.getState();
    const at = Math.max(0, now.focused === null ? 0 : ids.indexOf(now.focused));
    const selected = ids.filter((id) => now.selected.has(id));
    const current = ids[at];
    const subject = selected.length > 0 ? selected : current === undefined ? [] : [current];

    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      const { jobs } = mirror.getState();
      const movable = ids.filter((id) => isMovable(jobs.get(id)));
      const place = placeAfterStep(movable, subject, event.key === 'ArrowUp' ? -1 : 1);
      if (place) actions.reorder(place.ids, place.before);
      return;
    }
    const to = destination(event.key, at, ids.length, page);
    if (to !== null) {
      event.preventDefault();
      const id = ids[to];
      if (id === undefined) return;
      const command = hasCommand(event);
      if (command && !event.shiftKey) view.setState({ focused: id });
      else view.setState(select(now, ids, id, { range: event.shiftKey, toggle: false }));
      return;
    }
    if (hasCommand(event) && event.key.toLowerCase() === 'a') {
      event.preventDefault();
      view.setState({ selected: new Set(ids) });
      return;
    }
    if (current === undefined) return;
    // A button inside a row answers the keys that press it; the others are for the row.
    const presses = event.key === ' ' || event.key === 'Enter';
    if (presses && (event.target as HTMLElement).closest('button')) return;
    switch (event.key) {
      case ' ':
        event.preventDefault();
        if (hasCommand(event)) view.setState(select(now, ids, current, { range: false, toggle: true }));
        else actions.togglePause(subject);
        return;
      case 'Enter':
        event.preventDefault();
        if (now.selected.size === 0) view.setState(select(now, ids, current, { range: false, toggle: false }));
        view.setState({ details: now.selected.size === 0 || !now.details });
        return;
      case 'Delete':
      case 'Backspace':
        event.preventDefault();
        actions.askRemove(subject);
        return;
      case 'Escape':
        if (now.details) view.setState({ details: false });
        else view.setState({ selected: new Set(), anchor: null });
        return;
      default:
    }
  };
}

function destination(key: string, at: number, count: number, page: () => number): number | null {
  const last = count - 1;
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'PageDown':
      return Math.min(last, at + page());
    case 'PageUp':
      return Math.max(0, at - page());
    default:
      return null;
  }
}
