import type { Bottleneck } from '../../../shared/job.ts';
import { RateMeter } from '../flow/index.ts';
import type { Delivery } from './delivery.ts';
import { Waits } from './waits.ts';

/** Rows per second that are kept for show, one value a second. */
const SHOWN_RATES = 120;

/** What a running export shows of itself: rates, and what holds it back. */
export class Figures {
  readonly waits = new Waits();
  readonly #bytes = new RateMeter();
  readonly #rows = new RateMeter();
  #sample = { bytes: 0, rows: 0, writing: 0, loop: performance.eventLoopUtilization() };
  #behindSince: number | null = null;
  #behind = 0;
  #shownAt = performance.now();
  #shown: number[] = [];
  /** Bytes, and rows, per second over the last seconds. */
  rate = 0;
  rowRate = 0;

  get rowRates(): number[] {
    return this.#shown;
  }

  get bottleneck(): Bottleneck {
    return this.waits.bottleneck;
  }

  /** What an earlier run had counts for no rate. */
  begin({ bytes, rows }: { readonly bytes: number; readonly rows: number }): void {
    this.#sample = { ...this.#sample, bytes, rows };
  }

  /** The reader has to wait for the writer from now on, or need not any more. */
  behind(isBehind: boolean): void {
    const now = performance.now();
    if (this.#behindSince !== null) this.#behind += now - this.#behindSince;
    this.#behindSince = isBehind ? now : null;
  }

  /** Called a few times a second. `compresses`: what the writer is waited for may be the compressor. */
  tick(now: number, delivery: Delivery, compresses: boolean): void {
    const last = this.#sample;
    const { bytes, rows, writing } = delivery;
    this.#bytes.add(Math.max(0, bytes - last.bytes));
    this.#rows.add(Math.max(0, rows - last.rows));
    this.rate = this.#bytes.sample(now);
    this.rowRate = this.#rows.sample(now);
    // Encoding fills the loop; compressors and the disk are waited for.
    this.waits.spend('processing', performance.eventLoopUtilization(last.loop).active);
    this.behind(this.#behindSince !== null);
    const disk = compresses ? Math.min(this.#behind, writing - last.writing) : this.#behind;
    this.waits.spend('disk', disk);
    this.waits.spend('processing', this.#behind - disk);
    this.#behind = 0;
    this.waits.sample(now);
    this.#sample = { bytes, rows, writing, loop: performance.eventLoopUtilization() };
    if (now - this.#shownAt < 1000) return;
    this.#shownAt = now;
    this.#shown = [...this.#shown, this.rowRate].slice(-SHOWN_RATES);
  }
}
