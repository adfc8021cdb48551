import type { Meter } from '../../../shared/job.ts';
import { RateMeter } from '../flow/index.ts';
import type { Behind } from './part-file.ts';
import { coarse, type RangeSet } from './range-set.ts';
import type { Slot } from './slot.ts';
import { Waits } from './waits.ts';

/** How fast a download is, how far, and what it waits for: the figures that its rows show. */
export class Figures {
  readonly #meter = new RateMeter();
  readonly #waits = new Waits();
  #rate = 0;
  /** Bytes whose checksum is computed; null where none is. */
  verified: number | null = null;

  /** Bytes per second, as of the last tick. */
  get rate(): number {
    return this.#rate;
  }

  /** What its connections wait for, as shares of the last seconds. */
  get waited(): Waits['shares'] {
    return this.#waits.shares;
  }

  received(bytes: number): void {
    this.#meter.add(bytes);
  }

  /** `blockedBy`: what those connections wait for that are blocked. */
  tick(now: number, slots: readonly Slot[], blockedBy: Behind): void {
    this.#rate = this.#meter.sample(now);
    this.#waits.sample(
      slots.map((slot) => slot.connection?.activity ?? 'connecting'),
      blockedBy,
    );
  }

  /** @param size total bytes; null while unknown */
  meter(id: string, size: number | null, written: RangeSet, slots: readonly Slot[]): Meter {
    const done = written.total;
    return {
      id,
      done,
      rate: this.#rate,
      eta: size !== null && this.#rate > 0 ? (size - done) / this.#rate : null,
      active: slots.filter((slot) => slot.rate > 0).length,
      bottleneck: slots.length === 0 ? 'none' : this.#waits.bottleneck,
      ranges: coarse(written.toRanges()),
      verified: this.verified,
      rows: null,
      rowRate: null,
      dropped: null,
    };
  }
}
