import { useVirtualizer } from '@tanstack/react-virtual';
import {
  Check,
  ChevronRight,
  Eye,
  Folder,
  Globe,
  Layers,
  Table2,
  TableProperties,
  type LucideIcon,
} from 'lucide-react';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { Catalog, RelationKind } from '../../../shared/database.ts';
import { formatBytes } from '../../../shared/format.ts';
import { compactCount, rowsText } from '../figures.ts';
import { hasCommand } from '../ui/keys.ts';
import { treeRows, unfoldedAtFirst, type TreeRow } from './tree-rows.ts';
import { relationWords } from './words.ts';
import { useWork } from './use-work.ts';
import { Hidden } from '../ui/Hidden.tsx';
import styles from './SchemaTree.module.css';

const icons: Readonly<Record<RelationKind, LucideIcon>> = {
  table: Table2,
  'partitioned-table': Layers,
  partition: TableProperties,
  view: Eye,
  'materialized-view': Eye,
  'foreign-table': Globe,
};

/** Height of a line in px. */
const rowHeight = 28;

interface SchemaTreeProps {
  catalog: Catalog;
  /** A relation was chosen with Enter or a double click. */
  onUse: (schema: string, name: string) => void;
}

/** Schemas and what is in them. Click or arrows look at one, boxes or Space take several. */
export function SchemaTree({ catalog, onUse }: SchemaTreeProps) {
  const [work, change] = useWork();
  const unfolded = useMemo(() => work.unfolded ?? unfoldedAtFirst(catalog), [work.unfolded, catalog]);
  const rows = useMemo(() => treeRows(catalog, unfolded, work.filter), [catalog, unfolded, work.filter]);
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<string | null>(null);
  const current = Math.max(
    0,
    rows.findIndex(({ key }) => key === (at ?? work.focused)),
  );
  // oxlint-disable-next-line react/incompatible-library -- we do not use the React compiler, which this rule is about
  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
  });

  const fold = (key: string, open: boolean) => {
    const next = new Set(unfolded);
    if (open) next.add(key);
    else next.delete(key);
    change({ unfolded: next });
  };
  const check = (row: TreeRow) => {
    if (row.kind === 'schema' || !row.relation.readable) return;
    const checked = new Set(work.checked);
    if (!checked.delete(row.key)) checked.add(row.key);
    change({ checked });
  };
  const look = (row: TreeRow) => {
    setAt(row.key);
    if (row.kind === 'relation' && row.relation.readable) change({ focused: row.key });
  };
  const use = (row: TreeRow) => {
    if (row.kind === 'relation' && row.relation.readable) onUse(schemaOf(rows, row), row.relation.name);
  };
  const go = (index: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (!row) return;
    look(row);
    lines.scrollToIndex(rows.indexOf(row), { align: 'auto' });
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current];
    if (!row || hasCommand(event) || event.altKey) return;
    const actions: Record<string, () => void> = {
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => (row.open === false ? fold(row.key, true) : go(current + 1)),
      ArrowLeft: () =>
        row.open === true
          ? fold(row.key, false)
          : go(rows.findLastIndex((one, i) => i < current && levelOf(one) < levelOf(row))),
      ' ': () => (row.kind === 'schema' ? fold(row.key, !row.open) : check(row)),
      Enter: () => (row.kind === 'schema' ? fold(row.key, !row.open) : use(row)),
    };
    const action = actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
  };

  if (rows.length === 0) {
    return (
      <p className={styles.none}>{work.filter ? `Nothing matches “${work.filter}”.` : 'There are no tables here.'}</p>
    );
  }
  return (
    <div ref={scroller} className={styles.scroller}>
      <div
        role="tree"
        aria-label="Tables"
        aria-multiselectable="true"
        tabIndex={-1}
        className={styles.space}
        style={{ height: lines.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {lines.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <Line
              key={row.key}
              row={row}
              top={start}
              tabbable={index === current}
              focused={row.key === work.focused}
              checked={work.checked.has(row.key)}
              onLook={() => (row.kind === 'schema' ? (setAt(row.key), fold(row.key, !row.open)) : look(row))}
              onCheck={() => check(row)}
              onFold={() => fold(row.key, !row.open)}
              onUse={() => use(row)}
            />
          );
        })}
      </div>
    </div>
  );
}

const levelOf = (row: TreeRow): number => (row.kind === 'schema' ? 1 : row.level);

function schemaOf(rows: readonly TreeRow[], row: TreeRow): string {
  return rows.findLast((one, i) => one.kind === 'schema' && i <= rows.indexOf(row))?.key ?? '';
}

interface LineProps {
  row: TreeRow;
  top: number;
  tabbable: boolean;
  focused: boolean;
  checked: boolean;
  onLook: () => void;
  onCheck: () => void;
  onFold: () => void;
  onUse: () => void;
}

function Line({ row, top, tabbable, focused, checked, onLook, onCheck, onFold, onUse }: LineProps) {
  const relation = row.kind === 'relation' ? row.relation : null;
  const Icon = relation ? icons[relation.kind] : Folder;
  return (
    // Keys are the tree's: a line only has to be reachable.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="treeitem"
      aria-level={levelOf(row)}
      aria-selected={focused}
      {...(row.open !== null && { 'aria-expanded': row.open })}
      {...(relation && { 'aria-checked': checked, 'aria-disabled': !relation.readable })}
      tabIndex={tabbable ? 0 : -1}
      title={titleOf(row)}
      className={styles.line}
      data-level={levelOf(row)}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onLook}
      onDoubleClick={onUse}
    >
      <span
        className={styles.arrow}
        data-open={row.open || undefined}
        aria-hidden="true"
        onClick={(event) => {
          if (row.open === null) return;
          event.stopPropagation();
          onFold();
        }}
      >
        {row.open !== null && <ChevronRight size={13} />}
      </span>
      {relation && (
        <span
          className={styles.box}
          data-checked={checked || undefined}
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            onCheck();
          }}
        >
          {checked && <Check size={11} strokeWidth={3} />}
        </span>
      )}
      <Icon size={14} aria-hidden="true" className={styles.icon} />
      <span className={styles.name}>
        {relation?.name ?? (row.kind === 'schema' ? row.name : '')}
        {relation && (
          <Hidden>
            {relationWords[relation.kind]}
            {!relation.readable && ', not readable'}
          </Hidden>
        )}
      </span>{' '}
      {relation && (
        <>
          <span className={styles.figure}>{relation.rows === null ? '' : `≈ ${compactCount(relation.rows)}`}</span>{' '}
          <span className={`${styles.figure} ${styles.bytes}`}>
            {relation.bytes === null ? '' : formatBytes(relation.bytes)}
          </span>
        </>
      )}
      {row.kind === 'schema' && <span className={styles.figure}>{row.count.toLocaleString()}</span>}
    </div>
  );
}

function titleOf(row: TreeRow): string {
  if (row.kind === 'schema') return row.name;
  const { name, kind, rows, bytes, comment, readable } = row.relation;
  const figures = [
    relationWords[kind],
    rows === null ? '' : `≈ ${rowsText(Math.round(rows))}`,
    bytes === null ? '' : formatBytes(bytes),
  ];
  const lines = [name, figures.filter(Boolean).join(' · '), comment ?? '', readable ? '' : 'You may not read this.'];
  return lines.filter(Boolean).join('\n');
}
