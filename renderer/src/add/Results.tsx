import { CircleAlert, LoaderCircle } from 'lucide-react';
import { formatBytes } from '../../../shared/format.ts';
import type { Failure } from '../../../shared/failure.ts';
import { isResumable } from '../../../shared/job-state.ts';
import { FileIcon } from '../list/FileIcon.tsx';
import { MiddleEllipsis } from '../ui/MiddleEllipsis.tsx';
import { resumableShort, whatIsWrong, whatToDo } from '../words.ts';
import type { Entry } from './parse-input.ts';
import type { Probe } from './use-probes.ts';
import styles from './AddDialog.module.css';

/** Lines of a batch that are drawn; more are only counted. */
const shown = 100;

interface ResultsProps {
  entries: readonly Entry[];
  probeOf: (entry: Entry) => Probe | 'probing' | null;
  /** What is wrong with a line before or after the engine was asked to add it. */
  failureOf: (entry: Entry) => Failure | null;
}

/** What the smart box leads to: one file in detail, or a result per line. */
export function Results({ entries, probeOf, failureOf }: ResultsProps) {
  const [first] = entries;
  if (!first) return <p className={styles.hint}>Paste links, one on each line. A curl command works too.</p>;
  if (entries.length === 1) return <One entry={first} probe={probeOf(first)} failure={failureOf(first)} />;
  const bad = entries.filter((entry) => failureOf(entry)).length;
  return (
    <>
      <p className={styles.hint}>
        {entries.length.toLocaleString()} links{bad > 0 && `, ${bad.toLocaleString()} cannot be added`}
      </p>
      <ul className={styles.lines} aria-label="Results">
        {entries.slice(0, shown).map((entry) => (
          <Line key={entry.text} entry={entry} probe={probeOf(entry)} failure={failureOf(entry)} />
        ))}
        {entries.length > shown && (
          <li className={styles.line}>and {(entries.length - shown).toLocaleString()} more</li>
        )}
      </ul>
    </>
  );
}

interface OneProps {
  entry: Entry;
  probe: Probe | 'probing' | null;
  failure: Failure | null;
}

/** The failure to show: what adding said, else what the probe said. */
function failureFor({ probe, failure }: OneProps): Failure | null {
  if (failure) return failure;
  return probe && probe !== 'probing' && !probe.ok ? probe.failure : null;
}

function nameOf(entry: Entry): string {
  const url = entry.request?.url ?? entry.text;
  if (!URL.canParse(url)) return entry.text;
  const { pathname, host } = new URL(url);
  const last = pathname.split('/').findLast(Boolean) ?? host;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function One(props: OneProps) {
  const { entry, probe } = props;
  const failure = failureFor(props);
  if (failure) {
    return (
      <div className={styles.card} data-bad role="alert">
        <CircleAlert size={18} />
        <p>
          <strong>{whatIsWrong(failure)}</strong> {whatToDo(failure)}
        </p>
      </div>
    );
  }
  if (probe === null || probe === 'probing' || !probe.ok) {
    return (
      <div className={styles.card} role="status">
        <LoaderCircle size={18} className={styles.turning} />
        <p className={styles.quiet}>Asking {hostOf(entry)}…</p>
      </div>
    );
  }
  const { name, size, resumability, host } = probe.result;
  return (
    <div className={styles.card} role="status">
      <FileIcon name={name} />
      <div className={styles.about}>
        <div className={styles.name}>
          <MiddleEllipsis text={name} />
        </div>
        <p className={styles.quiet}>
          {size === null ? 'Size not known' : formatBytes(size)} ·{' '}
          <span data-bad={isResumable(resumability) ? undefined : true}>{resumableShort(resumability)}</span> · {host}
        </p>
      </div>
    </div>
  );
}

function hostOf(entry: Entry): string {
  const url = entry.request?.url ?? '';
  return URL.canParse(url) ? new URL(url).host : 'the server';
}

function Line(props: OneProps) {
  const { entry, probe } = props;
  const failure = failureFor(props);
  const result = probe && probe !== 'probing' && probe.ok ? probe.result : null;
  return (
    <li className={styles.line} data-bad={failure ? true : undefined}>
      <span className={styles.lineName}>
        <MiddleEllipsis text={failure ? entry.text : (result?.name ?? nameOf(entry))} />
      </span>
      {failure && <span className={styles.lineFailure}>{whatIsWrong(failure)}</span>}
      {!failure && result && (
        <span className={styles.quiet}>{result.size === null ? 'Size not known' : formatBytes(result.size)}</span>
      )}
      {!failure && probe === 'probing' && <LoaderCircle size={13} className={styles.turning} aria-label="Asking" />}
    </li>
  );
}
