import { Info, RefreshCw, TriangleAlert, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useMirror, useServices, useView } from '../services.tsx';
import { IconButton } from '../ui/Button.tsx';
import { whatIsWrong, whatToDo } from '../words.ts';
import type { Failure } from '../../../shared/failure.ts';
import styles from './Notices.module.css';

/** What stands above the list: a lost line, what the engine wants to say, and an action that failed. */
export function Notices() {
  const { view } = useServices();
  const status = useMirror((mirror) => mirror.status);
  const notices = useMirror((mirror) => mirror.info?.notices);
  const problem = useView((view) => view.problem);
  const [dismissed, setDismissed] = useState<readonly string[]>([]);
  return (
    <>
      {/* The region is always there: only then is what appears in it read out. */}
      <div role="status">
        {status === 'reconnecting' && (
          <Strip icon={<RefreshCw size={15} className={styles.turning} />} kind="calm">
            <strong>Reconnecting…</strong> The list shows what was true a moment ago. Nothing is lost.
          </Strip>
        )}
        {notices
          ?.filter((notice) => !dismissed.includes(notice.message))
          .map((notice) => (
            <Strip
              key={notice.message}
              icon={<Info size={15} />}
              kind="notice"
              onDismiss={() => setDismissed([...dismissed, notice.message])}
            >
              <Words failure={notice} />
            </Strip>
          ))}
      </div>
      <div role="alert">
        {problem && (
          <Strip icon={<TriangleAlert size={15} />} kind="problem" onDismiss={() => view.setState({ problem: null })}>
            <Words failure={problem} />
          </Strip>
        )}
      </div>
    </>
  );
}

function Words({ failure }: { failure: Failure }) {
  return (
    <>
      <strong>{whatIsWrong(failure)}</strong> {whatToDo(failure)}
    </>
  );
}

interface StripProps {
  icon: ReactNode;
  kind: 'calm' | 'notice' | 'problem';
  children: ReactNode;
  onDismiss?: () => void;
}

function Strip({ icon, kind, children, onDismiss }: StripProps) {
  return (
    <div className={styles.strip} data-kind={kind}>
      {icon}
      <p>{children}</p>
      {onDismiss && (
        <IconButton label="Dismiss" onClick={onDismiss}>
          <X size={14} />
        </IconButton>
      )}
    </div>
  );
}
