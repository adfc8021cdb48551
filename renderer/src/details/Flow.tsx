import { ChevronRight, Database, HardDrive, Layers, Radio, Server } from 'lucide-react';
import { percent } from '../../../shared/format.ts';
import type { Job, JobDetail, Meter } from '../../../shared/job.ts';
import { bottleneckSentence } from '../words.ts';
import { Section } from './Facts.tsx';
import styles from './Details.module.css';
import own from './Flow.module.css';

const sources = { download: [Server, 'Source'], export: [Database, 'Database'], capture: [Radio, 'Feed'] } as const;

interface FlowProps {
  job: Job;
  meter: Meter | undefined;
  detail: JobDetail | null;
}

/** Source → queue → disk, and one sentence on which of them holds the flow back; nothing where nothing flows. */
export function Flow({ job, meter, detail }: FlowProps) {
  if (job.state.kind !== 'running' || !meter || !detail) return null;
  const { queue } = detail;
  const [SourceIcon, word] = sources[detail.kind];
  return (
    <Section title="What holds it back">
      <div className={own.flow}>
        <div data-slow={meter.bottleneck === 'source' || undefined}>
          <SourceIcon size={15} aria-hidden="true" />
          {word}
        </div>
        <ChevronRight size={12} aria-hidden="true" />
        <div data-slow={meter.bottleneck === 'limit' || meter.bottleneck === 'processing' || undefined}>
          <Layers size={15} aria-hidden="true" />
          <span>
            Queue{' '}
            <span className={styles.quiet}>
              {detail.kind !== 'download' ? `${percent(queue.used, queue.size) ?? 0} %` : `${queue.used}/${queue.size}`}
            </span>
          </span>
        </div>
        <ChevronRight size={12} aria-hidden="true" />
        <div data-slow={meter.bottleneck === 'disk' || undefined}>
          <HardDrive size={15} aria-hidden="true" />
          {detail.kind === 'export' ? 'File' : 'Disk'}
        </div>
      </div>
      <p className={styles.quiet}>{bottleneckSentence(meter.bottleneck, detail)}</p>
    </Section>
  );
}
