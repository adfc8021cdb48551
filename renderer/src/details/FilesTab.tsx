import { formatBytes } from '../../../shared/format.ts';
import type { CaptureJob, CaptureJobDetail, ExportJob, ExportJobDetail } from '../../../shared/job.ts';
import { Fact, Facts, Section } from './Facts.tsx';
import { FileButtons, fullMoment } from './FileTab.tsx';
import styles from './Details.module.css';

interface FilesTabProps {
  job: ExportJob | CaptureJob;
  detail: ExportJobDetail | CaptureJobDetail | null;
}

/** The files that a job has written, the newest last. */
export function FilesTab({ job, detail }: FilesTabProps) {
  const completed = job.state.kind === 'completed' ? job.state : null;
  const files = detail?.files ?? [];
  return (
    <div className={styles.sections}>
      {completed && <FileButtons job={job} />}
      <section>
        <Facts>
          <Fact name="Name">{job.name}</Fact>
          <Fact name="Folder">{job.folder}</Fact>
          {!completed && detail && <Fact name="Unfinished file">{detail.file}</Fact>}
          <Fact name="Added">{fullMoment(job.createdAt)}</Fact>
          {completed && <Fact name="Finished">{fullMoment(completed.at)}</Fact>}
        </Facts>
      </section>
      {files.length > 0 && (
        <Section title={files.length < job.files ? `The last ${files.length} of ${job.files} files` : 'Files'}>
          <table className={styles.files}>
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
