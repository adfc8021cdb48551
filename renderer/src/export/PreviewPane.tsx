import { LinkButton } from '../ui/Button.tsx';
import { FailureHint, Hint } from '../ui/Hint.tsx';
import { DataGrid } from './DataGrid.tsx';
import type { PreviewState } from './use-preview.ts';
import styles from './PreviewPane.module.css';

interface PreviewPaneProps {
  state: PreviewState;
  /** True where what went wrong stands above already. */
  quiet: boolean;
  /** Left out where a button for it stands above. */
  onRun: (() => void) | null;
  onCancel: () => void;
}

/** The first fifty rows, and a line that says what they are. */
export function PreviewPane({ state, quiet, onRun, onCancel }: PreviewPaneProps) {
  const shown = state.kind === 'here' ? state.preview : state.kind === 'running' ? state.before : null;
  return (
    <section className={styles.preview} aria-label="Preview" data-old={state.kind === 'running' || undefined}>
      {shown && shown.rows.length > 0 && <DataGrid preview={shown} />}
      {shown?.rows.length === 0 && <Hint>No rows.</Hint>}
      {state.kind === 'none' && (
        <Hint>The first fifty rows show here. {onRun && <LinkButton onClick={onRun}>Preview</LinkButton>}</Hint>
      )}
      {state.kind === 'running' && !shown && <Hint>Reading the first rows…</Hint>}
      {state.kind === 'bad' && !quiet && <FailureHint failure={state.failure} />}
      <footer className={styles.strip}>
        <span role="status">
          {state.kind === 'running' && 'Reading…'}
          {state.kind === 'here' && verdict(state.preview.rows.length, state.preview.more, state.preview.took)}
        </span>
        {state.kind === 'running' ? (
          <LinkButton onClick={onCancel}>Cancel</LinkButton>
        ) : (
          onRun && state.kind !== 'none' && <LinkButton onClick={onRun}>Read again</LinkButton>
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
