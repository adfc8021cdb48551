import type { ReactNode } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { whatIsWrong, whatToDo } from '../words.ts';
import styles from './Hint.module.css';

/** A sentence in the middle of where something else will stand. */
export function Hint({ children }: { children: ReactNode }) {
  return (
    <div className={styles.hint}>
      <p>{children}</p>
    </div>
  );
}

/** Why it does not stand there. */
export function FailureHint({ failure }: { failure: Failure }) {
  return (
    <div className={styles.hint} role="alert" data-bad>
      <p>
        {whatIsWrong(failure)} {whatToDo(failure)}
      </p>
    </div>
  );
}
