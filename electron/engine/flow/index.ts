/** The flow room: what every stream here is built of, and the threads that streams run in. */
export { bottleneckOf } from './bottleneck.ts';
export { BufferPool } from './buffer-pool.ts';
export { beginsPage, PAGE, pages } from './pages.ts';
export type { RunOutcome } from './outcome.ts';
export { RateMeter } from './rate-meter.ts';
export { RunLoop } from './run-loop.ts';
export type { RunReply, RunRequest } from './run-messages.ts';
export { RunThread } from './run-thread.ts';
export { TokenBucket } from './token-bucket.ts';
export { endGently } from './worker-end.ts';
export { workerUrl } from './worker-url.ts';
