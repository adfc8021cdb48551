import { Menu } from '@base-ui/react/menu';
import { Check, ChevronsUpDown, FileOutput, RotateCw, Search } from 'lucide-react';
import { use, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import type { Catalog, ConnectionProfile, ExportSource, Relation } from '../../../shared/database.ts';
import { ColorTag } from '../connections/ColorTag.tsx';
import { useClient, useLive, useProfiles, useServices } from '../services.tsx';
import { useAnswer } from '../transport/index.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { hasCommand, shortcut } from '../ui/keys.ts';
import { LayerContext } from '../ui/layer.ts';
import page from '../ui/Page.module.css';
import popup from '../ui/Popup.module.css';
import { whatIsWrong, whatToDo } from '../words.ts';
import { DataGrid } from './DataGrid.tsx';
import { ExportDialog } from './ExportDialog.tsx';
import { quoteName } from './quote-name.ts';
import { SchemaTree } from './SchemaTree.tsx';
import type { SqlEditorHandle } from './SqlEditor.tsx';
import { SqlPane } from './SqlPane.tsx';
import { SeveralPane, TablePane } from './TablePane.tsx';
import { usePreview, type PreviewState } from './use-preview.ts';
import { ConnectionContext, useWork } from './use-work.ts';
import { partsOf, sourceOf, tableSource, type RelationKey, type Work } from './work.ts';
import styles from './Export.module.css';

/** Choosing what is exported from one connection. */
export function ExportPage({ id }: { id: string }) {
  const profiles = useProfiles();
  const { view } = useServices();
  const profile = profiles?.find((one) => one.id === id);
  const seen = useRef<string>(null);
  useEffect(() => {
    if (profile) seen.current = id;
    // A new one may be told only after its page was opened.
    else if (seen.current === id) view.setState({ place: { kind: 'connections' } });
  }, [id, profile, view]);
  if (!profile) return null;
  return (
    <ConnectionContext value={id}>
      <Workbench profile={profile} />
    </ConnectionContext>
  );
}

function Workbench({ profile }: { profile: ConnectionProfile }) {
  const { id } = profile;
  const client = useClient();
  const live = useLive();
  const [work, change] = useWork();
  const [reading, setReading] = useState(0);
  const [exporting, setExporting] = useState<ExportSource | null>(null);
  const editor = useRef<SqlEditorHandle>(null);
  const { state, run, cancel } = usePreview(id);
  const { answer } = useAnswer(live ? `${id} ${reading}` : null, (signal) =>
    client.connections.catalog({ id }, { signal }),
  );
  const catalog = answer?.ok ? answer.value : null;
  const relation = useMemo(() => findRelation(catalog, work.focused), [catalog, work.focused]);
  const { answer: detailAnswer, fresh } = useAnswer(
    relation && work.mode === 'tables' ? `${id}\n${work.focused}` : null,
    (signal) => client.connections.relation({ id, ...partsOf(work.focused ?? '') }, { signal }),
    60,
  );
  const detail = fresh && detailAnswer?.ok ? detailAnswer.value : null;
  const columns = detail?.columns.map(({ name }) => name) ?? null;
  const source = sourceOf(work, columns);
  const several = work.mode === 'tables' && work.checked.size > 1;

  const preview = () => {
    if (several) return;
    const one = work.mode === 'tables' && work.focused ? tableSource(work, work.focused, columns) : source;
    if (one) void run(one);
  };
  const show = useEffectEvent((_key: RelationKey | null) => preview());
  const forget = useEffectEvent(cancel);
  /** What can be read without running somebody's query is shown at once. */
  const shows = work.mode === 'tables' && !several && relation !== null && isCheap(relation);
  useEffect(() => {
    if (!shows) {
      forget();
      return undefined;
    }
    const resting = setTimeout(() => show(work.focused), 120);
    return () => clearTimeout(resting);
  }, [shows, work.focused]);

  const insert = (schema: string, name: string) => {
    const text = schema === 'public' ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
    if (work.mode === 'sql') editor.current?.insert(text);
    else change({ mode: 'sql', sql: work.sql.trim() ? work.sql : `SELECT *\nFROM ${text}` });
  };
  const problem = state.kind === 'bad' ? state.failure : null;
  const atPlace = problem?.code === 'sql-error' ? problem : null;
  return (
    // Keys that reach the page from any of its fields.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={page.page}
      onKeyDown={(event) => {
        if (hasCommand(event) && event.key.toLowerCase() === 'e' && source) {
          event.preventDefault();
          setExporting(source);
        }
      }}
    >
      <header className={page.bar}>
        <ConnectionMenu profile={profile} />
        <ModeSwitch mode={work.mode} onChange={(mode) => change({ mode })} />
        <span className={styles.spacer} />
        <Button
          small
          kind="primary"
          disabled={!source}
          title={`Choose a format and a file (${shortcut('E')})`}
          onClick={() => setExporting(source)}
        >
          <FileOutput size={14} />
          {several ? `Export ${work.checked.size} tables…` : 'Export…'}
        </Button>
      </header>
      <div className={styles.bench}>
        <nav className={styles.side} aria-label="Schemas">
          <div className={styles.filter}>
            <Search size={13} aria-hidden="true" />
            <input
              type="text"
              aria-label="Filter tables"
              placeholder="Filter"
              autoComplete="off"
              spellCheck={false}
              value={work.filter}
              onChange={(event) => change({ filter: event.target.value })}
            />
            <IconButton label="Read the schemas again" onClick={() => setReading(reading + 1)}>
              <RotateCw size={13} />
            </IconButton>
          </div>
          {catalog && <SchemaTree catalog={catalog} onUse={insert} />}
          {!answer && <p className={styles.pending}>Reading the schemas…</p>}
          {answer && !answer.ok && (
            <div className={styles.pending} role="alert">
              <p data-bad>
                {whatIsWrong(answer.failure)} {whatToDo(answer.failure)}
              </p>
              <Button small onClick={() => setReading(reading + 1)}>
                Retry
              </Button>
            </div>
          )}
        </nav>
        <div className={styles.work}>
          {work.mode === 'sql' && (
            <SqlPane connection={id} source={source} problem={atPlace} onRun={preview} editor={editor} />
          )}
          {several && catalog && <SeveralPane catalog={catalog} />}
          {work.mode === 'tables' && !several && work.focused && relation && (
            <TablePane
              connection={id}
              relationKey={work.focused}
              relation={relation}
              detail={detail}
              problem={atPlace}
              onRun={preview}
            />
          )}
          {!several && (work.mode === 'sql' || relation) && (
            <PreviewPane
              state={state}
              quiet={atPlace !== null}
              onRun={work.mode === 'sql' ? null : preview}
              onCancel={cancel}
            />
          )}
          {work.mode === 'tables' && !several && !relation && catalog && (
            <p className={styles.hint}>Choose a table to see its rows. Check several to export them together.</p>
          )}
        </div>
      </div>
      {exporting && (
        <ExportDialog
          profile={profile}
          source={exporting}
          keyColumns={exporting.kind === 'table' ? (detail?.key ?? null) : null}
          onClose={() => setExporting(null)}
        />
      )}
    </div>
  );
}

function findRelation(catalog: Catalog | null, key: RelationKey | null): Relation | null {
  if (!catalog || key === null) return null;
  const { schema, name } = partsOf(key);
  const relations = catalog.schemas.find((one) => one.name === schema)?.relations;
  return relations?.find((one) => one.name === name) ?? null;
}

function isCheap({ kind }: Relation): boolean {
  return kind !== 'view' && kind !== 'foreign-table';
}

function ConnectionMenu({ profile }: { profile: ConnectionProfile }) {
  const { view } = useServices();
  const profiles = useProfiles() ?? [];
  return (
    <Menu.Root>
      <Menu.Trigger className={styles.connection} aria-label={`Connection: ${profile.name}`}>
        <ColorTag color={profile.color} />
        <h2>{profile.name}</h2>
        <ChevronsUpDown size={13} aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal container={use(LayerContext)}>
        <Menu.Positioner className={popup.positioner} align="start" sideOffset={4}>
          <Menu.Popup className={popup.popup}>
            <Menu.RadioGroup
              value={profile.id}
              onValueChange={(connection: string) => view.setState({ place: { kind: 'export', connection } })}
            >
              {profiles.map(({ id, name, color }) => (
                <Menu.RadioItem key={id} value={id} className={popup.item} closeOnClick>
                  <span className={popup.icon}>
                    <Menu.RadioItemIndicator>
                      <Check size={14} />
                    </Menu.RadioItemIndicator>
                  </span>
                  <ColorTag color={color} />
                  {name}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className={popup.separator} />
            <Menu.Item className={popup.item} onClick={() => view.setState({ place: { kind: 'connections' } })}>
              <span className={popup.icon} />
              All connections
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

const modeWords = { tables: 'Tables', sql: 'SQL' } as const;

function ModeSwitch({ mode, onChange }: { mode: Work['mode']; onChange: (mode: Work['mode']) => void }) {
  return (
    <div className={styles.modes} role="group" aria-label="Export from">
      {(['tables', 'sql'] as const).map((one) => (
        <button key={one} type="button" aria-pressed={one === mode} onClick={() => onChange(one)}>
          {modeWords[one]}
        </button>
      ))}
    </div>
  );
}

interface PreviewPaneProps {
  state: PreviewState;
  /** True where what went wrong stands above already. */
  quiet: boolean;
  /** Left out where a button for it stands above. */
  onRun: (() => void) | null;
  onCancel: () => void;
}

/** The first fifty rows, and a line that says what they are. */
function PreviewPane({ state, quiet, onRun, onCancel }: PreviewPaneProps) {
  const shown = state.kind === 'here' ? state.preview : state.kind === 'running' ? state.before : null;
  return (
    <section className={styles.preview} aria-label="Preview" data-old={state.kind === 'running' || undefined}>
      {shown && shown.rows.length > 0 && <DataGrid preview={shown} />}
      {shown?.rows.length === 0 && <p className={styles.hint}>No rows.</p>}
      {state.kind === 'none' && (
        <div className={styles.hint}>
          <p>The first fifty rows show here.</p>
        </div>
      )}
      {state.kind === 'running' && !shown && <p className={styles.hint}>Reading the first rows…</p>}
      {state.kind === 'bad' && !quiet && (
        <div className={styles.hint} role="alert">
          <p data-bad>
            {whatIsWrong(state.failure)} {whatToDo(state.failure)}
          </p>
        </div>
      )}
      <footer className={styles.strip}>
        <span role="status">
          {state.kind === 'running' && 'Reading…'}
          {state.kind === 'here' && verdict(state.preview.rows.length, state.preview.more, state.preview.took)}
        </span>
        {state.kind === 'running' ? (
          <button type="button" className={styles.link} onClick={onCancel}>
            Cancel
          </button>
        ) : (
          onRun && (
            <button type="button" className={styles.link} onClick={onRun}>
              {state.kind === 'here' ? 'Read again' : 'Preview'}
            </button>
          )
        )}
      </footer>
    </section>
  );
}

function verdict(rows: number, more: boolean, took: number): string {
  const time = took < 1000 ? `${Math.max(1, Math.round(took))} ms` : `${(took / 1000).toFixed(1)} s`;
  const count = rows === 1 ? 'one row' : `${rows} rows`;
  return `${more ? `First ${count}` : rows === 0 ? 'No rows' : `All ${count}`} · ${time}`;
}
