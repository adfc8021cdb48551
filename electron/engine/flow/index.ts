/** The flow room: what every stream here is built of. */
export { BufferPool } from './buffer-pool.ts';
export type { RunOutcome } from './outcome.ts';
export { RateMeter } from './rate-meter.ts';
export { TokenBucket } from './token-bucket.ts';
export { endGently } from './worker-end.ts';
