import type { Bottleneck } from '../../../shared/job.ts';
import type { Activity } from '../remote/index.ts';

/** Weight of the newest sample: the figures forget half of what they knew in about two seconds. */
const NEWEST = 0.15;
/** A side that is waited for less than this is not what holds a flow back. */
const NOTABLE = 0.3;

/** What a download's connections wait for, as shares of the last seconds. */
export class Waits {
  #source = 0;
  #disk = 0;
  #limit = 0;

  /** Notes what each connection does at this moment. */
  sample(activities: readonly Activity[]): void {
    if (activities.length === 0) return;
    const share = (wanted: Activity) => activities.filter((activity) => activity === wanted).length / activities.length;
    const disk = share('blocked');
    const limit = share('limited');
    this.#disk += NEWEST * (disk - this.#disk);
    this.#limit += NEWEST * (limit - this.#limit);
    this.#source += NEWEST * (1 - disk - limit - this.#source);
  }

  get shares(): { source: number; disk: number; limit: number } {
    return { source: this.#source, disk: this.#disk, limit: this.#limit };
  }

  get bottleneck(): Bottleneck {
    if (this.#disk >= NOTABLE && this.#disk >= this.#limit) return 'disk';
    return this.#limit >= NOTABLE ? 'limit' : 'source';
  }
}
