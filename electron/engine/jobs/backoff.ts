/** When a job that failed for now tries again. Pure: time and chance are handed in. */

/** Runs in a row that bring no byte before the job counts as failed. */
export const MAX_TRIES = 10;

/** Who was reached before is then asked this seldom, for as long as it takes. */
export const AWAY_MS = 300_000;

/** A server may ask for at most this much patience (faults.md 57). */
const RETRY_AFTER_CAP_MS = 3_600_000;

/** How often a job that is offline looks whether the network is back. */
export const OFFLINE_POLL_MS = 5_000;

/**
 * Ms until the next try, doubling from 1 s to 60 s. Up to half of it comes from chance, so that many jobs of one
 * server do not return together.
 * @param tries runs without progress so far, from 1
 * @param random 0 to 1
 */
export function backoff(tries: number, random: number): number {
  return Math.min(40_000, 1000 * 2 ** (tries - 1)) * (1 + random / 2);
}

/** Ms that a Retry-After asks for, within reason. */
export function retryAfterDelay(ms: number): number {
  return Math.min(ms, RETRY_AFTER_CAP_MS);
}
