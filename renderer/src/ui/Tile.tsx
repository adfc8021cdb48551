import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './Tile.module.css';

/** The square at the head of a row. */
export function Tile({ children }: { children: ReactNode }) {
  return <span className={styles.tile}>{children}</span>;
}

export function IconTile({ icon: Icon }: { icon: LucideIcon }) {
  return (
    <Tile>
      <Icon size={18} strokeWidth={1.6} aria-hidden="true" />
    </Tile>
  );
}
