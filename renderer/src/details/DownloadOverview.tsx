import { formatDuration, formatProgress, formatRate, percent } from '../../../shared/format.ts';
import type { DownloadJob, DownloadJobDetail, Meter } from '../../../shared/job.ts';
import { resumabilityWords } from '../words.ts';
import { Connections } from './Connections.tsx';
import { Flow } from './Flow.tsx';
import { Controls } from './Controls.tsx';
import { Fact, Section } from './Facts.tsx';
import { Finished } from './FileFacts.tsx';
import { RateChart } from './RateChart.tsx';
import { Resumable } from './Resumable.tsx';
import { SegmentMap } from './SegmentMap.tsx';
import { StateBlock } from './StateBlock.tsx';
import { useActiveMeter } from './use-active-meter.ts';
import styles from './Details.module.css';

export function DownloadOverview({ job, detail }: { job: DownloadJob; detail: DownloadJobDetail | null }) {
  const { active, meter } = useActiveMeter(job);
  const done = job.state.kind === 'completed';
  return (
    <div className={styles.sections}>
      <section>
        <StateBlock job={job} />
        <Figures job={job} meter={meter} />
      </section>
      <Finished job={job}>
        <Fact name="From">{job.url}</Fact>
      </Finished>
      {active && detail && (
        <Section title="Speed">
          <RateChart rates={detail.rates} />
        </Section>
      )}
      {!done && job.size !== null && job.size > 0 && (
        <Section title="Pieces">
          <SegmentMap job={job} meter={meter} connections={active ? (detail?.connections ?? []) : []} />
        </Section>
      )}
      <Flow job={job} meter={meter} detail={detail} />
      {!done && <Resumable {...resumabilityWords[job.resumability]} />}
      {active && detail && detail.connections.length > 0 && (
        <Section title="Connections">
          <Connections connections={detail.connections} />
        </Section>
      )}
      <Controls job={job} />
    </div>
  );
}

function Figures({ job, meter }: { job: DownloadJob; meter: Meter | undefined }) {
  const done = meter?.done ?? job.done;
  const share = percent(done, job.size);
  const running = job.state.kind === 'running' && meter;
  return (
    <dl className={styles.figures}>
      <div>
        <dt>{share === null || job.state.kind === 'completed' ? 'Size' : `${share} %`}</dt>
        <dd>{formatProgress(done, job.size)}</dd>
      </div>
      {running && (
        <>
          <div>
            <dt>Speed</dt>
            <dd>{formatRate(meter.rate)}</dd>
          </div>
          <div>
            <dt>Time left</dt>
            <dd>{meter.eta === null ? 'Not known' : formatDuration(meter.eta)}</dd>
          </div>
        </>
      )}
    </dl>
  );
}
