import { Tabs } from '@base-ui/react/tabs';
import { X } from 'lucide-react';
import { useMemo } from 'react';
import type { Job } from '../../../shared/job.ts';
import { FileIcon } from '../list/FileIcon.tsx';
import { useMirror, useServices, useView } from '../services.tsx';
import { IconButton } from '../ui/Button.tsx';
import tabs from '../ui/Tabs.module.css';
import { downloads } from '../words.ts';
import { Activity } from './Activity.tsx';
import { FileTab } from './FileTab.tsx';
import { Overview } from './Overview.tsx';
import { RequestTab } from './RequestTab.tsx';
import { Sums } from './Sums.tsx';
import { useDetail } from './use-detail.ts';
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
      {chosen.length === 0 && <p className={styles.none}>Select a download to see its details.</p>}
      {chosen.length === 1 && only && <OneJob key={only.id} job={only} />}
      {chosen.length > 1 && (
        <>
          <h2 className={styles.title}>{downloads(chosen.length)}</h2>
          <Sums jobs={chosen} />
        </>
      )}
    </aside>
  );
}

const tabNames = ['Overview', 'Activity', 'Request', 'File'] as const;

function OneJob({ job }: { job: Job }) {
  const detail = useDetail(job.id);
  return (
    <>
      <div className={styles.heading}>
        <FileIcon name={job.name} />
        <h2 className={styles.title}>{job.name}</h2>
      </div>
      <Tabs.Root defaultValue="Overview" className={styles.tabs}>
        <Tabs.List className={tabs.list} aria-label="Details">
          {tabNames.map((tab) => (
            <Tabs.Tab key={tab} value={tab} className={tabs.tab}>
              {tab}
            </Tabs.Tab>
          ))}
          <Tabs.Indicator className={tabs.indicator} />
        </Tabs.List>
        <Tabs.Panel value="Overview" className={styles.content}>
          <Overview job={job} detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="Activity" className={styles.content}>
          <Activity entries={detail?.activity ?? []} />
        </Tabs.Panel>
        <Tabs.Panel value="Request" className={styles.content}>
          <RequestTab job={job} detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="File" className={styles.content}>
          <FileTab job={job} detail={detail} />
        </Tabs.Panel>
      </Tabs.Root>
    </>
  );
}
