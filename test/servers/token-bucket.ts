/** How test servers are slow on purpose. Independent of the engine's limiter, which it helps to judge. */
import { setTimeout as sleep } from 'node:timers/promises';

export class TokenBucket {
  /** Bytes per second; Infinity: no limit. May be changed at any time. */
  rate: number;
  #free: number;
  #at = performance.now();

  constructor(rate: number) {
    this.rate = rate;
    this.#free = 0;
  }

  /** Resolves when `bytes` may be sent. Concurrent callers share the rate. At most 50 ms of idle time is saved up. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.rate === Infinity) return;
    const now = performance.now();
    this.#free = Math.min(this.#free + ((now - this.#at) / 1000) * this.rate, this.rate / 20);
    this.#at = now;
    this.#free -= bytes;
    const wait = (-this.#free / this.rate) * 1000;
    if (wait > 1) await sleep(wait, undefined, { signal });
  }
}
