import type { Activity as Entry } from '../../../shared/job.ts';
import { clock } from '../words.ts';
import styles from './Details.module.css';

/** What happened to the job, newest first. */
export function Activity({ entries }: { entries: readonly Entry[] }) {
  if (entries.length === 0) return <p className={styles.quiet}>Nothing has happened yet.</p>;
  return (
    <ol className={styles.activity}>
      {entries.toReversed().map((entry, i) => (
        // An entry never changes and none is ever put between two others, so its place from the end is its name.
        <li key={entries.length - i} data-level={entry.level}>
          <time dateTime={new Date(entry.at).toISOString()}>{clock(entry.at)}</time>
          <span>{entry.text}</span>
        </li>
      ))}
    </ol>
  );
}
