/** Stays with jobs until they have settled: the foreground of `get`, and of `resume` and `retry` where nothing else runs. */
import { join } from 'node:path';
import { assertNever } from '../../shared/assert-never.ts';
import type { FailureCode, FailureParams } from '../../shared/failure.ts';
import { formatBytes } from '../../shared/format.ts';
import type { Job } from '../../shared/job.ts';
import { failureOf, type Client } from '../app/index.ts';
import { choiceLines, choicesOf } from './choices.ts';
import type { Context } from './context.ts';
import { exitCodeOf, exitCodes, worst } from './exit-codes.ts';
import { follow } from './follow.ts';
import { shortId } from './job-ids.ts';
import { createProgress, type Progress } from './progress.ts';
import { commandWords } from './shell-words.ts';
import { openSession, type Session } from './session.ts';

export interface Target {
  readonly id: string;
  /** Made by this command: where nothing ever arrives, it leaves nothing behind. */
  readonly fresh: boolean;
}

/** Answers that waiting will hardly change: a new download that meets one at its first try ends there, as typed wrong. */
const hopeless: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'host-not-found',
  'connection-refused',
  'connection-timed-out',
]);

/**
 * Runs the jobs to their ends and says what became of each; the exit code. Closes the session. Where the engine was in
 * another process and that one ends, the work goes on here. The first Ctrl-C pauses what is not done.
 */
export async function runJobs(first: Session, targets: readonly Target[], context: Context): Promise<number> {
  const { output, interrupts, home, serve } = context;
  const progress = createProgress(output, context.stderr);
  const open = new Map(targets.map((target) => [target.id, target]));
  const useless: string[] = [];
  const codes: number[] = [];
  let session = first;

  const received = new Set<string>();
  const settle = (id: string, job: Job | null): boolean => {
    if (job && job.done > 0) received.add(id);
    const empty = open.get(id)?.fresh === true && !received.has(id);
    const end = ending(job, empty);
    if (!end) return false;
    open.delete(id);
    const drop =
      empty &&
      end.code !== exitCodes.attention &&
      end.failure !== null &&
      job !== null &&
      job.state.kind !== 'cancelled';
    if (drop) useless.push(id);
    codes.push(tell(id, job, end, !drop, context, progress));
    return true;
  };

  try {
    for (;;) {
      try {
        await follow(session.client, open.keys(), progress, settle, interrupts.signal);
        break;
      } catch (error) {
        if (interrupts.signal.aborted) break;
        if (session.own || failureOf(error).code !== 'unreachable') throw error;
        await session.close();
        session = await openSession(home, serve, () => interrupts.trigger());
        if (session.own) {
          progress.hide();
          output.note('The Sluice that ran this has ended. Going on here.');
          await release(session.client, [...open.keys()]);
        }
      }
    }
    if (useless.length > 0) await ignoreSettled(session.client.jobs.remove({ ids: useless, deleteFile: true }));
    if (open.size > 0) codes.push(await pause(session.client, [...open.keys()], context, progress));
  } finally {
    progress.hide();
    await session.close();
  }
  return codes.includes(exitCodes.interrupted) ? exitCodes.interrupted : worst(codes);
}

/** An engine opened by a command holds the jobs of earlier sessions: these are asked for now. */
export async function release(client: Client, ids: readonly string[]): Promise<void> {
  for (const id of ids) await ignoreSettled(client.jobs.resume({ ids: [id] }));
}

/** A job may settle by itself while it is being asked for something: then there is nothing to ask. */
export async function ignoreSettled(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    const { code } = failureOf(error);
    if (code !== 'not-in-this-state' && code !== 'unknown-job') throw error;
  }
}

interface Ending {
  /** Exit code. */
  readonly code: number;
  /** Null where the file is complete. */
  readonly failure: {
    readonly code: FailureCode | 'cancelled' | 'removed';
    readonly message: string;
    readonly params: FailureParams;
  } | null;
}

/** How a job has ended; null while there is something to wait for. `empty`: new, and nothing of it has arrived. */
function ending(job: Job | null, empty: boolean): Ending | null {
  if (!job)
    return failed({ code: 'removed', message: 'The job was taken off the list.', params: {} }, exitCodes.failed);
  const { state } = job;
  switch (state.kind) {
    case 'completed':
      return { failure: null, code: exitCodes.ok };
    case 'failed':
      return failed(state.failure, exitCodeOf(state.failure.code));
    case 'attention':
      return failed(state.failure, exitCodes.attention);
    case 'cancelled':
      return failed({ code: 'cancelled', message: 'The job was cancelled.', params: {} }, exitCodes.failed);
    case 'waiting':
      return empty && state.failure && hopeless.has(state.failure.code)
        ? failed(state.failure, exitCodeOf(state.failure.code))
        : null;
    case 'queued':
    case 'starting':
    case 'running':
    case 'pausing':
    case 'paused':
    case 'verifying':
      return null;
    default:
      return assertNever(state);
  }
}

function failed(why: NonNullable<Ending['failure']>, code: number): Ending {
  return { failure: why, code };
}

function tell(id: string, job: Job | null, end: Ending, kept: boolean, context: Context, progress: Progress): number {
  const { output } = context;
  progress.hide();
  if (end.failure) {
    const { code, message, params } = end.failure;
    const choices = kept && job ? choicesOf(job) : [];
    output.event({
      event: 'failed',
      id,
      ...(job?.kind === 'download' ? { url: job.url } : {}),
      code,
      message,
      params,
      kept,
      choices,
    });
    output.note(job ? `${kept || job.kind !== 'download' ? job.name : job.url}: ${message}` : message);
    for (const line of choiceLines(choices, commandWords(context, id))) output.note(line);
  } else if (job?.state.kind === 'completed') {
    const path = join(job.folder, job.name);
    const size = job.size ?? job.done;
    const rows = job.kind === 'download' ? {} : { rows: job.rows };
    output.event({ event: 'completed', id, path, size, proof: job.state.proof, ...rows });
    output.result(path);
    const words = job.kind === 'download' ? proofs[job.state.proof] : `${job.rows.toLocaleString('en')} rows`;
    output.note(`${formatBytes(size)}, ${words}.`);
  }
  return end.code;
}

const proofs = {
  checksum: 'checksum verified',
  size: 'size verified',
  unverified: 'complete as far as the server said',
} as const;

/** Pauses, waits until all that arrived is journalled, and says how to go on. */
async function pause(client: Client, ids: readonly string[], context: Context, progress: Progress): Promise<number> {
  const { output } = context;
  progress.hide();
  output.note('Pausing…');
  const paused: string[] = [];
  const codes: number[] = [];
  for (const id of ids) await ignoreSettled(client.jobs.pause({ ids: [id] }));
  await follow(client, ids, progress, (id, job) => {
    if (job?.state.kind === 'paused') {
      paused.push(id);
      output.event({ event: 'paused', id, done: job.done, size: job.size });
      return true;
    }
    const end = ending(job, false);
    if (end) codes.push(tell(id, job, end, true, context, progress));
    return end !== null;
  });
  progress.hide();
  if (paused.length === 0) return worst(codes);
  const all = (await client.jobs.list()).map((job) => job.id);
  const words = commandWords(context, ...paused.map((id) => shortId(id, all)));
  output.note(`Paused: nothing is lost. Go on with the same command, or with: sluice resume ${words}`);
  return exitCodes.interrupted;
}
