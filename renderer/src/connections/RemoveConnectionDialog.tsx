import { useRef, useState } from 'react';
import type { ConnectionProfile } from '../../../shared/database.ts';
import type { Job } from '../../../shared/job.ts';
import styles from '../dialogs/Dialogs.module.css';
import { useClient, useProfiles, useServices } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { Note } from '../ui/Field.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { jobsText } from '../words.ts';

/** Asks before a connection and its password go: nothing brings them back. */
export function RemoveConnectionDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const client = useClient();
  const { mirror } = useServices();
  const profiles = useProfiles();
  const cancel = useRef<HTMLButtonElement>(null);
  const { problem, attempt } = useAttempt();
  // As they were when the question was asked: nothing changes under the pointer.
  const [profile] = useState(() => profiles?.find((one) => one.id === id));
  const [jobs] = useState(() => [...mirror.getState().jobs.values()].filter((job) => needs(job, id)));
  if (!profile) return null;
  const remove = () =>
    attempt(async () => {
      await client.connections.remove({ id });
      onClose();
    });
  return (
    <DialogFrame
      title="Remove this connection?"
      width={440}
      onClose={onClose}
      initialFocus={cancel}
      footer={
        <>
          <Button ref={cancel} kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="danger" onClick={() => void remove()}>
            Remove
          </Button>
        </>
      }
    >
      <div className={styles.text}>
        <p className={styles.strong}>{profile.name}</p>
        <p>
          {consequence(profile)}
          {jobs.length > 0 && ` But ${jobsText(jobs)} cannot go on without it.`}
        </p>
        <Note problem={problem} />
      </div>
    </DialogFrame>
  );
}

/** Exports that are not done connect again to go on. */
function needs(job: Job, id: string): boolean {
  return job.kind === 'export' && job.connection.id === id && !['completed', 'cancelled'].includes(job.state.kind);
}

function consequence({ sample, hasPassword, hasSshPassword }: ConnectionProfile): string {
  const files = 'Exported files stay.';
  if (sample) return `Its server stops. “Sample database” brings it back. ${files}`;
  return hasPassword || hasSshPassword ? `Its password is forgotten. ${files}` : files;
}
