/** Event streams of the contract: bounded in memory whatever the reader does, ended by their signal. */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import type { JobDetail } from '../../shared/job.ts';
import type { ShareDetail } from '../../shared/share.ts';
import type { Engine } from '../engine/index.ts';

/** Events that may wait for one reader, of at most 20 a second: what it may lag before it starts afresh. */
const watchBound = 32;
/** Jobs in one event. Checking and encoding 10,000 at once would stop everything else for a fifth of a second. */
const jobsPerEvent = 500;

/**
 * A snapshot, then the changes, in events of at most `jobsPerEvent` jobs: what does not fit into the snapshot follows as
 * changes. A reader that lags by more than `bound` events loses them and gets a fresh snapshot when it reads again, so
 * that memory is bounded by the bound and not by how slow a reader is. Revisions are this stream's own.
 */
export async function* watchJobs(
  engine: Pick<Engine, 'subscribe'>,
  signal: AbortSignal | undefined,
  bound = watchBound,
): AsyncGenerator<JobsEvent, void> {
  let queue: JobsEvent[] = [];
  let revision = 0;
  let unsubscribe: (() => void) | null = null;
  let wake: (() => void) | null = null;
  const listen = (event: JobsEvent) => {
    if (queue.length < bound) {
      queue.push(event);
    } else {
      unsubscribe?.();
      unsubscribe = null;
      queue = [];
    }
    wake?.();
  };
  const onAbort = () => wake?.();
  signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      if (signal?.aborted) return;
      unsubscribe ??= engine.subscribe(listen);
      const event = queue.shift();
      if (!event) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      for (const [index, part] of parts(event).entries()) {
        // A transport without backpressure would take all parts in one go.
        if (index > 0) await turn();
        yield { ...part, revision: revision++ };
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    unsubscribe?.();
  }
}

/** The event in events that are small enough. All but the jobs comes with the first. */
function parts(event: JobsEvent): JobsEvent[] {
  const { jobs, totals, revision } = event;
  const result: JobsEvent[] = [{ ...event, jobs: jobs.slice(0, jobsPerEvent) }];
  for (let at = jobsPerEvent; at < jobs.length; at += jobsPerEvent) {
    const some = jobs.slice(at, at + jobsPerEvent);
    result.push({ type: 'changes', revision, jobs: some, removed: [], meters: [], totals });
  }
  return result;
}

/**
 * What a subscription tells, the newest only: a reader that lags misses what was replaced meanwhile, so that one value
 * is all that waits for it.
 */
export async function* watchLatest<T>(
  subscribe: (listener: (value: T) => void) => () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  let latest: { readonly value: T } | null = null;
  let wake: (() => void) | null = null;
  const rouse = () => wake?.();
  const unsubscribe = subscribe((value) => {
    latest = { value };
    rouse();
  });
  signal?.addEventListener('abort', rouse);
  try {
    for (;;) {
      if (signal?.aborted) return;
      const next = latest as { readonly value: T } | null;
      latest = null;
      if (next) yield next.value;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', rouse);
    unsubscribe();
  }
}

/** One job in detail, twice a second, until the signal ends it or the job is gone. */
export function watchDetail(
  engine: Pick<Engine, 'detail'>,
  id: string,
  signal: AbortSignal | undefined,
  everyMs = 500,
): AsyncGenerator<JobDetail, void> {
  return everySoOften(() => engine.detail(id), signal, everyMs);
}

/** One share in detail, twice a second, until the signal ends it or the share is gone. */
export function watchShareDetail(
  shares: Engine['shares'],
  id: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ShareDetail, void> {
  return everySoOften(() => shares.detail(id), signal, 500);
}

async function* everySoOften<T>(
  read: () => T,
  signal: AbortSignal | undefined,
  everyMs: number,
): AsyncGenerator<T, void> {
  for (;;) {
    if (signal?.aborted) return;
    yield read();
    await delay(everyMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}
