import { useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { useActions, useMirror } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { FolderField } from '../ui/FolderField.tsx';
import styles from './Dialogs.module.css';

/** Asks for another folder for a download that cannot go on in its own. */
export function FolderDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const actions = useActions();
  const job = useMirror((mirror) => mirror.jobs.get(id));
  const [folder, setFolder] = useState(job?.folder ?? '');
  const [problem, setProblem] = useState<Failure | null>(null);
  const save = async () => {
    const failed = await actions.decide(id, 'change-folder', folder.trim());
    if (failed) setProblem(failed);
    else onClose();
  };
  return (
    <DialogFrame
      title="Choose another folder"
      width={460}
      onClose={onClose}
      footer={
        <>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void save()}>
            Go on there
          </Button>
        </>
      }
    >
      <div className={styles.text}>
        <p className={styles.strong}>{job?.name}</p>
        <FolderField
          value={folder}
          needed={job?.size ?? null}
          problem={problem}
          onChange={(value) => {
            setFolder(value);
            setProblem(null);
          }}
        />
      </div>
    </DialogFrame>
  );
}
