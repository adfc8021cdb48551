import { ContextMenu } from '@base-ui/react/context-menu';
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useEffectEvent, useRef, useState, type MouseEvent, type RefObject } from 'react';
import { useMirror, useServices, useView, useVisible } from '../services.tsx';
import { hasCommand } from '../ui/keys.ts';
import { select } from '../view/selection.ts';
import { groupWords } from '../words.ts';
import { EmptyList } from './EmptyList.tsx';
import { JobMenu } from './JobMenu.tsx';
import { JobRow } from './JobRow.tsx';
import { useListKeys } from './list-keys.ts';
import { useReorder } from './use-reorder.ts';
import { Hidden } from '../ui/Hidden.tsx';
import styles from './JobList.module.css';

/** Height of a row in px; the same as --row. */
const rowHeight = 52;

/** The type icon and its gap, in px. */
const besideName = 46;

/** The jobs: a grid of which only the rows in sight exist. */
export function JobList() {
  const { view, mirror, actions } = useServices();
  const ids = useVisible();
  const group = useView((view) => view.group);
  const focused = useView((view) => view.focused);
  const total = useMirror((mirror) => mirror.counts.all);
  const scroller = useRef<HTMLDivElement>(null);
  const nameColumn = useRef<HTMLSpanElement>(null);
  const nameWidth = Math.max(0, useWidth(nameColumn, ids.length > 0) - besideName);
  const focusedIndex = focused === null ? -1 : ids.indexOf(focused);

  // oxlint-disable-next-line react/incompatible-library -- we do not use the React compiler, which this rule is about
  const rows = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 6,
    // The row with the focus stays in the document, so that the focus is not lost by scrolling.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range);
      if (focusedIndex < 0 || indexes.includes(focusedIndex)) return indexes;
      return [...indexes, focusedIndex].toSorted((a, b) => a - b);
    },
  });

  const isInside = useFocusInside(scroller);
  const reach = useEffectEvent((id: string | null, isThere: boolean) => {
    if (id === null || !isThere) return;
    rows.scrollToIndex(ids.indexOf(id), { align: 'auto' });
    if (!isInside.current) return;
    scroller.current?.querySelector<HTMLElement>('[role=row][tabindex="0"]')?.focus({ preventScroll: true });
  });
  // Only a new focus scrolls, or the arrival of its row; rows that come and go around it do not.
  const isThere = focusedIndex >= 0;
  useEffect(() => reach(focused, isThere), [focused, isThere]);

  const onKeyDown = useListKeys(ids, () =>
    Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1),
  );
  const reorder = useReorder(ids, rowHeight, scroller);

  const onSelect = (event: MouseEvent) => {
    const id = rowOf(event);
    if (id) view.setState((now) => select(now, ids, id, { range: event.shiftKey, toggle: hasCommand(event) }));
  };
  const onOpen = (event: MouseEvent) => {
    const id = rowOf(event);
    if (!id || (event.target as HTMLElement).closest('button')) return;
    const canOpen = mirror.getState().info?.can.openFiles && actions.allowing([id], 'open').length > 0;
    if (canOpen) actions.open(id);
    else view.setState({ details: true });
  };
  const onContextMenu = (event: MouseEvent) => {
    const id = rowOf(event);
    if (!id) event.preventDefault();
    else if (!view.getState().selected.has(id)) {
      view.setState((now) => select(now, ids, id, { range: false, toggle: false }));
    }
  };

  if (ids.length === 0) return <EmptyList none={total === 0} />;
  return (
    <ContextMenu.Root>
      <ContextMenu.Trigger
        render={
          <div
            className={styles.grid}
            role="grid"
            aria-label={group === 'captures' ? groupWords[group] : `${groupWords[group]} jobs`}
            aria-multiselectable="true"
            aria-rowcount={ids.length + 1}
            aria-colcount={5}
            tabIndex={-1}
            onKeyDown={onKeyDown}
            onClick={onSelect}
            onDoubleClick={onOpen}
            onContextMenu={onContextMenu}
            {...reorder.target}
          />
        }
      >
        <div role="rowgroup" className={styles.head}>
          <div role="row" aria-rowindex={1} className={styles.columns}>
            <span ref={nameColumn} role="columnheader">
              Name
            </span>
            <span role="columnheader">Progress</span>
            <span role="columnheader" className={styles.end}>
              Speed
            </span>
            <span role="columnheader" className={`${styles.end} ${styles.leftColumn}`}>
              Time left
            </span>
            <span role="columnheader">
              <Hidden>Actions</Hidden>
            </span>
          </div>
        </div>
        <div ref={scroller} role="rowgroup" className={styles.scroller}>
          <div role="presentation" className={styles.space} style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map(({ index, start }) => {
              const id = ids[index];
              if (id === undefined) return null;
              return (
                <JobRow
                  key={id}
                  id={id}
                  index={index}
                  top={start}
                  tabbable={index === Math.max(0, focusedIndex)}
                  nameWidth={nameWidth}
                />
              );
            })}
            {reorder.line !== null && (
              <div role="presentation" className={styles.dropLine} style={{ top: reorder.line * rowHeight }} />
            )}
          </div>
        </div>
      </ContextMenu.Trigger>
      <JobMenu />
    </ContextMenu.Root>
  );
}

/** The id of the row that an event happened on. */
export function rowOf(event: { target: EventTarget }): string | null {
  return (event.target as HTMLElement).closest<HTMLElement>('[data-job]')?.dataset.job ?? null;
}

/** True while the focus is inside, and still after the element that had it was taken away. */
function useFocusInside(ref: RefObject<HTMLElement | null>) {
  const inside = useRef(false);
  useEffect(() => {
    const onFocus = (event: FocusEvent) => {
      inside.current = ref.current?.contains(event.target as Node) ?? false;
    };
    const onPress = (event: PointerEvent) => {
      inside.current &&= ref.current?.contains(event.target as Node) ?? false;
    };
    document.addEventListener('focusin', onFocus);
    document.addEventListener('pointerdown', onPress);
    return () => {
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('pointerdown', onPress);
    };
  }, [ref]);
  return inside;
}

/** The width of an element in px, once the fonts are here to measure with; 0 before that. */
function useWidth(ref: RefObject<HTMLElement | null>, isThere: boolean): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!isThere || !element) return undefined;
    const resizing = new ResizeObserver(() => setWidth(element.clientWidth));
    void document.fonts.ready.then(() => resizing.observe(element));
    return () => resizing.disconnect();
  }, [ref, isThere]);
  return width;
}
