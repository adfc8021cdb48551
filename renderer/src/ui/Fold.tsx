import { Collapsible } from '@base-ui/react/collapsible';
import { ChevronRight } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import styles from './Fold.module.css';

interface FoldProps {
  title: string;
  /** What stands in it, in a word or two, while it is folded. */
  note?: string;
  /** Unfolded by what is wrong inside. */
  force?: boolean;
  children: ReactNode;
}

/** What most people never need, behind its title. */
export function Fold({ title, note, force = false, children }: FoldProps) {
  const [unfolded, setUnfolded] = useState(false);
  return (
    <Collapsible.Root open={unfolded || force} onOpenChange={setUnfolded}>
      <Collapsible.Trigger className={styles.fold} data-noted={note !== undefined || undefined}>
        <ChevronRight size={14} />
        {title}
        {note !== undefined && <span className={styles.note}>{note}</span>}
      </Collapsible.Trigger>
      <Collapsible.Panel className={styles.panel}>{children}</Collapsible.Panel>
    </Collapsible.Root>
  );
}
