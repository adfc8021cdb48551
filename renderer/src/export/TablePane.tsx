import { CircleCheck, CircleX, Columns3 } from 'lucide-react';
import { use, useState } from 'react';
import { Popover } from '@base-ui/react/popover';
import type { Catalog, Relation, RelationDetail } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { formatBytes } from '../../../shared/format.ts';
import { rowsText } from '../figures.ts';
import { useClient } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { Note } from '../ui/Field.tsx';
import { LayerContext } from '../ui/layer.ts';
import popup from '../ui/Popup.module.css';
import { whatIsWrong } from '../words.ts';
import { shortType } from './DataGrid.tsx';
import { relationWords } from './words.ts';
import { partsOf, tableSource, type RelationKey } from './work.ts';
import { useWork } from './use-work.ts';
import styles from './TablePane.module.css';

interface TablePaneProps {
  connection: string;
  relationKey: RelationKey;
  relation: Relation;
  detail: RelationDetail | null;
  /** What is wrong with the condition. */
  problem: Failure | null;
  onRun: () => void;
}

/** One relation: what it holds, which of its columns and rows are wanted, and whether an export of it can be resumed. */
export function TablePane({ connection, relationKey: key, relation, detail, problem, onRun }: TablePaneProps) {
  const [work, change] = useWork();
  const { schema, name } = partsOf(key);
  const where = work.where.get(key) ?? '';
  return (
    <section className={styles.table} aria-label={name}>
      <div className={styles.tableHead}>
        <h3>
          <span className={styles.quiet}>{schema}.</span>
          {name}
        </h3>
        <p className={styles.quiet}>
          {relationWords[relation.kind]}
          <RowCount key={key} connection={connection} relationKey={key} relation={relation} detail={detail} />
          {relation.bytes !== null && ` · ${formatBytes(relation.bytes)}`}
        </p>
      </div>
      {relation.comment && <p className={styles.comment}>{relation.comment}</p>}
      <div className={styles.tableLine}>
        <label className={styles.where}>
          <span>Where</span>
          <input
            type="text"
            spellCheck={false}
            autoComplete="off"
            placeholder="All rows. Or a condition, like status = 'paid'"
            aria-invalid={problem ? true : undefined}
            aria-describedby="where-note"
            value={where}
            onChange={(event) => change({ where: new Map(work.where).set(key, event.target.value) })}
            onKeyDown={(event) => event.key === 'Enter' && onRun()}
          />
        </label>
        {detail && <ColumnsButton relationKey={key} detail={detail} />}
      </div>
      <Note id="where-note" problem={problem} hint={detail && <Resumable detail={detail} kind={relation.kind} />} />
    </section>
  );
}

function Resumable({ detail, kind }: { detail: RelationDetail; kind: Relation['kind'] }) {
  const [Icon, words] = detail.key
    ? ([CircleCheck, `An export goes on after a crash, by ${detail.key.join(', ')}.`] as const)
    : ([
        CircleX,
        `An export can only start over: ${kind === 'view' ? 'a view has no key' : 'it has no unique key'}.`,
      ] as const);
  return (
    <span className={styles.resumable}>
      <Icon size={13} aria-hidden="true" />
      {words}
    </span>
  );
}

interface RowCountProps {
  connection: string;
  relationKey: RelationKey;
  relation: Relation;
  detail: RelationDetail | null;
}

/** The planner's estimate, until somebody asks for the exact number. */
function RowCount({ connection, relationKey, relation, detail }: RowCountProps) {
  const client = useClient();
  const [work] = useWork();
  const [exact, setExact] = useState<number | 'counting' | Failure | null>(null);
  const count = async () => {
    setExact('counting');
    const source = tableSource(work, relationKey, detail?.columns.map((column) => column.name) ?? null);
    try {
      setExact((await client.connections.count({ connection, source })).rows);
    } catch (error) {
      setExact(failureOf(error));
    }
  };
  if (typeof exact === 'number') return <> · {rowsText(exact)}</>;
  return (
    <>
      {relation.rows !== null && ` · ≈ ${rowsText(Math.round(relation.rows))}`}{' '}
      {exact === 'counting' ? (
        'counting…'
      ) : exact ? (
        whatIsWrong(exact)
      ) : (
        <LinkButton onClick={() => void count()}>Count</LinkButton>
      )}
    </>
  );
}

function ColumnsButton({ relationKey, detail }: { relationKey: RelationKey; detail: RelationDetail }) {
  const [work, change] = useWork();
  const leftOut = work.leftOut.get(relationKey) ?? new Set<string>();
  const kept = detail.columns.length - leftOut.size;
  const set = (name: string, wanted: boolean) => {
    const next = new Set(leftOut);
    if (wanted) next.delete(name);
    else next.add(name);
    // A table without columns is no file.
    if (next.size < detail.columns.length) change({ leftOut: new Map(work.leftOut).set(relationKey, next) });
  };
  return (
    <Popover.Root>
      <Popover.Trigger
        render={
          <Button small>
            <Columns3 size={13} />
            {leftOut.size > 0 ? `${kept} of ${detail.columns.length} columns` : `${kept} columns`}
          </Button>
        }
      />
      <Popover.Portal container={use(LayerContext)}>
        <Popover.Positioner className={popup.positioner} align="end" sideOffset={4}>
          <Popover.Popup className={`${popup.popup} ${styles.columns}`} aria-label="Columns">
            {detail.columns.map(({ name, type }) => (
              <Checkbox
                key={name}
                label={name}
                hint={shortType(type) + (detail.key?.includes(name) ? ' · key' : '')}
                checked={!leftOut.has(name)}
                onChange={(wanted) => set(name, wanted)}
              />
            ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Several relations at once: their sum, and that they agree with each other. */
export function SeveralPane({ catalog }: { catalog: Catalog }) {
  const [work, change] = useWork();
  const chosen = catalog.schemas.flatMap(({ name: schema, relations }) =>
    relations.flatMap((relation) =>
      [...work.checked].some((key) => {
        const parts = partsOf(key);
        return parts.schema === schema && parts.name === relation.name;
      })
        ? [{ schema, relation }]
        : [],
    ),
  );
  const rows = chosen.reduce((sum, { relation }) => sum + (relation.rows ?? 0), 0);
  const bytes = chosen.reduce((sum, { relation }) => sum + (relation.bytes ?? 0), 0);
  return (
    <section className={styles.several} aria-label="Chosen tables">
      <div className={styles.tableHead}>
        <h3>{chosen.length} tables</h3>
        <p className={styles.quiet}>
          ≈ {rowsText(Math.round(rows))} · {formatBytes(bytes)}
        </p>
        <Button small kind="quiet" onClick={() => change({ checked: new Set() })}>
          Choose none
        </Button>
      </div>
      <p className={styles.quiet}>
        Each becomes a file in one folder. All are read from one snapshot, so they agree with each other.
      </p>
      <ul className={styles.chosen}>
        {chosen.map(({ schema, relation }) => (
          <li key={`${schema}.${relation.name}`}>
            <span>
              <span className={styles.quiet}>{schema}.</span>
              {relation.name}
            </span>
            <span className={styles.quiet}>
              {relation.rows !== null && `≈ ${rowsText(Math.round(relation.rows))}`}
              {relation.bytes !== null && ` · ${formatBytes(relation.bytes)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
