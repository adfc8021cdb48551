import type { Bottleneck } from '../../../shared/job.ts';

/** Weight of the newest sample: the figures forget half of what they knew in about a second. */
const NEWEST = 0.15;
/** A side that is waited for less than this is not what holds an export back. */
const NOTABLE = 0.3;

type Side = 'processing' | 'disk' | 'limit';

/** Where an export's time goes, as shares of the last seconds. What is spent on no other side is the database's. */
export class Waits {
  #spent: Record<Side, number> = { processing: 0, disk: 0, limit: 0 };
  #shares = { source: 0, processing: 0, disk: 0, limit: 0 };
  #waiting: { readonly side: Side; since: number } | null = null;
  #at = performance.now();

  /** Notes `ms` of work. */
  spend(side: Side, ms: number): void {
    this.#spent[side] += ms;
  }

  /** From now on the flow waits for this side; null: for none of ours. */
  wait(side: Side | null, now = performance.now()): void {
    this.#count(now);
    this.#waiting = side === null ? null : { side, since: now };
  }

  #count(now: number): void {
    if (!this.#waiting) return;
    this.#spent[this.#waiting.side] += now - this.#waiting.since;
    this.#waiting.since = now;
  }

  /** Takes what was noted since the last sample into the shares. */
  sample(now: number): void {
    this.#count(now);
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#at = now;
    let rest = 1;
    for (const side of ['processing', 'disk', 'limit'] as const) {
      const share = Math.min(rest, this.#spent[side] / elapsed);
      rest -= share;
      this.#shares[side] += NEWEST * (share - this.#shares[side]);
      this.#spent[side] = 0;
    }
    this.#shares.source += NEWEST * (rest - this.#shares.source);
  }

  get shares(): { source: number; processing: number; disk: number; limit: number } {
    return { ...this.#shares };
  }

  get bottleneck(): Bottleneck {
    const { processing, disk, limit, source } = this.#shares;
    const most = Math.max(processing, disk, limit);
    if (most < NOTABLE || (most < source && most === processing)) return 'source';
    if (most === limit) return 'limit';
    return most === disk ? 'disk' : 'processing';
  }
}
