import { FileOutput } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import type { Catalog, ConnectionProfile, ExportSource, Relation } from '../../../shared/database.ts';
import { useClient, useLive, useProfiles, useServices } from '../services.tsx';
import { useAnswer } from '../transport/index.ts';
import { Button } from '../ui/Button.tsx';
import { Hint } from '../ui/Hint.tsx';
import { hasCommand, shortcut } from '../ui/keys.ts';
import page from '../ui/Page.module.css';
import { ConnectionMenu } from './ConnectionMenu.tsx';
import { ExportDialog } from './ExportDialog.tsx';
import { ModeSwitch } from './ModeSwitch.tsx';
import { PreviewPane } from './PreviewPane.tsx';
import { quoteName } from './quote-name.ts';
import { SchemaSide } from './SchemaSide.tsx';
import type { SqlEditorHandle } from './SqlEditor.tsx';
import { SqlPane } from './SqlPane.tsx';
import { SeveralPane, TablePane } from './TablePane.tsx';
import { usePreview } from './use-preview.ts';
import { ConnectionContext, useWork } from './use-work.ts';
import { partsOf, sourceOf, tableSource, type RelationKey } from './work.ts';
import styles from './ExportPage.module.css';

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
        <SchemaSide answer={answer} onReadAgain={() => setReading(reading + 1)} onUse={insert} />
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
            <Hint>Choose a table to see its rows. Check several to export them together.</Hint>
          )}
        </div>
      </div>
      {exporting && (
        <ExportDialog
          profile={profile}
          source={exporting}
          pages={relation !== null && relation.kind !== 'view' && relation.kind !== 'foreign-table'}
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
