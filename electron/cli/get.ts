/** `sluice get`: downloads links, one job each, and stays until they are done. */
import type { DownloadRequest } from '../../shared/download.ts';
import type { DownloadJob } from '../../shared/job.ts';
import type { Client } from '../app/index.ts';
import type { Context } from './context.ts';
import { exitCodeOf, worst } from './exit-codes.ts';
import { findUnfinished, toRequests, type GetFlags } from './get-request.ts';
import { ignoreSettled, release, runJobs, type Target } from './run-jobs.ts';
import { openSession } from './session.ts';

export async function get(urls: readonly string[], flags: GetFlags, context: Context): Promise<number> {
  const { home, serve, interrupts } = context;
  const requests = toRequests(urls, flags, context.cwd);
  const session = await openSession(home, serve, () => interrupts.trigger());
  const targets: Target[] = [];
  const codes: number[] = [];
  try {
    const jobs = await session.client.jobs.list();
    const known = requests.map((request) => ({ request, job: findUnfinished(request, jobs) }));
    for (const { request, job } of known) {
      if (!job) continue;
      await goOn(session.client, job, request);
      targets.push({ id: job.id, fresh: false });
      announce(job, true, context);
    }
    const wanted = known.filter(({ job }) => !job).map(({ request }) => request);
    const results = wanted.length > 0 ? await session.client.jobs.add({ downloads: wanted }) : [];
    for (const [index, result] of results.entries()) {
      if (result.ok) {
        targets.push({ id: result.id, fresh: true });
        const job = await session.client.jobs.get({ id: result.id });
        if (job.kind === 'download') announce(job, false, context);
      } else {
        codes.push(exitCodeOf(result.failure.code));
        context.output.fail(result.failure, { url: wanted[index]?.url });
      }
    }
  } catch (error) {
    await session.close();
    throw error;
  }
  return worst([...codes, await runJobs(session, targets, context)]);
}

/** Takes an unfinished job up again, with what was asked for now. */
async function goOn(client: Client, job: DownloadJob, request: DownloadRequest): Promise<void> {
  if (request.limit !== undefined) await client.jobs.setLimit({ id: job.id, limit: request.limit });
  if (request.connections !== undefined) {
    await client.jobs.setConnections({ id: job.id, connections: request.connections });
  }
  const ids = [job.id];
  if (request.priority !== undefined) await client.jobs.setPriority({ ids, priority: request.priority });
  if (request.startAt !== undefined) await client.jobs.setStartAt({ ids, startAt: request.startAt });
  if (job.state.kind === 'failed' || job.state.kind === 'attention') {
    await ignoreSettled(client.jobs.retry({ ids }));
  } else {
    await release(client, ids);
  }
}

function announce({ id, url, folder, name }: DownloadJob, resumed: boolean, { output }: Context): void {
  output.event({ event: 'added', id, url, folder, name, resumed });
  if (resumed) output.note(`Going on with ${name}.`);
}
