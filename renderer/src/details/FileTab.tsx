import { FileInput, FolderOpen } from 'lucide-react';
import { formatBytes } from '../../../shared/format.ts';
import type { DownloadJob, DownloadJobDetail, Job } from '../../../shared/job.ts';
import { useActions, useMirror } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { proofSentence } from '../words.ts';
import { Fact, Facts } from './Facts.tsx';
import styles from './Details.module.css';

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function FileTab({ job, detail }: { job: DownloadJob; detail: DownloadJobDetail | null }) {
  const completed = job.state.kind === 'completed' ? job.state : null;
  return (
    <div className={styles.sections}>
      {completed && <FileButtons job={job} />}
      <section>
        <Facts>
          <Fact name="Name">{job.name}</Fact>
          <Fact name="Folder">{job.folder}</Fact>
          {!completed && detail && <Fact name="Unfinished file">{detail.file}</Fact>}
          <Fact name="Size">
            {job.size === null ? 'Not known' : `${formatBytes(job.size)} (${job.size.toLocaleString()} bytes)`}
          </Fact>
          {job.checksum && (
            <Fact name={job.checksum.algorithm}>
              <span className={styles.mono}>{job.checksum.value}</span>
            </Fact>
          )}
          <Fact name="Added">{moment.format(job.createdAt)}</Fact>
          {completed && <Fact name="Finished">{moment.format(completed.at)}</Fact>}
          {completed && <Fact name="Checked">{proofSentence(job)}</Fact>}
        </Facts>
      </section>
    </div>
  );
}

/** Opens the finished file, where the face that answers can. */
export function FileButtons({ job }: { job: Job }) {
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

/** When a job ended, as a person reads it. */
export const fullMoment = (at: number): string => moment.format(at);
