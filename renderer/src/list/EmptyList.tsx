import { Database, Plus, Radio, Share2 } from 'lucide-react';
import { useState } from 'react';
import { useSampleDatabase } from '../connections/use-sample.ts';
import { useMirror, useServices, useView } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Note } from '../ui/Field.tsx';
import type { Group } from '../mirror/mirror.ts';
import { jobsOf } from '../view/selection.ts';
import { Gate } from './Gate.tsx';
import styles from './EmptyList.module.css';

const nothing: Readonly<Record<Group, string>> = {
  all: 'Nothing here.',
  active: 'Nothing is running.',
  queued: 'Nothing is waiting for its turn.',
  done: 'Nothing has finished yet.',
  failed: 'Nothing has failed.',
  captures: 'Nothing is being captured.',
};

/** What stands where the list would be: on the first run, in an empty group, or after a search that found nothing. */
export function EmptyList({ none }: { none: boolean }) {
  const { view, actions } = useServices();
  const group = useView((view) => view.group);
  const search = useView((view) => view.search);
  if (none && !search && group !== 'captures') return <FirstRun />;
  const ways = search ? (
    <Button onClick={() => view.setState({ search: '' })}>Clear search</Button>
  ) : group === 'captures' ? (
    <>
      <Button kind="primary" onClick={() => view.setState({ dialog: { kind: 'capture' } })}>
        <Plus size={15} />
        New capture
      </Button>
      <Button onClick={() => void actions.trySampleFeed()}>Try it</Button>
    </>
  ) : (
    group !== 'all' && <Button onClick={() => view.setState(jobsOf('all'))}>Show all</Button>
  );
  return (
    <Empty
      sentence={search ? `Nothing matches “${search}”.` : nothing[group]}
      actions={ways}
      {...(!search && group === 'captures' && { hint: '“Try it” captures a feed that Sluice makes on this computer.' })}
    />
  );
}

function FirstRun() {
  const { view, actions } = useServices();
  const [trying, setTrying] = useState(false);
  const sample = useSampleDatabase();
  const folder = useMirror((mirror) => mirror.settings?.folder ?? '');
  const tryIt = async () => {
    setTrying(true);
    await actions.trySample();
    setTrying(false);
  };
  return (
    <Empty
      picture={<Gate />}
      sentence="Paste a link, or drop one anywhere in this window."
      actions={
        <>
          <Button kind="primary" onClick={() => view.setState({ dialog: { kind: 'add', text: '' } })}>
            Add a link
          </Button>
          <Button onClick={() => void tryIt()} disabled={trying}>
            Try it
          </Button>
        </>
      }
      hint="“Try it” downloads a sample that Sluice makes on this computer. No network needed."
    >
      <ul className={styles.more} aria-label="More to try">
        <li>
          <button type="button" onClick={sample.start} disabled={sample.starting}>
            <Database size={17} aria-hidden="true" />
            {sample.starting ? 'Starting the sample database…' : 'Export from a sample database'}
          </button>
        </li>
        <li>
          <button
            type="button"
            onClick={() =>
              view.setState({ dialog: { kind: 'share', draft: { kind: 'folder', of: folder, name: '' } } })
            }
          >
            <Share2 size={17} aria-hidden="true" />
            Share your downloads folder
          </button>
        </li>
        <li>
          <button type="button" onClick={() => void actions.trySampleFeed()}>
            <Radio size={17} aria-hidden="true" />
            Capture a sample feed
          </button>
        </li>
      </ul>
      <Note problem={sample.problem} />
    </Empty>
  );
}
