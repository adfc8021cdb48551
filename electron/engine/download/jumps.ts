import type { Slot } from './slot.ts';

/** Jumps at once before they are spread over time: a player asks for the beginning, the end and a place in the middle. */
const AT_ONCE = 3;
/** Ms until one more is allowed. */
const EVERY = 1000;

/**
 * How often readers of a running download may call a connection to where they read: each jump costs the remote a
 * request, and whoever reads a share of it could make us hammer the remote.
 */
export class Jumps {
  #left = AT_ONCE;
  #at = 0;

  /** True where one may be made at `now` (ms of any clock that only grows). */
  allowed(now: number): boolean {
    this.#left = Math.min(AT_ONCE, this.#left + (now - this.#at) / EVERY);
    this.#at = now;
    return this.#left >= 1;
  }

  made(): void {
    this.#left -= 1;
  }
}

/** Seconds ahead of a connection that a reader may as well wait for: another request would hardly be quicker. */
const NEAR_SECONDS = 1.5;
/** The same in bytes, at least and at most: of a connection whose rate is not known yet, and of a very fast one. */
const NEAR_LEAST = 256 * 1024;
const NEAR_MOST = 4 * 1024 * 1024;

/** Ms without a byte after which a connection is not expected to bring what is just ahead of it. */
const SILENT = 3000;

/** Bytes ahead of a connection, null: not connected yet, that it brings about as soon as a jump would. */
export function nearBytes(slot: Pick<Slot, 'rate' | 'since' | 'connection'> | null, now: number): number {
  const rate = slot?.rate ?? 0;
  if (slot?.connection?.activity === 'receiving' && rate === 0 && now - slot.since >= SILENT) return 0;
  return Math.min(NEAR_MOST, Math.max(NEAR_LEAST, rate * NEAR_SECONDS));
}
