import { Play } from 'lucide-react';
import { lazy, Suspense, type Ref } from 'react';
import type { Description, ExportSource } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { formatBytes } from '../../../shared/format.ts';
import { rowsText } from '../figures.ts';
import { useClient } from '../services.tsx';
import { useAnswer } from '../transport/index.ts';
import { Button } from '../ui/Button.tsx';
import { shortcut } from '../ui/keys.ts';
import { whatIsWrong, whatToDo } from '../words.ts';
import type { SqlEditorHandle } from './SqlEditor.tsx';
import { shortType } from './DataGrid.tsx';
import { ParameterInput } from './ParameterInput.tsx';
import { useDescription } from './use-description.ts';
import { useWork } from './use-work.ts';
import styles from './SqlPane.module.css';

const SqlEditor = lazy(() => import('./SqlEditor.tsx').then((module) => ({ default: module.SqlEditor })));

interface SqlPaneProps {
  connection: string;
  source: ExportSource | null;
  /** What went wrong when the rows were read, if it is about this text. */
  problem: Failure | null;
  onRun: () => void;
  editor: Ref<SqlEditorHandle>;
}

/** A query of one's own: the text, its parameters, and what the planner expects of it. */
export function SqlPane({ connection, source, problem, onRun, editor }: SqlPaneProps) {
  const [work, change] = useWork();
  const client = useClient();
  const { sql } = work;
  const written = sql.trim() !== '';
  const { answer: completion } = useAnswer(connection, (signal) =>
    client.connections.completion({ id: connection }, { signal }),
  );
  const { description, problem: wrong, fresh } = useDescription(connection, sql);
  const failure = problem ?? wrong;
  const position = Number(failure?.params['position']);
  return (
    <section className={styles.sql} aria-label="Query">
      <Suspense fallback={<div className={styles.editor} />}>
        <SqlEditor
          ref={editor}
          value={sql}
          completion={completion?.ok ? completion.value : noCompletion}
          problem={failure && position >= 1 ? { position, message: whatIsWrong(failure) } : null}
          onChange={(next) => change({ sql: next })}
          onRun={onRun}
        />
      </Suspense>
      {description && description.parameters.length > 0 && <Parameters types={description.parameters} />}
      <div className={styles.editorFoot}>
        <p className={styles.verdict} role="status" data-bad={failure ? true : undefined}>
          {failure ? (
            `${whereIs(failure)}${whatIsWrong(failure)} ${whatToDo(failure)}`
          ) : (
            <Expected connection={connection} source={description && fresh ? source : null} />
          )}
        </p>
        <Button small onClick={onRun} disabled={!written} title={`Run (${shortcut('Enter')})`}>
          <Play size={13} />
          Preview
        </Button>
      </div>
    </section>
  );
}

const noCompletion = {};

/** “Line 3: ”, where the server said so. */
function whereIs({ params }: Failure): string {
  return params['line'] === undefined ? '' : `Line ${params['line']}: `;
}

/** What the planner expects: never exact. */
function Expected({ connection, source }: { connection: string; source: ExportSource | null }) {
  const client = useClient();
  const { answer } = useAnswer(
    source && `${connection}\n${JSON.stringify(source)}`,
    (signal) => client.connections.estimate({ connection, source: source as ExportSource }, { signal }),
    250,
  );
  if (!answer?.ok) return null;
  const { rows, width, parallel } = answer.value;
  return (
    <>
      ≈ {rowsText(Math.round(rows))}, ≈ {formatBytes(rows * width)} expected
      {parallel && ' · the server reads with several workers'}
    </>
  );
}

/** What stands for $1, $2 …: bound by the server, never put into the text. */
function Parameters({ types }: { types: Description['parameters'] }) {
  const [work, change] = useWork();
  const set = (i: number, value: string | null) =>
    change({ parameters: types.map((_, j) => (j === i ? value : (work.parameters[j] ?? null))) });
  return (
    <div className={styles.parameters}>
      {types.map((type, i) => {
        const value = work.parameters[i] ?? null;
        const name = `$${i + 1}`;
        return (
          // A parameter has no other name than its number.
          // oxlint-disable-next-line react/no-array-index-key
          <label key={i}>
            <span>
              {name} <em>{shortType(type)}</em>
            </span>
            <ParameterInput
              label={`${name} ${shortType(type)}`}
              type={type}
              value={value}
              none="NULL"
              keepsEmpty
              onChange={(next) => set(i, next)}
            />
          </label>
        );
      })}
    </div>
  );
}
