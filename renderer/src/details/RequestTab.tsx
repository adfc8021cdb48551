import type { DownloadJob, DownloadJobDetail } from '../../../shared/job.ts';
import { Fact, Facts, Section } from './Facts.tsx';
import styles from './Details.module.css';

/** What was asked, what was answered, and what proves that the file is still the same. */
export function RequestTab({ job, detail }: { job: DownloadJob; detail: DownloadJobDetail | null }) {
  const identity = detail?.identity;
  return (
    <div className={styles.sections}>
      <section>
        <Facts>
          <Fact name="Link">{job.url}</Fact>
          {identity && identity.finalUrl !== job.url && <Fact name="Led to">{identity.finalUrl}</Fact>}
          {job.mirrors.length > 0 && <Fact name="Mirrors">{job.mirrors.join('\n')}</Fact>}
          {identity?.contentType && <Fact name="Type">{identity.contentType}</Fact>}
          {identity?.etag && <Fact name="ETag">{identity.etag}</Fact>}
          {identity?.lastModified && <Fact name="Changed">{identity.lastModified}</Fact>}
        </Facts>
      </section>
      <Head title="Sent" lines={detail?.request ?? []} />
      <Head title="Answered" lines={detail?.response ?? []} />
    </div>
  );
}

function Head({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <Section title={title}>
      {lines.length > 0 ? (
        <pre className={styles.head}>{lines.join('\n')}</pre>
      ) : (
        <p className={styles.quiet}>Nothing yet.</p>
      )}
    </Section>
  );
}
