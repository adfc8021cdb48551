import type { Bottleneck } from '../../../shared/job.ts';
import type { Activity } from '../remote/index.ts';

/** Weight of the newest sample: the figures forget half of what they knew in about two seconds. */
const NEWEST = 0.15;
/** A side that is waited for less than this is not what holds a flow back. */
const NOTABLE = 0.3;

/** What a download's connections wait for, as shares of the last seconds. */
export class Waits {
  #source = 0;
  #processing = 0;
  #disk = 0;
  #limit = 0;

  /** Notes what each connection does at this moment, and for what those wait that are blocked. */
  sample(activities: readonly Activity[], blockedBy: 'disk' | 'processing'): void {
    if (activities.length === 0) return;
    const share = (wanted: Activity) => activities.filter((activity) => activity === wanted).length / activities.length;
    const blocked = share('blocked');
    const limit = share('limited');
    this.#disk += NEWEST * ((blockedBy === 'disk' ? blocked : 0) - this.#disk);
    this.#processing += NEWEST * ((blockedBy === 'processing' ? blocked : 0) - this.#processing);
    this.#limit += NEWEST * (limit - this.#limit);
    this.#source += NEWEST * (1 - blocked - limit - this.#source);
  }

  get shares(): { source: number; processing: number; disk: number; limit: number } {
    return { source: this.#source, processing: this.#processing, disk: this.#disk, limit: this.#limit };
  }

  get bottleneck(): Bottleneck {
    const most = Math.max(this.#disk, this.#processing, this.#limit);
    if (most < NOTABLE) return 'source';
    if (most === this.#disk) return 'disk';
    return most === this.#processing ? 'processing' : 'limit';
  }
}
