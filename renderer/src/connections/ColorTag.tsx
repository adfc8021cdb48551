import type { ConnectionColor } from '../../../shared/database.ts';
import styles from './ColorTag.module.css';

/** The colour by which a person tells a connection apart; its name always stands beside it. */
export function ColorTag({ color, large = false }: { color: ConnectionColor; large?: boolean }) {
  return <span className={styles.tag} data-color={color} data-large={large || undefined} aria-hidden="true" />;
}
