import type { Activity as Entry } from '../../../shared/job.ts';
import styles from './Details.module.css';

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** What happened to the job, newest first. */
export function Activity({ entries }: { entries: readonly Entry[] }) {
  if (entries.length === 0) return <p className={styles.quiet}>Nothing has happened yet.</p>;
  return (
    <ol className={styles.activity}>
      {entries.toReversed().map((entry, i) => (
        // An entry never changes and none is ever put between two others, so its place from the end is its name.
        <li key={entries.length - i} data-level={entry.level}>
          <time dateTime={new Date(entry.at).toISOString()}>{time.format(entry.at)}</time>
          <span>{entry.text}</span>
        </li>
      ))}
    </ol>
  );
}
