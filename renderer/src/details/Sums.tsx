import { Pause, Play, RotateCw, Trash2 } from 'lucide-react';
import { formatBytes, formatDuration, formatProgress, formatRate, percent } from '../../../shared/format.ts';
import { jobGroup, jobGroups } from '../../../shared/job-state.ts';
import type { Job, Meter } from '../../../shared/job.ts';
import { useActions, useMirror } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { groupWords } from '../words.ts';
import { Fact, Facts } from './Facts.tsx';
import styles from './Details.module.css';

/** Sums over several jobs. A total stands only where every size is known. */
export function sumsOf(jobs: readonly Job[], meters: ReadonlyMap<string, Meter>) {
  let done = 0;
  let known = 0;
  let unknown = 0;
  let rate = 0;
  for (const job of jobs) {
    const meter = jobGroup(job.state) === 'active' ? meters.get(job.id) : undefined;
    done += meter?.done ?? job.done;
    rate += meter?.rate ?? 0;
    if (job.size === null) unknown += 1;
    else known += job.size;
  }
  const size = unknown === 0 ? known : null;
  const eta = size !== null && rate > 0 && done < size ? (size - done) / rate : null;
  return { done, size, rate, unknown, eta };
}

export function Sums({ jobs }: { jobs: readonly Job[] }) {
  const actions = useActions();
  const meters = useMirror((mirror) => mirror.meters);
  const { done, size, rate, unknown, eta } = sumsOf(jobs, meters);
  const share = percent(done, size);
  const ids = jobs.map((job) => job.id);
  const counts = jobGroups
    .map((group) => [group, jobs.filter((job) => jobGroup(job.state) === group).length] as const)
    .filter(([, count]) => count > 0);
  return (
    <div className={styles.sums}>
      <Facts>
        <Fact name="Together">
          {size === null ? `${formatBytes(done)} so far` : formatProgress(done, size)}
          {share !== null && ` · ${share} %`}
        </Fact>
        {unknown > 0 && <Fact name="Size not known">{unknown.toLocaleString()}</Fact>}
        {rate > 0 && <Fact name="Speed">{formatRate(rate)}</Fact>}
        {eta !== null && <Fact name="Time left">≈ {formatDuration(eta)}</Fact>}
        {counts.map(([group, count]) => (
          <Fact key={group} name={groupWords[group]}>
            {count.toLocaleString()}
          </Fact>
        ))}
      </Facts>
      <div className={styles.choices}>
        {actions.allowing(ids, 'pause').length > 0 && (
          <Button small onClick={() => actions.pause(ids)}>
            <Pause size={14} />
            Pause
          </Button>
        )}
        {actions.allowing(ids, 'resume').length > 0 && (
          <Button small onClick={() => actions.resume(ids)}>
            <Play size={14} />
            Resume
          </Button>
        )}
        {actions.allowing(ids, 'retry').length > 0 && (
          <Button small onClick={() => actions.retry(ids)}>
            <RotateCw size={14} />
            Retry
          </Button>
        )}
        <Button small onClick={() => actions.askRemove(ids)}>
          <Trash2 size={14} />
          Remove…
        </Button>
      </div>
    </div>
  );
}
