import { Tabs } from '@base-ui/react/tabs';
import { X } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import { assertNever } from '../../../shared/assert-never.ts';
import type { Job, JobDetail } from '../../../shared/job.ts';
import { JobIcon } from '../list/FileIcon.tsx';
import { useStream } from '../mirror/use-stream.ts';
import { useClient, useMirror, useServices, useView } from '../services.tsx';
import { IconButton } from '../ui/Button.tsx';
import tabs from '../ui/Tabs.module.css';
import { jobsText } from '../words.ts';
import { Activity } from './Activity.tsx';
import { CaptureOverview, RecordsTab } from './CaptureTabs.tsx';
import { DownloadOverview } from './DownloadOverview.tsx';
import { ExportOverview, QueryTab } from './ExportTabs.tsx';
import { FilesTab } from './FilesTab.tsx';
import { FileTab } from './FileTab.tsx';
import { RequestTab } from './RequestTab.tsx';
import { Sums } from './Sums.tsx';
import styles from './Details.module.css';

/** The panel beside the list: one job in detail, or the sums of several. */
export function Details() {
  const { view } = useServices();
  const selected = useView((view) => view.selected);
  const jobs = useMirror((mirror) => mirror.jobs);
  const chosen = useMemo(() => [...selected].flatMap((id) => jobs.get(id) ?? []), [selected, jobs]);
  const [only] = chosen;
  return (
    <aside className={styles.panel} aria-label="Details">
      <div className={styles.close}>
        <IconButton label="Close details" keys="Esc" onClick={() => view.setState({ details: false })}>
          <X size={15} />
        </IconButton>
      </div>
      {chosen.length === 0 && <p className={styles.none}>Select something to see its details.</p>}
      {chosen.length === 1 && only && <OneJob key={only.id} job={only} />}
      {chosen.length > 1 && (
        <>
          <h2 className={styles.title}>{jobsText(chosen)}</h2>
          <Sums jobs={chosen} />
        </>
      )}
    </aside>
  );
}

function OneJob({ job }: { job: Job }) {
  const client = useClient();
  const detail = useStream<JobDetail>(job.id, (id) => client.jobs.detail({ id }));
  return (
    <>
      <div className={styles.heading}>
        <JobIcon job={job} />
        <h2 className={styles.title}>{job.name}</h2>
      </div>
      <JobTabs tabs={tabsOf(job, detail)} />
    </>
  );
}

type JobTab = readonly [name: string, content: ReactNode];

function tabsOf(job: Job, detail: JobDetail | null): readonly JobTab[] {
  const activity: JobTab = ['Activity', <Activity key="activity" entries={detail?.activity ?? []} />];
  switch (job.kind) {
    case 'download': {
      const own = detail?.kind === 'download' ? detail : null;
      return [
        ['Overview', <DownloadOverview key="overview" job={job} detail={own} />],
        activity,
        ['Request', <RequestTab key="request" job={job} detail={own} />],
        ['File', <FileTab key="file" job={job} detail={own} />],
      ];
    }
    case 'export': {
      const own = detail?.kind === 'export' ? detail : null;
      return [
        ['Overview', <ExportOverview key="overview" job={job} detail={own} />],
        activity,
        ['Query', <QueryTab key="query" job={job} detail={own} />],
        ['Files', <FilesTab key="files" job={job} detail={own} />],
      ];
    }
    case 'capture': {
      const own = detail?.kind === 'capture' ? detail : null;
      return [
        ['Overview', <CaptureOverview key="overview" job={job} detail={own} />],
        ['Records', <RecordsTab key="records" detail={own} />],
        activity,
        ['Files', <FilesTab key="files" job={job} detail={own} />],
      ];
    }
    default:
      return assertNever(job);
  }
}

function JobTabs({ tabs: all }: { tabs: readonly JobTab[] }) {
  return (
    <Tabs.Root defaultValue="Overview" className={styles.tabs}>
      <Tabs.List className={tabs.list} aria-label="Details">
        {all.map(([name]) => (
          <Tabs.Tab key={name} value={name} className={tabs.tab}>
            {name}
          </Tabs.Tab>
        ))}
        <Tabs.Indicator className={tabs.indicator} />
      </Tabs.List>
      {all.map(([name, content]) => (
        <Tabs.Panel key={name} value={name} className={styles.content}>
          {content}
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}
