/** Bytes per second over a sliding window: calm enough to read, quick enough to believe. */
export class RateMeter {
  readonly #window: number;
  readonly #samples: { at: number; total: number }[] = [];
  #total = 0;

  /** `window` in ms. */
  constructor(window = 3000) {
    this.#window = window;
  }

  /** All bytes so far. */
  get total(): number {
    return this.#total;
  }

  add(bytes: number): void {
    this.#total += bytes;
  }

  /** Notes the total as of `now` (ms, monotonic), and gives the rate over the window that ends there. */
  sample(now: number): number {
    const samples = this.#samples;
    samples.push({ at: now, total: this.#total });
    while (samples.length > 2 && (samples[1]?.at ?? now) <= now - this.#window) samples.shift();
    const first = samples[0];
    if (!first || now <= first.at) return 0;
    return ((this.#total - first.total) / (now - first.at)) * 1000;
  }
}
