import { useState } from 'react';
import { useServices, useView } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import type { Group } from '../mirror/mirror.ts';
import { jobsOf } from '../view/selection.ts';
import { Gate } from './Gate.tsx';
import styles from './EmptyList.module.css';

const nothing: Readonly<Record<Group, string>> = {
  all: 'Nothing here.',
  active: 'Nothing is downloading.',
  queued: 'Nothing is waiting for its turn.',
  done: 'Nothing has finished yet.',
  failed: 'Nothing has failed.',
  captures: 'Nothing is being captured.',
};

/** What stands where the list would be: on the first run, in an empty group, or after a search that found nothing. */
export function EmptyList({ none }: { none: boolean }) {
  const { view } = useServices();
  const group = useView((view) => view.group);
  const search = useView((view) => view.search);
  if (none && !search) return <FirstRun />;
  return (
    <div className={styles.empty}>
      <p className={styles.sentence}>{search ? `Nothing matches “${search}”.` : nothing[group]}</p>
      {search ? (
        <Button onClick={() => view.setState({ search: '' })}>Clear search</Button>
      ) : (
        group !== 'all' && <Button onClick={() => view.setState(jobsOf('all'))}>Show all</Button>
      )}
    </div>
  );
}

function FirstRun() {
  const { view, actions } = useServices();
  const [trying, setTrying] = useState(false);
  const tryIt = async () => {
    setTrying(true);
    await actions.trySample();
    setTrying(false);
  };
  return (
    <div className={styles.empty}>
      <Gate />
      <p className={styles.sentence}>Paste a link, or drop one anywhere in this window.</p>
      <div className={styles.actions}>
        <Button kind="primary" onClick={() => view.setState({ dialog: { kind: 'add', text: '' } })}>
          Add a link
        </Button>
        <Button onClick={() => void tryIt()} disabled={trying}>
          Try it
        </Button>
      </div>
      <p className={styles.hint}>“Try it” downloads a sample that Sluice makes on this computer. No network needed.</p>
    </div>
  );
}
