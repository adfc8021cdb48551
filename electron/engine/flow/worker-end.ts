import type { Worker } from 'node:worker_threads';

/** Ms after which a thread that was asked to end is ended. */
const PATIENCE = 2000;

/**
 * Asks a thread to let go of what it holds and waits for its end: one that is torn down in the middle of a read or a
 * write takes native code with it. The watchdog is for a thread that does not answer.
 */
export async function endGently(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return;
  // An idle thread keeps nothing alive; whoever waits for its end does.
  worker.ref();
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  worker.postMessage({ kind: 'close' });
  const watchdog = setTimeout(() => void worker.terminate(), PATIENCE);
  await ended;
  clearTimeout(watchdog);
}
