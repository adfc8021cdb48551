import type { Failure } from '../../../shared/failure.ts';

/** Tries of one download's connections, all together, without a single byte before the run gives up. */
const MOST = 5;
/** The longest wait after a failure, ms. */
const LONGEST = 4000;

/** How often the connections of one download failed in a row, and how long to wait after that. */
export class Tries {
  readonly #backoff: number;
  #inARow = 0;
  /** Until when (ms) a failure is one with the last: connections often fail together. */
  #sameUntil = 0;
  /** The last failure; null before the first. */
  last: Failure | null = null;

  /** @param backoff ms to wait after the first failure; doubled with each further one */
  constructor(backoff: number) {
    this.#backoff = backoff;
  }

  get areSpent(): boolean {
    return this.#inARow >= MOST;
  }

  /** Something new came. */
  succeeded(): void {
    this.#inARow = 0;
  }

  /**
   * Counts a failure at `now` (ms of any clock that only grows).
   * @param own how often the connection itself failed in a row, this one included
   * @returns ms to wait
   */
  failed(failure: Failure, own: number, now: number): number {
    this.last = failure;
    if (now >= this.#sameUntil) this.#inARow += 1;
    const pause = Math.min(LONGEST, this.#backoff * 2 ** (Math.max(1, this.#inARow, own) - 1));
    this.#sameUntil = now + pause / 2;
    return pause;
  }
}
