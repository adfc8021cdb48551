import { ChevronRight, HardDrive, Layers, Server } from 'lucide-react';
import type { JobDetail, Meter } from '../../../shared/job.ts';
import { bottleneckSentence } from '../words.ts';
import styles from './Details.module.css';

/** Source → queue → disk, and one sentence on which of them holds the flow back. */
export function Flow({ meter, detail }: { meter: Meter; detail: JobDetail }) {
  const { queue, waited } = detail;
  return (
    <>
      <div className={styles.flow}>
        <div data-slow={meter.bottleneck === 'source' || undefined}>
          <Server size={15} aria-hidden="true" />
          Source
        </div>
        <ChevronRight size={12} aria-hidden="true" />
        <div data-slow={meter.bottleneck === 'limit' || undefined}>
          <Layers size={15} aria-hidden="true" />
          <span>
            Queue{' '}
            <span className={styles.quiet}>
              {queue.used}/{queue.size}
            </span>
          </span>
        </div>
        <ChevronRight size={12} aria-hidden="true" />
        <div data-slow={meter.bottleneck === 'disk' || undefined}>
          <HardDrive size={15} aria-hidden="true" />
          Disk
        </div>
      </div>
      <p className={styles.quiet}>{bottleneckSentence(meter.bottleneck, waited)}</p>
    </>
  );
}
