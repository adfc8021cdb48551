import type { ReactNode } from 'react';
import styles from './Empty.module.css';

interface EmptyProps {
  /** Stands above it. */
  picture?: ReactNode;
  sentence: string;
  /** What can be done about it. */
  actions: ReactNode;
  /** A quiet word below. */
  hint?: string;
  children?: ReactNode;
}

/** What stands where there is nothing yet: one sentence, and what to do. */
export function Empty({ picture, sentence, actions, hint, children }: EmptyProps) {
  return (
    <div className={styles.empty}>
      {picture}
      <p className={styles.sentence}>{sentence}</p>
      <div className={styles.actions}>{actions}</div>
      {hint && <p className={styles.hint}>{hint}</p>}
      {children}
    </div>
  );
}
