import { useState, type DragEvent, type RefObject } from 'react';
import { useServices } from '../services.tsx';
import { select } from '../view/selection.ts';
import { isMovable, placeAtGap } from './reorder-plan.ts';

/** Marks a drag as our own rows, so that the window does not take it for a dropped link. */
export const rowsType = 'application/x-sluice-rows';

/** Drag and drop of rows inside the list: where the insertion line stands, and the handlers of the grid. */
export function useReorder(ids: readonly string[], rowHeight: number, scroller: RefObject<HTMLElement | null>) {
  const { view, mirror, actions } = useServices();
  const [line, setLine] = useState<number | null>(null);

  const movable = () => {
    const { jobs } = mirror.getState();
    return ids.filter((id) => isMovable(jobs.get(id)));
  };
  const gapAt = (event: DragEvent<HTMLElement>) => {
    const top = scroller.current?.getBoundingClientRect().top ?? 0;
    const y = event.clientY - top + (scroller.current?.scrollTop ?? 0);
    // Rows that have a place come first in the list, so a gap among them is its number from the top.
    return Math.max(0, Math.min(movable().length, Math.round(y / rowHeight)));
  };

  return {
    line,
    target: {
      onDragStart: (event: DragEvent<HTMLElement>) => {
        const id = (event.target as HTMLElement).closest<HTMLElement>('[data-job]')?.dataset.job;
        if (!id) return;
        if (!view.getState().selected.has(id)) {
          view.setState((now) => select(now, ids, id, { range: false, toggle: false }));
        }
        event.dataTransfer.setData(rowsType, id);
        event.dataTransfer.effectAllowed = 'move';
      },
      onDragOver: (event: DragEvent<HTMLElement>) => {
        if (!event.dataTransfer.types.includes(rowsType)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'move';
        setLine(gapAt(event));
      },
      onDragLeave: (event: DragEvent<HTMLElement>) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setLine(null);
      },
      onDrop: (event: DragEvent<HTMLElement>) => {
        if (!event.dataTransfer.types.includes(rowsType)) return;
        event.preventDefault();
        const place = placeAtGap(movable(), [...view.getState().selected], gapAt(event));
        setLine(null);
        if (place) actions.reorder(place.ids, place.before);
      },
      onDragEnd: () => setLine(null),
    },
  };
}
