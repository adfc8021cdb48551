import type { Work } from './work.ts';
import styles from './ModeSwitch.module.css';

const modeWords = { tables: 'Tables', sql: 'SQL' } as const;

/** Whether tables are chosen or a query is written. */
export function ModeSwitch({ mode, onChange }: { mode: Work['mode']; onChange: (mode: Work['mode']) => void }) {
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
