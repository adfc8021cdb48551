import { assertNever } from '../../shared/assert-never.ts';
import { formatDuration, formatRate } from '../../shared/format.ts';
import { sentence, type Failure } from '../../shared/failure.ts';
import type {
  AttentionChoice,
  Bottleneck,
  ConnectionInfo,
  Job,
  JobDetail,
  JobKind,
  JobState,
  Priority,
  Resumability,
} from '../../shared/job.ts';
import type { Group } from './mirror/mirror.ts';

export const groupWords: Readonly<Record<Group, string>> = {
  all: 'All',
  active: 'Active',
  queued: 'Queued',
  done: 'Done',
  failed: 'Failed',
  captures: 'Captures',
};

const runningWords: Readonly<Record<JobKind, string>> = {
  download: 'Downloading',
  export: 'Exporting',
  capture: 'Capturing',
};

/** One word, or a few, for a state. `now` only matters while a job waits. */
export function stateWord({ kind, state }: Pick<Job, 'kind' | 'state'>, now: number): string {
  switch (state.kind) {
    case 'queued':
      return 'Queued';
    case 'starting':
      return 'Starting';
    case 'running':
      return runningWords[kind];
    case 'pausing':
      return 'Pausing';
    case 'paused':
      return 'Paused';
    case 'waiting':
      if (state.reason === 'offline') return 'Waiting for the network';
      if (state.reason === 'schedule') return `Waiting until ${moment(state.until, now)}`;
      if (state.reason === 'start-at') return `Starts ${moment(state.until, now)}`;
      return state.until > now ? `Trying again in ${formatDuration((state.until - now) / 1000)}` : 'Trying again';
    case 'verifying':
      return kind === 'download' ? 'Checking' : 'Finishing';
    case 'completed':
      return 'Done';
    case 'attention':
      return 'Needs you';
    case 'failed':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
    default:
      return assertNever(state);
  }
}

/** The failure that a state carries, if it does. */
export function failureIn(state: JobState): Failure | null {
  return 'failure' in state ? (state.failure ?? null) : null;
}

export const whatIsWrong = ({ code, params }: Failure): string => sentence(code, params).what;
export const whatToDo = ({ code, params }: Failure): string => sentence(code, params).next;

/** Whether, and why, a download can go on where it stopped. */
export const resumabilityWords: Readonly<Record<Resumability, { yes: boolean | null; because: string }>> = {
  'strong-etag': { yes: true, because: 'the server marks each version of the file, so a change is always noticed' },
  'last-modified': { yes: true, because: 'the server says when the file last changed' },
  'size-only': {
    yes: true,
    because: 'the server serves parts; only the size tells whether the file is still the same',
  },
  'no-ranges': { yes: false, because: 'the server always sends the whole file' },
  'size-unknown': { yes: false, because: 'the server does not say how large the file is' },
  encoded: { yes: false, because: 'the server compresses the file on the way, so parts do not fit together' },
  unknown: { yes: null, because: 'the server has not answered yet' },
};

/** Short words for the same, where there is no room for the reason. */
export function resumableShort(resumability: Resumability): string {
  const { yes } = resumabilityWords[resumability];
  if (yes === null) return 'Not known yet';
  return yes ? 'Can be resumed' : 'Cannot be resumed';
}

/** What a job reads from, in the sentence on what holds it back. */
const sourceWords: Readonly<Record<JobKind, string>> = {
  download: 'The server or the network is',
  export: 'The database is',
  capture: 'The feed is',
};

/** What the source gives: of a server, how much over each connection. */
function sourceClause(detail: JobDetail): string {
  const slowest = `${sourceWords[detail.kind]} the slowest part`;
  if (detail.kind !== 'download') return slowest;
  const rates = detail.connections.flatMap(({ state, rate }) => (state === 'receiving' ? [rate] : []));
  const each = rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
  if (each < 1) return slowest;
  return `The server sends ${formatRate(each)}${rates.length > 1 ? ' per connection' : ''}`;
}

