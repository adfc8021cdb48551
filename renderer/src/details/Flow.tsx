import { Database, HardDrive, Layers, Radio, Server } from 'lucide-react';
import { percent } from '../../../shared/format.ts';
import type { Job, JobDetail, Meter } from '../../../shared/job.ts';
import { waitedText } from '../figures.ts';
import { FlowBoxes } from '../ui/FlowBoxes.tsx';
import { bottleneckSentence } from '../words.ts';
import { Section } from './Facts.tsx';
import styles from './Details.module.css';

const sources = { download: [Server, 'Source'], export: [Database, 'Database'], capture: [Radio, 'Feed'] } as const;

interface FlowProps {
  job: Job;
  meter: Meter | undefined;
  detail: JobDetail | null;
}

/**
 * Source → queue → disk with how long each side was waited for, and one sentence on which of them holds the flow back;
 * nothing where nothing flows.
 */
export function Flow({ job, meter, detail }: FlowProps) {
  if (job.state.kind !== 'running' || !meter || !detail) return null;
  const { bottleneck } = meter;
  const { used, size } = detail.queue;
  const { source, disk } = detail.waited;
  const [icon, word] = sources[detail.kind];
  return (
    <Section title="What holds it back">
      <FlowBoxes
        boxes={[
          { icon, word, figure: waitedText(source), slow: bottleneck === 'source' },
          {
            icon: Layers,
            word: 'Queue',
            // Connections that had begun a buffer when it became full still fill theirs.
            figure: detail.kind === 'download' ? `${Math.min(used, size)}/${size}` : `${percent(used, size) ?? 0} %`,
            slow: bottleneck === 'limit' || bottleneck === 'processing',
          },
          {
            icon: HardDrive,
            word: detail.kind === 'export' ? 'File' : 'Disk',
            figure: waitedText(disk),
            slow: bottleneck === 'disk',
          },
        ]}
      />
      <p className={styles.quiet}>{bottleneckSentence(bottleneck, detail)}</p>
    </Section>
  );
}
