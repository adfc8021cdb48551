import { formatDuration, formatProgress, formatRate, percent } from '../../../shared/format.ts';
import { jobGroup } from '../../../shared/job-state.ts';
import type { DownloadJob, DownloadJobDetail, Meter } from '../../../shared/job.ts';
import { useMirror } from '../services.tsx';
import { resumabilityWords } from '../words.ts';
import { Connections } from './Connections.tsx';
import { Flow } from './Flow.tsx';
import { Controls } from './Controls.tsx';
import { Fact, Facts, Section } from './Facts.tsx';
import { FileButtons, fullMoment } from './FileTab.tsx';
import { RateChart } from './RateChart.tsx';
import { Resumable } from './Resumable.tsx';
import { SegmentMap } from './SegmentMap.tsx';
import { StateBlock } from './StateBlock.tsx';
import styles from './Details.module.css';

export function DownloadOverview({ job, detail }: { job: DownloadJob; detail: DownloadJobDetail | null }) {
  const latest = useMirror((mirror) => mirror.meters.get(job.id));
  const active = jobGroup(job.state) === 'active';
  const meter = active ? latest : undefined;
  const done = job.state.kind === 'completed';
  return (
    <div className={styles.sections}>
      <section>
        <StateBlock job={job} />
        <Figures job={job} meter={meter} />
      </section>
      {job.state.kind === 'completed' && (
        <>
          <FileButtons job={job} />
          <Facts>
            <Fact name="Finished">{fullMoment(job.state.at)}</Fact>
            <Fact name="Folder">{job.folder}</Fact>
            <Fact name="From">{job.url}</Fact>
          </Facts>
        </>
      )}
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
      {job.state.kind === 'running' && detail && meter && (
        <Section title="What holds it back">
          <Flow meter={meter} detail={detail} />
        </Section>
      )}
      {!done && <Resumable {...resumabilityWords[job.resumability]} />}
      {active && detail && detail.connections.length > 0 && (
        <Section title="Connections">
          <Connections connections={detail.connections} />
        </Section>
      )}
      {!done && (
        <Section title="Limits and order">
          <Controls job={job} />
        </Section>
      )}
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
