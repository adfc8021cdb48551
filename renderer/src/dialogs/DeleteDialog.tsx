import { useRef, useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { useActions, useServices } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { Note } from '../ui/Field.tsx';
import { theseJobs } from '../words.ts';
import styles from './Dialogs.module.css';

/** Asks about the file before anything goes. */
export function DeleteDialog({ ids, onClose }: { ids: readonly string[]; onClose: () => void }) {
  const actions = useActions();
  const { mirror } = useServices();
  const keep = useRef<HTMLButtonElement>(null);
  const [problem, setProblem] = useState<Failure | null>(null);
  // As it was when the question was asked: rows that end meanwhile do not change the words under the pointer.
  const [jobs] = useState(() => ids.flatMap((id) => mirror.getState().jobs.get(id) ?? []));
  const [only] = jobs;
  const unfinished = jobs.some((job) => job.state.kind !== 'completed');
  const one = jobs.length === 1;

  const remove = async (deleteFile: boolean) => {
    const failed = await actions.remove(ids, deleteFile);
    if (failed) setProblem(failed);
    else onClose();
  };
  const files = one ? 'file' : 'files';
  return (
    <DialogFrame
      title={`Remove ${theseJobs(jobs)}?`}
      width={440}
      onClose={onClose}
      initialFocus={keep}
      footer={
        <>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="danger" onClick={() => void remove(true)}>
            Delete the {files} too
          </Button>
          <Button ref={keep} onClick={() => void remove(false)}>
            Remove, keep the {files}
          </Button>
        </>
      }
    >
      <div className={styles.text}>
        {one && only && <p className={styles.strong}>{only.name}</p>}
        <p>{consequence(one, unfinished)}</p>
        <Note problem={problem} />
      </div>
    </DialogFrame>
  );
}

function consequence(one: boolean, unfinished: boolean): string {
  if (unfinished) {
    const leaves = one ? 'It leaves the list and stops.' : 'They leave the list, and those that run stop.';
    return `${leaves} What has arrived stays on the disk unless you delete it too.`;
  }
  return one
    ? 'It leaves the list. The file stays on the disk unless you delete it too.'
    : 'They leave the list. The files stay on the disk unless you delete them too.';
}
