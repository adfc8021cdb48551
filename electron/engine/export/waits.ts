import type { Bottleneck, JobDetail } from '../../../shared/job.ts';
import { bottleneckOf } from '../flow/index.ts';

/** Weight of the newest sample: the figures forget half of what they knew in about half a second. */
const NEWEST = 0.3;

export type Side = 'processing' | 'disk' | 'limit';

/** Where an export's time goes, as shares of the last seconds. What is spent on no other side is the database's. */
export class Waits {
  readonly #spent: Record<Side, number> = { processing: 0, disk: 0, limit: 0 };
  readonly #shares = { source: 0, processing: 0, disk: 0, limit: 0 };
  #at = performance.now();

  /** Notes ms that were spent on a side. */
  spend(side: Side, ms: number): void {
    this.#spent[side] += ms;
  }

  /** Takes what was noted since the last sample into the shares. */
  sample(now: number): void {
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#at = now;
    let rest = 1;
    for (const side of ['limit', 'disk', 'processing'] as const) {
      const share = Math.min(rest, this.#spent[side] / elapsed);
      rest -= share;
      this.#shares[side] += NEWEST * (share - this.#shares[side]);
      this.#spent[side] = 0;
    }
    this.#shares.source += NEWEST * (rest - this.#shares.source);
  }

  get shares(): JobDetail['waited'] {
    return { ...this.#shares };
  }

  get bottleneck(): Bottleneck {
    return bottleneckOf(this.#shares);
  }
}
