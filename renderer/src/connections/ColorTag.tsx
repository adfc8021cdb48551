import type { ConnectionColor } from '../../../shared/database.ts';
import styles from './ColorTag.module.css';

/** The colour by which a person tells a connection apart; its name always stands beside it. */
export function ColorTag({ color }: { color: ConnectionColor }) {
  return <span className={styles.tag} data-color={color} aria-hidden="true" />;
}
