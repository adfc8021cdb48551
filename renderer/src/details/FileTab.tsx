import { formatBytes } from '../../../shared/format.ts';
import type { DownloadJob, DownloadJobDetail } from '../../../shared/job.ts';
import { algorithmWord, proofSentence } from '../words.ts';
import { Fact } from './Facts.tsx';
import { FileFacts } from './FileFacts.tsx';
import styles from './Details.module.css';

/** The one file of a download. */
export function FileTab({ job, detail }: { job: DownloadJob; detail: DownloadJobDetail | null }) {
  return (
    <div className={styles.sections}>
      <FileFacts job={job} detail={detail}>
        <Fact name="Size">
          {job.size === null ? 'Not known' : `${formatBytes(job.size)} (${job.size.toLocaleString()} bytes)`}
        </Fact>
        {job.checksum && (
          <Fact name={algorithmWord(job.checksum.algorithm)}>
            <span className={styles.mono}>{job.checksum.value}</span>
          </Fact>
        )}
        {job.state.kind === 'completed' && <Fact name="Checked">{proofSentence(job)}</Fact>}
      </FileFacts>
    </div>
  );
}
