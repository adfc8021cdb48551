/** `sluice list`: the jobs in queue order, and what a person can do about those that need it. */
import { formatProgress, formatRate } from '../../shared/format.ts';
import type { Job } from '../../shared/job.ts';
import { shareOf } from '../../shared/progress.ts';
import type { Client } from '../app/index.ts';
import { choiceLines } from './choices.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { shortId } from './job-ids.ts';
import { words } from './progress.ts';
import { withSession } from './session.ts';
import { commandWords } from './shell-words.ts';
import { formatWhen } from './time-words.ts';

export async function list(context: Context): Promise<number> {
  const { output } = context;
  return withSession(context, async ({ client }) => {
    const jobs = await client.jobs.list();
    const rates = await ratesNow(client);
    const ids = jobs.map((job) => job.id);
    for (const job of jobs) output.event({ ...job, rate: rates.get(job.id) ?? 0 });
    if (jobs.length === 0) output.note('There are no jobs.');
    else for (const line of table(jobs, ids, rates)) output.result(line);
    for (const job of jobs) {
      if (job.state.kind !== 'attention') continue;
      output.note(`${job.name}: ${job.state.failure.message}`);
      const lines = choiceLines(job.state.choices, commandWords(context, shortId(job.id, ids)));
      for (const line of lines) output.note(line);
    }
    return exitCodes.ok;
  });
}

/** Bytes per second of the jobs that run, by id. */
async function ratesNow(client: Client): Promise<Map<string, number>> {
  for await (const { meters } of await client.jobs.watch()) {
    return new Map(meters.map((meter) => [meter.id, meter.rate]));
  }
  return new Map();
}

function table(jobs: readonly Job[], ids: readonly string[], rates: ReadonlyMap<string, number>): string[] {
  const rows = jobs.map((job) => {
    const { share, estimated } = shareOf(job, undefined);
    const rate = rates.get(job.id);
    return [
      shortId(job.id, ids),
      stateWords(job),
      share === null ? '' : `${estimated ? '≈ ' : ''}${share} %`,
      formatProgress(job.done, job.size),
      rate === undefined ? '' : formatRate(rate),
      job.name,
    ];
  });
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

/** “queued”, “queued, high”, “waiting until 22:30”. */
function stateWords({ state, priority }: Job): string {
  const until = state.kind === 'waiting' ? ` until ${formatWhen(state.until, Date.now())}` : '';
  return `${words[state.kind]}${until}${priority === 'normal' ? '' : `, ${priority}`}`;
}
