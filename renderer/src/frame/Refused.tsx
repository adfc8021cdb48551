import { Mark } from './Mark.tsx';
import styles from './Refused.module.css';

/** The page where the host does not let us in: what is missing and how to get it. */
export function Refused({ reason }: { reason: 'missing' | 'wrong' }) {
  return (
    <main className={styles.page}>
      <Mark size={44} />
      <h1 className={styles.title}>
        {reason === 'missing' ? 'This page needs its whole link' : 'This link is no longer valid'}
      </h1>
      <p className={styles.text}>
        {reason === 'missing'
          ? 'Sluice printed a link with a token when it started. Open that link, with all that follows the #.'
          : 'Sluice makes a new token when its old one is taken back. Open the link that it printed at its last start.'}
      </p>
      <p className={styles.text}>To see the link again, run this where Sluice runs:</p>
      <code className={styles.code}>sluice host</code>
    </main>
  );
}
