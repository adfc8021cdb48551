/** What tests of a whole engine share: adding one link, and waiting for what becomes of it. */
import type { Engine } from '../../electron/engine/index.ts';
import type { DownloadRequest } from '../../shared/download.ts';
import type { Job, JobStateKind } from '../../shared/job.ts';

/** Adds one download; its id. */
export function addOne(engine: Engine, request: DownloadRequest): string {
  const [result] = engine.add([request]);
  if (!result?.ok) throw new Error(`not added: ${JSON.stringify(result)}`);
  return result.id;
}

/** Resolves with the job as soon as `holds` of it and of the bytes received. */
export function until(engine: Engine, id: string, holds: (job: Job, done: number) => boolean): Promise<Job> {
  const { promise, resolve } = Promise.withResolvers<Job>();
  const end = engine.subscribe((event) => {
    const job = engine.get(id);
    const meter = event.meters.find((one) => one.id === id);
    if (holds(job, meter?.done ?? job.done)) resolve(job);
  });
  return promise.finally(end);
}

/** Resolves when the job is in a state; fails when it ends in another one that it does not leave by itself. */
export async function reaches(engine: Engine, id: string, kind: JobStateKind): Promise<Job> {
  const ends: readonly JobStateKind[] = [kind, 'completed', 'failed', 'attention', 'cancelled'];
  const job = await until(engine, id, ({ state }) => ends.includes(state.kind));
  if (job.state.kind !== kind) throw new Error(`not ${kind}: ${JSON.stringify(job.state)}`);
  return job;
}
