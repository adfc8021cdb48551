import { formatBytes } from '../../../shared/format.ts';
import type { CaptureJob, CaptureJobDetail, ExportJob, ExportJobDetail } from '../../../shared/job.ts';
import { Section } from './Facts.tsx';
import { FileFacts } from './FileFacts.tsx';
import table from '../ui/Table.module.css';
import styles from './Details.module.css';

interface FilesTabProps {
  job: ExportJob | CaptureJob;
  detail: ExportJobDetail | CaptureJobDetail | null;
}

/** The files that a job has written, the newest last. */
export function FilesTab({ job, detail }: FilesTabProps) {
  const files = detail?.files ?? [];
  return (
    <div className={styles.sections}>
      <FileFacts job={job} detail={detail} />
      {files.length > 0 && (
        <Section title={files.length < job.files ? `The last ${files.length} of ${job.files} files` : 'Files'}>
          <table className={`${table.table} ${styles.files}`}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">{job.kind === 'export' ? 'Rows' : 'Records'}</th>
                <th scope="col">Size</th>
              </tr>
            </thead>
            <tbody>
              {files.map(({ name, rows, bytes }) => (
                <tr key={name}>
                  <td title={name}>{name}</td>
                  <td>{rows.toLocaleString()}</td>
                  <td>{formatBytes(bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
    </div>
  );
}
