/** Event streams of the contract: bounded in memory whatever the reader does, ended by their signal. */
import { setTimeout as delay } from 'node:timers/promises';
import type { JobsEvent } from '../../shared/contract.ts';
import type { JobDetail } from '../../shared/job.ts';
import type { Engine } from '../engine/index.ts';

/** Events that may wait for one reader: at 4 a second, what a reader may lag before it starts afresh. */
export const watchBound = 32;

/**
 * A snapshot, then the changes. A reader that lags by more than `bound` events loses them and gets a fresh snapshot
 * when it reads again, so that memory is bounded by the bound and not by how slow a reader is.
 */
export async function* watchJobs(
  engine: Pick<Engine, 'subscribe'>,
  signal: AbortSignal | undefined,
  bound = watchBound,
): AsyncGenerator<JobsEvent, void> {
  let queue: JobsEvent[] = [];
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
      if (event) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    unsubscribe?.();
  }
}

/** One job in detail, twice a second, until the signal ends it or the job is gone. */
export async function* watchDetail(
  engine: Pick<Engine, 'detail'>,
  id: string,
  signal: AbortSignal | undefined,
  everyMs = 500,
): AsyncGenerator<JobDetail, void> {
  for (;;) {
    if (signal?.aborted) return;
    yield engine.detail(id);
    await delay(everyMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}
