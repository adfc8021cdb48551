import { TriangleAlert } from 'lucide-react';
import { exportResumabilityWords } from '../../../shared/export-resumability.ts';
import { formatDuration, formatBytes } from '../../../shared/format.ts';
import type { ExportJob, ExportJobDetail, Meter } from '../../../shared/job.ts';
import { ColorTag } from '../connections/ColorTag.tsx';
import { formatName } from '../export/words.ts';
import { countRateText, rowsText } from '../figures.ts';
import { progressOf } from '../list/progress.ts';
import { useNow } from '../ui/use-now.ts';
import { clock, moment } from '../words.ts';
import { Controls } from './Controls.tsx';
import { Fact, Facts, Section } from './Facts.tsx';
import { Finished } from './FileFacts.tsx';
import { Flow } from './Flow.tsx';
import { RateChart } from './RateChart.tsx';
import { Resumable } from './Resumable.tsx';
import { StateBlock } from './StateBlock.tsx';
import { useActiveMeter } from './use-active-meter.ts';
import table from '../ui/Table.module.css';
import styles from './Details.module.css';

interface TabProps {
  job: ExportJob;
  detail: ExportJobDetail | null;
}

/** A snapshot that is held for longer than this keeps the server from cleaning up, in ms. */
const longHeld = 60_000;

/** How an export stands, what holds it back, and what happens when it is interrupted. */
export function ExportOverview({ job, detail }: TabProps) {
  const { active, meter } = useActiveMeter(job);
  const done = job.state.kind === 'completed';
  const { yes, because } = exportResumabilityWords[job.resumability];
  return (
    <div className={styles.sections}>
      <section>
        <StateBlock job={job} />
        <Figures job={job} meter={meter} />
      </section>
      {!done && detail && <HeldSnapshot since={detail.snapshotSince} paused={job.state.kind === 'paused'} />}
      {job.newerSnapshot && (
        <p className={styles.notice}>
          <TriangleAlert size={15} aria-hidden="true" />
          It went on from a newer snapshot: rows that changed meanwhile are as they were at different times.
        </p>
      )}
      <Finished job={job}>
        <From job={job} />
      </Finished>
      {active && detail && (
        <Section title="Rows a second">
          <RateChart rates={detail.rowRates} format={countRateText} least={100} />
        </Section>
      )}
      <Flow job={job} meter={meter} detail={detail} />
      {!done && (
        <>
          <Resumable yes={yes} because={job.key.length > 0 && yes ? `${because}, by ${job.key.join(', ')}` : because} />
          {detail?.checkpoint && <Checkpoint checkpoint={detail.checkpoint} />}
          <Facts>
            <From job={job} />
            <Fact name="Format">{formatName(job.format)}</Fact>
          </Facts>
          <Controls job={job} />
        </>
      )}
    </div>
  );
}

function From({ job }: { job: ExportJob }) {
  return (
    <Fact name="From">
      <ColorTag color={job.connection.color} /> {job.connection.name}
    </Fact>
  );
}

function Figures({ job, meter }: { job: ExportJob; meter: Meter | undefined }) {
  const { share, estimated } = progressOf(job, meter);
  const running = job.state.kind === 'running' && meter;
  const rough = estimated ? '≈ ' : '';
  return (
    <>
      <dl className={styles.figures}>
        <div>
          <dt>{share === null || job.state.kind === 'completed' ? 'Rows' : `${rough}${share} % of rows`}</dt>
          <dd>{(meter?.rows ?? job.rows).toLocaleString()}</dd>
        </div>
        <div>
          <dt>Size</dt>
          <dd>{formatBytes(meter?.done ?? job.done)}</dd>
        </div>
        {running && (
          <div>
            <dt>Time left</dt>
            <dd>{meter.eta === null ? 'Not known' : `${rough}${formatDuration(meter.eta)}`}</dd>
          </div>
        )}
      </dl>
    </>
  );
}

/** The server keeps what is deleted for as long as somebody may still read it. */
function HeldSnapshot({ since, paused }: { since: number | null; paused: boolean }) {
  const now = useNow(since !== null);
  if (since === null || (!paused && now - since < longHeld)) return null;
  return (
    <p className={styles.notice}>
      <TriangleAlert size={15} aria-hidden="true" />
      <span>
        The server has held a snapshot for this since {moment(since, now)} ({formatDuration((now - since) / 1000)}) and
        cannot clean up old rows until it ends.
      </span>
    </p>
  );
}

function Checkpoint({ checkpoint }: { checkpoint: NonNullable<ExportJobDetail['checkpoint']> }) {
  const { at, rows, bytes, after } = checkpoint;
  return (
    <Section title={`Checkpoint at ${clock(at)}`}>
      <p>
        {rowsText(rows)}, {formatBytes(bytes)} on the disk
        {after.length > 0 && (
          <>
            {' '}
            · after <span className={styles.mono}>{after.join(', ')}</span>
          </>
        )}
      </p>
    </Section>
  );
}

const readingWords = {
  portal: 'In portions, as fast as the file takes them',
  'at-once': 'At once, with the server’s parallel workers',
  none: 'Not now',
} as const;

/** What the server is asked, and what comes back. */
export function QueryTab({ job, detail }: TabProps) {
  const parameters = job.source.kind === 'query' ? job.source.parameters : [];
  return (
    <div className={styles.sections}>
      <Section title="SQL">
        {detail?.sql ? <pre className={styles.head}>{detail.sql}</pre> : <p className={styles.quiet}>Nothing yet.</p>}
      </Section>
      <section>
        <Facts>
          {parameters.map((value, i) => (
            // A parameter has no other name than its number.
            // oxlint-disable-next-line react/no-array-index-key
            <Fact key={i} name={`$${i + 1}`}>
              {value ?? 'NULL'}
            </Fact>
          ))}
          {detail?.backend && <Fact name="Server process">{detail.backend}</Fact>}
          {detail && <Fact name="Read">{readingWords[detail.reading]}</Fact>}
        </Facts>
      </section>
      {detail && detail.columns.length > 0 && (
        <Section title={`${detail.columns.length} columns`}>
          <table className={`${table.table} ${styles.files}`}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Type</th>
              </tr>
            </thead>
            <tbody>
              {detail.columns.map(({ name, type }, i) => (
                // Two columns of a query may have the same name.
                // oxlint-disable-next-line react/no-array-index-key
                <tr key={i}>
                  <td>{name}</td>
                  <td>{type}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
    </div>
  );
}
