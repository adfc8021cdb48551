import { ChevronsDown, ChevronsUp } from 'lucide-react';
import { memo } from 'react';
import { formatDuration } from '../../../shared/format.ts';
import { jobGroup, jobOrigin } from '../../../shared/job-state.ts';
import type { Job, Meter } from '../../../shared/job.ts';
import { ColorTag } from '../connections/ColorTag.tsx';
import { linkOf } from '../link-of.ts';
import { useMirror, useView } from '../services.tsx';
import { MiddleEllipsis } from '../ui/MiddleEllipsis.tsx';
import { useNow } from '../ui/use-now.ts';
import { failureIn, priorityWords, shortDate, stateWord, whatIsWrong, whatToDo } from '../words.ts';
import { JobIcon } from './FileIcon.tsx';
import { progressOf, speedOf, wholeOf } from './progress.ts';
import { ProgressBar } from './ProgressBar.tsx';
import { Choices, RowActions } from './RowActions.tsx';
import { isMovable } from './reorder-plan.ts';
import { StateIcon } from './StateIcon.tsx';
import list from './JobList.module.css';
import styles from './JobRow.module.css';

interface JobRowProps {
  id: string;
  /** From 0, among the rows that the list shows. */
  index: number;
  /** Distance from the top of the list in px. */
  top: number;
  /** True for the one row that the Tab key reaches. */
  tabbable: boolean;
  /** Room for the name in px; 0 while it is not known. */
  nameWidth: number;
}

export const JobRow = memo(function JobRow({ id, index, top, tabbable, nameWidth }: JobRowProps) {
  const job = useMirror((mirror) => mirror.jobs.get(id));
  const selected = useView((view) => view.selected.has(id));
  const now = useNow(job?.state.kind === 'waiting');
  if (!job) return null;
  const word = stateWord(job, now);
  const choices = job.state.kind === 'attention' || job.state.kind === 'failed';
  return (
    // Focus and keys are the grid's: the row only has to be reachable.
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-label={`${job.name}, ${word}`}
      tabIndex={tabbable ? 0 : -1}
      draggable={isMovable(job)}
      data-job={id}
      data-state={job.state.kind}
      className={`${styles.row} ${list.columns}`}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="gridcell" className={styles.nameCell}>
        <JobIcon job={job} />
        <div className={styles.lines}>
          <div className={styles.name}>
            <MiddleEllipsis text={job.name} width={nameWidth} />
          </div>
          <SecondLine job={job} word={word} />
        </div>
      </div>
      <ProgressCell job={job} />
      {choices ? <Choices job={job} tabbable={tabbable} /> : <Figures job={job} now={now} />}
      <RowActions job={job} tabbable={tabbable} />
    </div>
  );
});

function SecondLine({ job, word }: { job: Job; word: string }) {
  const problem = useView((view) => view.problems.get(job.id));
  const failure = problem ?? failureIn(job.state);
  const bad = problem !== undefined || job.state.kind === 'attention' || job.state.kind === 'failed';
  return (
    <div className={styles.second} data-bad={bad || undefined}>
      <span className={styles.state} data-state={job.state.kind}>
        <StateIcon kind={job.state.kind} />
        <span>{word}</span>
      </span>
      {job.priority !== 'normal' && (
        <span className={styles.priority} title={`${priorityWords[job.priority]} priority`}>
          {job.priority === 'high' ? <ChevronsUp size={13} /> : <ChevronsDown size={13} />}
          {priorityWords[job.priority]}
        </span>
      )}
      <span
        className={styles.rest}
        title={failure ? `${whatIsWrong(failure)} ${whatToDo(failure)}` : (linkOf(job) ?? jobOrigin(job))}
      >
        {!failure && job.kind === 'export' && <ColorTag color={job.connection.color} />}
        {failure ? whatIsWrong(failure) : jobOrigin(job)}
      </span>
    </div>
  );
}

function useMeter(job: Job): Meter | undefined {
  const meter = useMirror((mirror) => mirror.meters.get(job.id));
  return jobGroup(job.state) === 'active' ? meter : undefined;
}

function ProgressCell({ job }: { job: Job }) {
  const meter = useMeter(job);
  const { text, share, estimated } = progressOf(job, meter);
  const verified = job.state.kind === 'verifying' ? (meter?.verified ?? null) : null;
  const untouched =
    (meter?.done ?? job.done) === 0 && (job.state.kind === 'waiting' || jobGroup(job.state) !== 'active');
  if (untouched || job.state.kind === 'completed') {
    return (
      <div role="gridcell" className={styles.progressCell}>
        {wholeOf(job)}
      </div>
    );
  }
  return (
    <div role="gridcell" className={styles.progressCell}>
      <div className={styles.amount}>
        <span>{text}</span>
        {share !== null && job.state.kind !== 'cancelled' && (
          <span className={styles.share}>
            {estimated && '≈ '}
            {share} %
          </span>
        )}
      </div>
      <ProgressBar job={job} meter={meter} share={share} verified={verified} />
    </div>
  );
}

function Figures({ job, now }: { job: Job; now: number }) {
  const meter = useMeter(job);
  const running = job.state.kind === 'running';
  const ends = job.kind !== 'capture';
  const left = running && meter && ends ? (meter.eta === null ? '—' : formatDuration(meter.eta)) : '';
  const finished = job.state.kind === 'completed' ? shortDate(job.state.at, now) : '';
  return (
    <>
      <div role="gridcell" className={styles.rate}>
        {running && meter ? speedOf(job, meter) : ''}
      </div>
      <div role="gridcell" className={styles.left} data-finished={finished ? true : undefined}>
        {left || finished}
      </div>
    </>
  );
}
