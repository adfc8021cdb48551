/** How a running `get` shows itself: bars on a terminal, a line now and then elsewhere, or JSON objects. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { barLine } from './bar-line.ts';
import { formatDuration, formatProgress, formatRate } from '../../shared/format.ts';
import type { Job, Meter } from '../../shared/job.ts';
import { exportResumabilityWords } from '../../shared/export-resumability.ts';
import { shareOf } from '../../shared/progress.ts';
import type { Watcher } from './follow.ts';
import { printable, type Output, type Stream } from './output.ts';

export interface Progress extends Watcher {
  /** Takes the bars off the terminal, so that text can be written; they come back with the next figures. */
  hide(): void;
}

/** At most two progress objects a second for a job. */
const jsonEveryMs = 500;
const lineEveryMs = 10_000;

export function createProgress(output: Output, stderr: Stream): Progress {
  if (output.json) return jsonProgress(output);
  const shown = stderr.isTTY ? barProgress(stderr as NodeJS.WriteStream) : lineProgress(output);
  const told = new Set<string>();
  return {
    ...shown,
    job: (job) => {
      const warning = told.has(job.id) ? null : startsOverNote(job);
      if (warning) {
        told.add(job.id);
        shown.hide();
        output.note(`${job.name}: ${warning}`);
      }
      shown.job(job);
    },
  };
}

/** Told before it happens: an export that is interrupted and has no place to go on from. */
function startsOverNote(job: Job): string | null {
  if (job.kind !== 'export') return null;
  const { yes, because } = exportResumabilityWords[job.resumability];
  return yes === false ? `if it is interrupted, it starts over, because ${because}.` : null;
}

function jsonProgress(output: Output): Progress {
  const states = new Map<string, string>();
  const meters = throttled(jsonEveryMs, (meter, job) => {
    const { id, done, rate, eta, active, bottleneck } = meter;
    const figures = { id, done, size: job.size, rate, eta, connections: active, bottleneck };
    output.event({ event: 'progress', ...figures, ...rowFigures(meter, job) });
  });
  return {
    job: (job) => {
      const { id, name, state } = job;
      const more = job.kind === 'export' ? { resumability: job.resumability } : {};
      const key = JSON.stringify([state, more]);
      if (states.get(id) === key) return;
      states.set(id, key);
      meters.forget(id);
      const failure =
        'failure' in state && state.failure ? { code: state.failure.code, message: state.failure.message } : {};
      output.event({ event: 'state', id, name, state: state.kind, ...more, ...failure });
    },
    meter: meters.take,
    hide: meters.stop,
  };
}

function lineProgress(output: Output): Progress {
  const meters = throttled(lineEveryMs, (meter, job) => output.note(`${job.name}: ${figures(meter, job)}`));
  const waits = waitNotes();
  return {
    job: (job) => {
      const note = waits(job);
      if (note) output.note(`${job.name}: ${note}`);
    },
    meter: meters.take,
    hide: meters.stop,
  };
}

function barProgress(stream: NodeJS.WriteStream): Progress {
  let multi: MultiBar | null = null;
  const bars = new Map<string, SingleBar>();
  const show = (job: Job, meter: Meter | undefined, text: string) => {
    const { share } = shareOf(job, meter);
    multi ??= multiBar(stream);
    const payload: BarText = { name: printable(job.name), text: printable(text), known: share !== null };
    const bar = bars.get(job.id) ?? multi.create(100, 0, payload);
    bars.set(job.id, bar);
    bar.update(share ?? 0, payload);
  };
  return {
    job: (job) => {
      if (job.state.kind !== 'running') show(job, undefined, waitNote(job) ?? words[job.state.kind]);
    },
    meter: (meter, job) => show(job, meter, figures(meter, job)),
    hide: () => {
      multi?.stop();
      multi = null;
      bars.clear();
    },
  };
}

interface BarText {
  readonly name: string;
  readonly text: string;
  /** Whether the whole is known: else there is nothing to draw a share of. */
  readonly known: boolean;
}

