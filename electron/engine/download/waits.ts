import type { Bottleneck, JobDetail } from '../../../shared/job.ts';
import { bottleneckOf } from '../flow/index.ts';
import type { Activity } from '../remote/index.ts';
import type { Behind } from './part-file.ts';

/** Weight of the newest sample: the figures forget half of what they knew in about two seconds. */
const NEWEST = 0.15;

/** What a download's connections wait for, as shares of the last seconds. */
export class Waits {
  readonly #shares = { source: 0, processing: 0, disk: 0, limit: 0 };

  /** Notes what each connection does at this moment, and for what those wait that are blocked. */
  sample(activities: readonly Activity[], blockedBy: Behind): void {
    if (activities.length === 0) return;
    const share = (wanted: Activity) => activities.filter((activity) => activity === wanted).length / activities.length;
    const blocked = share('blocked');
    const limit = share('limited');
    const now = { source: 1 - blocked - limit, processing: 0, disk: 0, limit, [blockedBy]: blocked };
    for (const side of ['source', 'processing', 'disk', 'limit'] as const) {
      this.#shares[side] += NEWEST * (now[side] - this.#shares[side]);
    }
  }

  get shares(): JobDetail['waited'] {
    return { ...this.#shares };
  }

  get bottleneck(): Bottleneck {
    return bottleneckOf(this.#shares);
  }
}
