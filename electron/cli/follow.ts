/** Follows jobs on an engine, here or elsewhere, until each has settled. */
import { SluiceError } from '../../shared/failure.ts';
import type { Job, Meter } from '../../shared/job.ts';
import type { Client } from '../app/index.ts';

export interface Watcher {
  /** A job was seen for the first time, or has changed. */
  job(job: Job): void;
  meter(meter: Meter, job: Job): void;
}

/**
 * Calls `settle` with each job that is seen or has changed; it says true when there is nothing more to wait for. It gets
 * null for a job that was taken off the list. Resolves when no job is left to follow. Rejects when the signal aborts,
 * and with `unreachable` when the engine goes away.
 */
export async function follow(
  client: Client,
  ids: Iterable<string>,
  watcher: Watcher,
  settle: (id: string, job: Job | null) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const open = new Map<string, Job | null>([...ids].map((id) => [id, null]));
  if (open.size === 0) return;

  const events = await client.jobs.watch(undefined, signal ? { signal } : {});
  for await (const event of events) {
    for (const job of event.jobs) {
      if (!open.has(job.id)) continue;
      open.set(job.id, job);
      watcher.job(job);
      if (settle(job.id, job)) open.delete(job.id);
    }
    for (const id of event.type === 'snapshot' ? await gone(client, open.keys(), event.jobs) : event.removed) {
      if (open.delete(id)) settle(id, null);
    }
    for (const meter of event.meters) {
      const job = open.get(meter.id);
      if (job) watcher.meter(meter, job);
    }
    if (open.size === 0) return;
  }
  throw new SluiceError('unreachable');
}

/** The ids that have no job. A snapshot of many jobs is followed by its rest: one that is not in it may still be there. */
async function gone(client: Client, ids: Iterable<string>, shown: readonly Job[]): Promise<string[]> {
  const seen = new Set(shown.map((job) => job.id));
  const unseen = [...ids].filter((id) => !seen.has(id));
  if (unseen.length === 0) return [];
  const there = new Set((await client.jobs.list()).map((job) => job.id));
  return unseen.filter((id) => !there.has(id));
}
