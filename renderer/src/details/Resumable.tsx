import { CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import styles from './Details.module.css';

interface ResumableProps {
  /** Null: not known yet. */
  yes: boolean | null;
  because: string;
}

/** Whether a job can go on where it stopped, and why. */
export function Resumable({ yes, because }: ResumableProps) {
  const [word, Icon] =
    yes === null
      ? (['Not known whether this can be resumed', CircleHelp] as const)
      : yes
        ? (['Resumable', CircleCheck] as const)
        : (['Not resumable', CircleX] as const);
  return (
    <section>
      <p className={styles.resumable}>
        <Icon size={15} aria-hidden="true" />
        <span>
          <strong>{word}</strong> because {because}.
        </span>
      </p>
    </section>
  );
}
