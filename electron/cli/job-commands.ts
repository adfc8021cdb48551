/** The commands on jobs there are: they ask the running instance, or act on the store themselves. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Job, Priority } from '../../shared/job.ts';
import { allowedActions, type JobAction } from '../../shared/job-state.ts';
import { connectInstance, isAlive, type Client } from '../app/index.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { resolveId } from './job-ids.ts';
import { runJobs } from './run-jobs.ts';
import { openSession, withSession } from './session.ts';

export type JobCommand = Exclude<JobAction, 'open' | 'reveal'>;
export interface JobCommandFlags {
  readonly all?: boolean;
  readonly deleteFile?: boolean;
}

const done: Readonly<Record<JobCommand, string>> = {
  pause: 'Paused',
  resume: 'Resumed',
  retry: 'Retrying',
  finish: 'Finishing',
  cancel: 'Cancelled',
  remove: 'Removed',
};

/**
 * Asks for the action on the jobs named, or on all that allow it. `resume` and `retry` stay until the jobs are done
 * where no instance runs, because then the engine lives only as long as this command.
 */
export async function jobCommand(
  action: JobCommand,
  typed: readonly string[],
  flags: JobCommandFlags,
  context: Context,
): Promise<number> {
  const { home, serve, output, interrupts } = context;
  const session = await openSession(home, serve, () => interrupts.trigger());
  let ids: string[];
  try {
    const jobs = await session.client.jobs.list();
    ids = chosen(jobs, typed, flags.all === true, action);
    if (ids.length > 0) await ask(session.client, action, ids, flags.deleteFile === true);
    if (ids.length === 0) output.note('There is no job to do this with.');
    for (const id of ids) {
      output.event({ event: action, id });
      output.note(`${done[action]}: ${jobs.find((job) => job.id === id)?.name ?? id}`);
    }
  } catch (error) {
    await session.close();
    throw error;
  }
  if (session.own && (action === 'resume' || action === 'retry')) {
    return runJobs(
      session,
      ids.map((id) => ({ id, fresh: false })),
      context,
    );
  }
  await session.close();
  return exitCodes.ok;
}

function chosen(jobs: readonly Job[], typed: readonly string[], all: boolean, action: JobAction): string[] {
  const every = jobs.map((job) => job.id);
  if (!all) return [...new Set(typed.map((id) => resolveId(id, every)))];
  return jobs.filter((job) => allowedActions(job.state.kind).includes(action)).map((job) => job.id);
}

async function ask(client: Client, action: JobCommand, ids: string[], deleteFile: boolean): Promise<void> {
  if (action === 'remove') await client.jobs.remove({ ids, deleteFile });
  else if (ids.length === 1) await client.jobs[action]({ ids });
  // One by one: the engine passes over what it cannot do when there are several, and the person named each.
  else for (const id of ids) await client.jobs[action]({ ids: [id] });
}

/** `sluice priority`: jobs of a higher priority start first. */
export async function priority(typed: readonly string[], level: Priority, context: Context): Promise<number> {
  return withSession(context, async ({ client }) => {
    const { output } = context;
    const jobs = await client.jobs.list();
    const ids = chosen(jobs, typed, false, 'pause');
    for (const id of ids) {
      // One by one: each was named, and is told where it is not there.
      await client.jobs.setPriority({ ids: [id], priority: level });
      output.event({ event: 'priority', id, priority: level });
      output.note(`Priority ${level}: ${jobs.find((job) => job.id === id)?.name ?? id}`);
    }
    return exitCodes.ok;
  });
}

const quitPatienceMs = 15_000;

/** `sluice quit`: ends the running instance safely, and waits until it has gone. */
export async function quit({ home, output }: Context): Promise<number> {
  const connection = await connectInstance(home);
  if (!connection) {
    output.note('Sluice is not running.');
    return exitCodes.ok;
  }
  await connection.client.system.quit();
  await connection.closed;
  // It still journals, and lets the store go last.
  const { pid } = connection.instance;
  for (let waited = 0; isAlive(pid) && waited < quitPatienceMs; waited += 50) await delay(50);
  output.event({ event: 'quit', pid });
  output.note('Sluice has ended. Its jobs go on at the next start.');
  return exitCodes.ok;
}
