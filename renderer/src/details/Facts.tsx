import type { ReactNode } from 'react';
import styles from './Details.module.css';

/** A part of the panel, with its title. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className={styles.subtitle}>{title}</h3>
      {children}
    </section>
  );
}

/** Names and what they stand for. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={styles.facts}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
