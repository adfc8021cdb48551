import { Check, Minus, X } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import { whatIsWrong, whatToDo } from '../words.ts';
import { reportWords, stepOf, steps, stepWords, type Step } from './words.ts';
import type { TestState } from './use-test.ts';
import styles from './Connections.module.css';

interface TestResultProps {
  state: TestState;
  ssh: boolean;
  tls: boolean;
  /** Takes the SSH server's key for good, and tries again. */
  onTrust: (fingerprint: string) => void;
}

/** How far a test came, step by step, and what it found there. */
export function TestResult({ state, ssh, tls, onTrust }: TestResultProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (state.kind !== 'none') box.current?.scrollIntoView({ block: 'nearest' });
  }, [state.kind]);
  return (
    <div ref={box} className={styles.result} role="status" data-kind={state.kind}>
      <Found state={state} ssh={ssh} tls={tls} onTrust={onTrust} />
    </div>
  );
}

function Found({ state, ssh, tls, onTrust }: TestResultProps): ReactNode {
  if (state.kind === 'none') return null;
  if (state.kind === 'running') return <p className={styles.quiet}>Connecting…</p>;
  if (state.kind === 'good') {
    const { report } = state;
    return (
      <>
        <Steps failed={null} ssh={ssh} tls={report.tls !== null} />
        <p>{reportWords(report)}</p>
        {report.pooler && (
          <p className={styles.quiet}>
            A connection pooler answers for the server. Exports work; a resumed one may read another server.
          </p>
        )}
      </>
    );
  }
  const { failure } = state;
  const fingerprint = failure.params['fingerprint'];
  return (
    <>
      <Steps failed={stepOf(failure.code)} ssh={ssh} tls={tls} />
      <p>
        <strong>{whatIsWrong(failure)}</strong> {whatToDo(failure)}
      </p>
      {failure.code === 'ssh-host-unknown' && typeof fingerprint === 'string' && (
        <div>
          <Button small onClick={() => onTrust(fingerprint)}>
            Allow this key
          </Button>
        </div>
      )}
    </>
  );
}

function Steps({ failed, ssh, tls }: { failed: Step | null; ssh: boolean; tls: boolean }) {
  const shown = steps.filter((step) => (step !== 'ssh' || ssh) && (step !== 'tls' || tls || failed === 'tls'));
  const at = failed === null ? shown.length : shown.indexOf(failed);
  return (
    <ol className={styles.steps}>
      {shown.map((step, i) => {
        const [how, Icon] =
          i < at ? (['done', Check] as const) : i === at ? (['failed', X] as const) : (['open', Minus] as const);
        return (
          <li key={step} data-how={how}>
            <Icon size={13} aria-label={how === 'done' ? 'Yes:' : how === 'failed' ? 'No:' : 'Not tried:'} />
            {stepWords[step]}
          </li>
        );
      })}
    </ol>
  );
}
