import type { ReactNode } from 'react';
import { FileInput, FolderOpen } from 'lucide-react';
import type { Job, JobDetail } from '../../../shared/job.ts';
import { useActions, useMirror } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { fullMoment } from '../words.ts';
import { Fact, Facts } from './Facts.tsx';
import styles from './Details.module.css';

/** Where a job's file is and when it came about, with what else is known of it. */
export function FileFacts({ job, detail, children }: { job: Job; detail: JobDetail | null; children?: ReactNode }) {
  const completed = job.state.kind === 'completed' ? job.state : null;
  return (
    <>
      {completed && <FileButtons job={job} />}
      <section>
        <Facts>
          <Fact name="Name">{job.name}</Fact>
          <Fact name="Folder">{job.folder}</Fact>
          {!completed && detail && <Fact name="Unfinished file">{detail.file}</Fact>}
          {children}
          <Fact name="Added">{fullMoment(job.createdAt)}</Fact>
          {completed && <Fact name="Finished">{fullMoment(completed.at)}</Fact>}
        </Facts>
      </section>
    </>
  );
}

/** What matters most once a job is done, with more facts below. */
export function Finished({ job, children }: { job: Job; children?: ReactNode }) {
  if (job.state.kind !== 'completed') return null;
  return (
    <>
      <FileButtons job={job} />
      <Facts>
        <Fact name="Finished">{fullMoment(job.state.at)}</Fact>
        <Fact name="Folder">{job.folder}</Fact>
        {children}
      </Facts>
    </>
  );
}

/** Opens the finished file, where the face that answers can. */
function FileButtons({ job }: { job: Job }) {
  const actions = useActions();
  const canOpenFiles = useMirror((mirror) => mirror.info?.can.openFiles ?? false);
  if (!canOpenFiles) return null;
  return (
    <div className={styles.choices}>
      <Button small onClick={() => actions.open(job.id)}>
        <FileInput size={14} />
        Open
      </Button>
      <Button small onClick={() => actions.reveal(job.id)}>
        <FolderOpen size={14} />
        Show in folder
      </Button>
    </div>
  );
}
