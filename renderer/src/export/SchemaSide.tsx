import { RotateCw, Search } from 'lucide-react';
import type { Catalog } from '../../../shared/database.ts';
import type { Answer } from '../transport/index.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { whatIsWrong, whatToDo } from '../words.ts';
import { SchemaTree } from './SchemaTree.tsx';
import { useWork } from './use-work.ts';
import styles from './SchemaSide.module.css';

interface SchemaSideProps {
  /** Null until the server answered. */
  answer: Answer<Catalog> | null;
  onReadAgain: () => void;
  /** Puts a relation's name into the query. */
  onUse: (schema: string, name: string) => void;
}

/** What the database has: its schemas as a tree, filtered by what is typed above it. */
export function SchemaSide({ answer, onReadAgain, onUse }: SchemaSideProps) {
  const [work, change] = useWork();
  return (
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
        <IconButton label="Read the schemas again" onClick={onReadAgain}>
          <RotateCw size={13} />
        </IconButton>
      </div>
      {answer?.ok && <SchemaTree catalog={answer.value} onUse={onUse} />}
      {!answer && <p className={styles.pending}>Reading the schemas…</p>}
      {answer && !answer.ok && (
        <div className={styles.pending} role="alert">
          <p data-bad>
            {whatIsWrong(answer.failure)} {whatToDo(answer.failure)}
          </p>
          <Button small onClick={onReadAgain}>
            Retry
          </Button>
        </div>
      )}
    </nav>
  );
}
