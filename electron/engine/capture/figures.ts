import type { Bottleneck, JobDetail } from '../../../shared/job.ts';
import { Waits } from '../export/index.ts';
import { RateMeter } from '../flow/index.ts';

/** Records per second that are kept for show, one value a second. */
const SHOWN_RATES = 120;

/** What was done so far. */
export interface Done {
  readonly bytes: number;
  readonly rows: number;
  /** Ms that the disk took. */
  readonly writing: number;
  /** Ms in which the queue was full. */
  readonly full: number;
}

/** What a running capture shows of itself: rates, and what holds it back. */
export class Figures {
  readonly #waits = new Waits();
  readonly #bytes = new RateMeter();
  readonly #rows = new RateMeter();
  #last: Done;
  #shownAt = performance.now();
  rate = 0;
  rowRate = 0;
  rowRates: number[] = [];

  /** What an earlier run did counts for no rate. */
  constructor(before: Done) {
    this.#last = before;
  }

  get waited(): JobDetail['waited'] {
    return this.#waits.shares;
  }

  get bottleneck(): Bottleneck {
    return this.#waits.bottleneck;
  }

  /** Called a few times a second. */
  tick(now: number, done: Done): void {
    const last = this.#last;
    this.#last = done;
    this.#bytes.add(Math.max(0, done.bytes - last.bytes));
    this.#rows.add(Math.max(0, done.rows - last.rows));
    this.rate = this.#bytes.sample(now);
    this.rowRate = this.#rows.sample(now);
    // While the queue is full the feed waits: for the disk, or for what compresses before it.
    const full = done.full - last.full;
    const disk = Math.min(full, done.writing - last.writing);
    this.#waits.spend('disk', disk);
    this.#waits.spend('processing', full - disk);
    this.#waits.sample(now);
    if (now - this.#shownAt < 1000) return;
    this.#shownAt = now;
    this.rowRates = [...this.rowRates, this.rowRate].slice(-SHOWN_RATES);
  }
}
