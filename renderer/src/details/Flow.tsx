import { ChevronRight, Database, HardDrive, Layers, Radio, Server } from 'lucide-react';
import { percent } from '../../../shared/format.ts';
import type { JobDetail, Meter } from '../../../shared/job.ts';
import { bottleneckSentence } from '../words.ts';
import styles from './Details.module.css';

const sources = { download: [Server, 'Source'], export: [Database, 'Database'], capture: [Radio, 'Feed'] } as const;

/** Source → queue → disk, and one sentence on which of them holds the flow back. */
export function Flow({ meter, detail }: { meter: Meter; detail: JobDetail }) {
  const { queue } = detail;
  const [SourceIcon, word] = sources[detail.kind];
  return (
    <>
      <div className={styles.flow}>
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
    </>
  );
}
