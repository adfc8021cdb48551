import { CircleStop, Plug, Unplug } from 'lucide-react';
import { formatBytes } from '../../../shared/format.ts';
import { gapText } from '../../../shared/gap-text.ts';
import type { CaptureJob, CaptureJobDetail } from '../../../shared/job.ts';
import { feedWords, whenDiskFullWords, whenFullWords } from '../capture/words.ts';
import { countRateText } from '../figures.ts';
import { useActions } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { clock } from '../words.ts';
import { Controls } from './Controls.tsx';
import { Fact, Facts, Section } from './Facts.tsx';
import { Finished } from './FileFacts.tsx';
import { Flow } from './Flow.tsx';
import { RateChart } from './RateChart.tsx';
import { StateBlock } from './StateBlock.tsx';
import { useActiveMeter } from './use-active-meter.ts';
import own from './CaptureTabs.module.css';
import styles from './Details.module.css';

interface TabProps {
  job: CaptureJob;
  detail: CaptureJobDetail | null;
}

/** How a capture stands: its rate, its queue against its bounds, and what is missing. */
export function CaptureOverview({ job, detail }: TabProps) {
  const actions = useActions();
  const { active, meter } = useActiveMeter(job);
  const dropped = meter?.dropped ?? job.dropped;
  return (
    <div className={styles.sections}>
      <section>
        <StateBlock job={job} />
        <dl className={styles.figures}>
          <div>
            <dt>Records</dt>
            <dd>{(meter?.rows ?? job.rows).toLocaleString()}</dd>
          </div>
          <div>
            <dt>Size</dt>
            <dd>{formatBytes(meter?.done ?? job.done)}</dd>
          </div>
          <div>
            <dt>Dropped</dt>
            <dd data-bad={dropped > 0 || undefined}>{dropped.toLocaleString()}</dd>
          </div>
        </dl>
      </section>
      {actions.allowing([job.id], 'finish').length > 0 && (
        <div className={styles.choices}>
          <Button small onClick={() => actions.finish([job.id])}>
            <CircleStop size={14} />
            Finish
          </Button>
        </div>
      )}
      <Finished job={job} />
      {active && detail && (
        <Section title="Records a second">
          <RateChart rates={detail.rowRates} format={countRateText} least={10} />
        </Section>
      )}
      {active && detail && (
        <Section title="Queue">
          <Bound
            word="Records"
            used={detail.depth.records}
            most={job.queue.records}
            format={(n) => n.toLocaleString()}
          />
          <Bound word="Bytes" used={detail.depth.bytes} most={job.queue.bytes} format={formatBytes} />
          {detail.diskFull && (
            <p className={own.full} role="status">
              The disk is full. It goes on by itself when there is room.
            </p>
          )}
          <p className={styles.quiet}>
            {whenFullWords[job.whenFull].sentence} {whenDiskFullWords[job.whenDiskFull ?? 'fail'].sentence}
          </p>
        </Section>
      )}
      <Flow job={job} meter={meter} detail={detail} />
      {detail && detail.gaps.length > 0 && (
        <Section title="Gaps">
          <ul className={own.gaps}>
            {detail.gaps.toReversed().map((gap) => (
              <li key={`${gap.from} ${gap.why}`}>
                {clock(gap.from)} · {gapText(gap)}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Facts>
        <Fact name="Feed">
          {detail &&
            active &&
            (detail.connected ? (
              <Plug size={13} aria-label="Connected" />
            ) : (
              <Unplug size={13} aria-label="Not connected" />
            ))}{' '}
          {feedWords[job.feed.kind].name}
        </Fact>
        <Fact name="From">{job.feed.kind === 'listen' ? job.feed.channels.join(', ') : job.feed.url}</Fact>
      </Facts>
      <Controls job={job} />
    </div>
  );
}

interface BoundProps {
  word: string;
  used: number;
  most: number;
  format: (n: number) => string;
}

/** How full the queue is, against its bound. */
function Bound({ word, used, most, format }: BoundProps) {
  return (
    <label className={own.bound}>
      <span>
        {word}{' '}
        <span className={styles.quiet}>
          {format(used)} of {format(most)}
        </span>
      </span>
      <meter min={0} max={most} value={Math.min(most, used)} high={most * 0.9} optimum={0} />
    </label>
  );
}

/** The last records as they came. */
export function RecordsTab({ detail }: { detail: CaptureJobDetail | null }) {
  const last = detail?.last ?? [];
  if (last.length === 0) return <p className={styles.quiet}>Nothing has come yet.</p>;
  return (
    <ol className={own.records}>
      {last.toReversed().map(({ at, text }, i) => (
        // The newest first: the place from the end is its name.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={last.length - i}>
          <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  );
}