const processingClause: Readonly<Record<JobKind, string>> = {
  download: 'Sluice waits for the checksum',
  export: 'writing the format takes',
  capture: 'taking records apart takes',
};

/** One sentence on what holds a job back, with a figure where there is one already. */
export function bottleneckSentence(bottleneck: Bottleneck, detail: JobDetail): string {
  if (bottleneck === 'none') return 'Nothing holds this back.';
  const { waited } = detail;
  const percent = Math.round(waited[bottleneck] * 100);
  const share = percent > 0 ? `${percent}\u00A0% of the time` : '';
  switch (bottleneck) {
    case 'source':
      return `${sourceClause(detail)}${share && `: Sluice waits for it ${share}`}.`;
    case 'processing':
      return `This computer is the slowest part${share && `: ${processingClause[detail.kind]} ${share}`}.`;
    case 'disk':
      return `The disk is the slowest part${share && `: Sluice waits for it ${share}`}.`;
    case 'limit':
      return `The speed limit holds this back${share && ` ${share}`}.`;
    default:
      return assertNever(bottleneck);
  }
}

export const choiceWords: Readonly<Record<AttentionChoice, string>> = {
  retry: 'Retry',
  'start-over': 'Start over',
  'change-folder': 'Choose folder…',
  'open-link': 'Open link',
  keep: 'Leave it paused',
  'new-link': 'New link…',
  login: 'Log in…',
  trust: 'See certificate…',
  'allow-http': 'Allow http…',
};

export const priorityWords: Readonly<Record<Priority, string>> = { high: 'High', normal: 'Normal', low: 'Low' };

export const connectionWords: Readonly<Record<ConnectionInfo['state'], string>> = {
  connecting: 'Connecting',
  receiving: 'Receiving',
  waiting: 'Waiting',
  limited: 'Limited',
  blocked: 'Held back',
};

/** “SHA-256”, as people write it. */
export const algorithmWord = (algorithm: string): string => algorithm.toUpperCase();

/** How far a finished file was proven. */
export function proofSentence(job: Job): string | null {
  if (job.state.kind !== 'completed' || job.kind === 'capture') return null;
  switch (job.state.proof) {
    case 'checksum':
      return `Its ${job.kind === 'download' && job.checksum ? algorithmWord(job.checksum.algorithm) : 'checksum'} matches.`;
    case 'size':
      return job.kind === 'export' ? 'Every row is in it.' : 'Its size is what the server promised.';
    case 'unverified':
      return job.kind === 'export'
        ? 'Every row that came is in it.'
        : 'The server said too little of it to check that it is right.';
    default:
      return assertNever(job.state.proof);
  }
}

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

const second = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** “14:32:05”: what is looked at as it happens. */
export const clock = (at: number): string => second.format(at);

/** “12 Nov 2024, 14:32”. */
export const fullMoment = (at: number): string => full.format(at);

/** “14:32” today, “12 Nov” this year, “12 Nov 2024” before. */
export function shortDate(at: number, now: number): string {
  const then = new Date(at);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return time.format(then);
  return (then.getFullYear() === today.getFullYear() ? day : dayAndYear).format(then);
}

/** “14:32” today, “12 Nov, 14:32” on another day. */
export function moment(at: number, now: number): string {
  const then = new Date(at);
  const isToday = then.toDateString() === new Date(now).toDateString();
  return isToday ? time.format(then) : `${day.format(then)}, ${time.format(then)}`;
}

/** “one download”, “3 exports”; “5 jobs” where they are of several kinds. */
export function jobsText(jobs: readonly Pick<Job, 'kind'>[]): string {
  const kinds = new Set(jobs.map(({ kind }) => kind));
  const [kind] = kinds;
  const word = kinds.size === 1 && kind ? kind : 'job';
  return jobs.length === 1 ? `one ${word}` : `${jobs.length.toLocaleString()} ${word}s`;
}

/** “this download”, “3 exports”: what a question is about. */
export function theseJobs(jobs: readonly Pick<Job, 'kind'>[]): string {
  const [only] = jobs;
  return jobs.length === 1 && only ? `this ${only.kind}` : jobsText(jobs);
}
