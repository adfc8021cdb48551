import { ChevronRight, type LucideIcon } from 'lucide-react';
import { Fragment } from 'react';
import styles from './FlowBoxes.module.css';

export interface FlowBox {
  readonly icon: LucideIcon;
  readonly word: string;
  /** How full it is, or how much of the time was spent waiting for it. */
  readonly figure?: string;
  /** True for what holds the flow back. */
  readonly slow: boolean;
}

/** What bytes go through, one after the other. */
export function FlowBoxes({ boxes }: { boxes: readonly FlowBox[] }) {
  return (
    <div className={styles.flow}>
      {boxes.map(({ icon: Icon, word, figure, slow }, i) => (
        <Fragment key={word}>
          {i > 0 && <ChevronRight size={12} aria-hidden="true" />}
          <div data-slow={slow || undefined}>
            <Icon size={15} aria-hidden="true" />
            <span>
              {word} {figure !== undefined && <span className={styles.figure}>{figure}</span>}
            </span>
          </div>
        </Fragment>
      ))}
    </div>
  );
}
