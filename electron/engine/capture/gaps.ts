import type { Gap } from '../../../shared/capture.ts';

/** Gaps that are kept. */
const KEPT = 100;
/** Ms without a dropped record after which dropping counts as over. */
const CALM = 1000;

type Mutable = { -readonly [K in keyof Gap]: Gap[K] };

/** Times in which records are, or may be, missing; newest last. Times in ms since the epoch. */
export class Gaps {
  readonly #gaps: Mutable[];
  /** The one in which nothing is read. */
  #silent: Mutable | null;
  #dropping: Mutable | null = null;
  #droppedAt = 0;

  constructor(earlier: readonly Gap[]) {
    this.#gaps = earlier.map((gap) => ({ ...gap }));
    this.#silent = this.#gaps.findLast(({ to, why }) => to === null && why !== 'dropped') ?? null;
    for (const gap of this.#gaps) if (gap.to === null && gap !== this.#silent) gap.to = gap.from;
  }

  list(): Gap[] {
    return this.#gaps.map((gap) => ({ ...gap }));
  }

  /** Nothing can be read from this time on. The reason of a gap that lasts already stays. */
  begin(why: Exclude<Gap['why'], 'dropped'>, from: number): void {
    this.#silent ??= this.#add({ from, to: null, why, records: null });
  }

  /** The feed is read again. */
  end(to: number): void {
    if (this.#silent) this.#silent.to = Math.max(to, this.#silent.from);
    this.#silent = null;
  }

  /** Records are known to be missing; those that go in a row make one gap. */
  drop(records: number, at: number): void {
    this.#dropping ??= this.#add({ from: at, to: null, why: 'dropped', records: 0 });
    this.#dropping.records = (this.#dropping.records ?? 0) + records;
    this.#droppedAt = at;
  }

  /** Called now and then: dropping that ceased becomes a gap that ended. */
  tick(now: number): void {
    if (!this.#dropping || now - this.#droppedAt < CALM) return;
    this.#dropping.to = this.#droppedAt;
    this.#dropping = null;
  }

  #add(gap: Mutable): Mutable {
    this.#gaps.push(gap);
    if (this.#gaps.length > KEPT) this.#gaps.shift();
    return gap;
  }
}
