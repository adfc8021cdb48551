import type { ReactNode } from 'react';
import styles from './Hidden.module.css';

/** Read out, but not seen. */
export function Hidden({ children }: { children: ReactNode }) {
  return <span className={styles.hidden}>{children}</span>;
}
