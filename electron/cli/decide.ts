/** `sluice decide`: what the person chooses for a job that needs attention. */
import { resolve } from 'node:path';
import { SluiceError } from '../../shared/failure.ts';
import { jobOrigin } from '../../shared/job-state.ts';
import type { AttentionChoice, Job } from '../../shared/job.ts';
import type { Client } from '../app/index.ts';
import { choicesOf } from './choices.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { resolveId } from './job-ids.ts';
import { askPassword, readPassword } from './password.ts';
import { runJobs } from './run-jobs.ts';
import { openSession } from './session.ts';

export interface DecideFlags {
  readonly folder?: string;
  readonly url?: string;
  readonly user?: string;
  readonly passwordStdin?: boolean;
}

/** The flag that a choice cannot do without, and the choice that a flag belongs to. */
const needs: Partial<Record<AttentionChoice, 'folder' | 'url' | 'user'>> = {
  'change-folder': 'folder',
  'new-link': 'url',
  login: 'user',
};

/** Where no instance runs it stays until the job is done, as `resume` does. */
export async function decide(
  typed: string,
  choice: AttentionChoice,
  flags: DecideFlags,
  context: Context,
): Promise<number> {
  checkFlags(choice, flags);
  const { home, serve, output, interrupts } = context;
  const session = await openSession(home, serve, () => interrupts.trigger());
  let job: Job;
  try {
    const jobs = await session.client.jobs.list();
    const id = resolveId(
      typed,
      jobs.map((one) => one.id),
    );
    job = await session.client.jobs.get({ id });
    mayDecide(job, choice);
    const details = await detailsOf(choice, flags, job, context);
    if (!details) {
      await session.close();
      return exitCodes.interrupted;
    }
    await session.client.jobs.decide({ id, choice, ...details });
    output.event({ event: 'decided', id, choice });
    if (choice === 'open-link') await openLink(session.client, job, context);
    else output.note(`${job.name}: ${choice}`);
  } catch (error) {
    await session.close();
    throw error;
  }
  if (session.own && choice !== 'keep' && choice !== 'open-link') {
    return runJobs(session, [{ id: job.id, fresh: false }], context);
  }
  await session.close();
  return exitCodes.ok;
}

function checkFlags(choice: AttentionChoice, flags: DecideFlags): void {
  const needed = needs[choice];
  if (needed && flags[needed] === undefined) {
    throw new SluiceError('bad-input', { detail: `${choice} needs --${needed}.` });
  }
  for (const flag of Object.values(needs)) {
    if (flag !== needed && flags[flag] !== undefined) {
      throw new SluiceError('bad-input', { detail: `--${flag} does not belong to ${choice}.` });
    }
  }
  if (flags.passwordStdin && choice !== 'login') {
    throw new SluiceError('bad-input', { detail: `--password-stdin does not belong to ${choice}.` });
  }
}

/** Before the password is asked for, and with the choices there are. */
function mayDecide(job: Job, choice: AttentionChoice): void {
  const choices = choicesOf(job);
  if (choices.includes(choice)) return;
  if (choices.length === 0) throw new SluiceError('not-in-this-state', { name: job.name, state: job.state.kind });
  throw new SluiceError('bad-input', { detail: `For ${job.name} there is: ${choices.join(', ')}.` });
}

/** Null where the person did not give the password. */
async function detailsOf(
  choice: AttentionChoice,
  { folder, url, user, passwordStdin }: DecideFlags,
  job: Job,
  { cwd, stdin, stderr }: Context,
) {
  if (choice !== 'login') {
    return { ...(folder === undefined ? {} : { folder: resolve(cwd, folder) }), ...(url === undefined ? {} : { url }) };
  }
  const username = user ?? '';
  const password = passwordStdin
    ? await readPassword(stdin)
    : await askPassword(`Password of ${username} at ${jobOrigin(job)}: `, stdin, stderr);
  return password === null ? null : { username, password };
}

/** Where a desktop runs it opens the link; else it is printed. */
async function openLink(client: Client, job: Job, { output }: Context): Promise<void> {
  if (job.kind !== 'download') return;
  const { id, url } = job;
  const { can } = await client.system.info();
  if (can.openFiles) await client.jobs.openLink({ id });
  output.result(url);
}
