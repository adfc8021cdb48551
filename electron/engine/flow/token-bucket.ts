/**
 * A rate limit that keeps its average exactly: what was taken beyond the limit becomes a debt, and the taker waits
 * until it is paid. At most `burst` seconds' worth can be saved up, so that an idle time never becomes a flood.
 */
export class TokenBucket {
  #rate: number | null;
  #tokens = 0;
  #at: number;
  readonly #burst: number;
  readonly #now: () => number;

  /** `rate` in bytes per second, null for no limit; `now` in ms, monotonic. */
  constructor(rate: number | null, now: () => number = () => performance.now(), burst = 0.05) {
    this.#rate = rate;
    this.#now = now;
    this.#at = now();
    this.#burst = burst;
  }

  get rate(): number | null {
    return this.#rate;
  }

  /** Changes the limit from now on. Debts and savings are dropped, so that a change is felt at once. */
  setRate(rate: number | null): void {
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.#tokens = 0;
    this.#at = this.#now();
  }

  /** Takes `bytes` and says how many ms to wait before taking more. */
  take(bytes: number): number {
    if (this.#rate === null) return 0;
    const now = this.#now();
    this.#tokens = Math.min(this.#rate * this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#rate);
    this.#at = now;
    this.#tokens -= bytes;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate) * 1000;
  }
}