function multiBar(stream: NodeJS.WriteStream): MultiBar {
  return new MultiBar({
    stream,
    fps: 4,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is ours: see interrupts.ts.
    gracefulExit: false,
    format: (_options, { progress }, { name, text, known }: BarText) =>
      barLine(name, known ? progress : null, text, stream.columns || 80),
  });
}

/** The states in a word or two, for a terminal. */
export const words: Readonly<Record<Job['state']['kind'], string>> = {
  queued: 'queued',
  starting: 'connecting',
  running: 'running',
  pausing: 'pausing',
  paused: 'paused',
  waiting: 'waiting',
  verifying: 'checking',
  completed: 'done',
  attention: 'needs you',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** “42 %  1.2 of 4.8 GB  12.3 MB/s  3 min 20 s left”, “≈ 42 %  2,100,000 rows  812,400/s  312 MB  118 MB/s”. */
function figures(meter: Meter, job: Job): string {
  const { share, estimated } = shareOf(job, meter);
  if (job.state.kind === 'verifying' && meter.verified !== null) return `checking ${share ?? 0} %`;
  return [
    ...(share === null ? [] : [`${estimated ? '≈ ' : ''}${String(share).padStart(3)} %`]),
    ...rowWords(meter, job),
    formatProgress(meter.done, job.size),
    formatRate(meter.rate),
    ...(meter.eta === null ? [] : [`${formatDuration(meter.eta)} left`]),
  ].join('  ');
}

function rowWords({ rows, rowRate, dropped }: Meter, job: Job): string[] {
  if (rows === null) return [];
  const count = (n: number) => Math.round(n).toLocaleString('en');
  return [
    `${count(rows)} ${job.kind === 'capture' ? 'records' : 'rows'}`,
    `${count(rowRate ?? 0)}/s`,
    ...(dropped ? [`${count(dropped)} dropped`] : []),
  ];
}

/** What a job that counts rows has beside bytes. */
function rowFigures({ rows, rowRate, dropped }: Meter, job: Job): Record<string, unknown> {
  if (rows === null) return {};
  if (job.kind === 'capture') return { rows, rowRate, dropped };
  return { rows, rowRate, expected: job.kind === 'export' ? job.expected : null };
}

function waitNote({ state }: Job): string | null {
  if (state.kind !== 'waiting') return null;
  const seconds = Math.max(1, (state.until - Date.now()) / 1000);
  if (state.failure) return `${state.failure.message} Next try in ${formatDuration(seconds)}.`;
  const why = state.reason === 'schedule' ? 'The schedule lets nothing run now.' : 'It starts later.';
  return `${why} It goes on in ${formatDuration(seconds)}.`;
}

/** Each wait is told once. */
function waitNotes(): (job: Job) => string | null {
  const told = new Map<string, number>();
  return (job) => {
    if (job.state.kind !== 'waiting' || told.get(job.id) === job.state.attempt) return null;
    told.set(job.id, job.state.attempt);
    return waitNote(job);
  };
}

/**
 * Tells of each job at most every so often. What was left out last is made up for: of a job that stands still no other
 * figures come.
 */
function throttled(everyMs: number, tell: (meter: Meter, job: Job) => void) {
  const last = new Map<string, number>();
  const waiting = new Map<string, NodeJS.Timeout>();
  const forget = (id: string) => {
    clearTimeout(waiting.get(id));
    waiting.delete(id);
  };
  return {
    take: (meter: Meter, job: Job) => {
      forget(job.id);
      const now = () => {
        last.set(job.id, performance.now());
        tell(meter, job);
      };
      const rest = (last.get(job.id) ?? -Infinity) + everyMs - performance.now();
      if (rest <= 0) now();
      else waiting.set(job.id, setTimeout(now, rest).unref());
    },
    forget,
    stop: () => {
      for (const id of waiting.keys()) forget(id);
    },
  };
}
