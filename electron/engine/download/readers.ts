import type { RangeSet } from './range-set.ts';

interface Reader {
  readonly position: number;
  readonly answer: (end: number | null) => void;
}

/** Those who read a download while it runs, and wait for bytes of it. */
export class Readers {
  readonly #waiting = new Set<Reader>();

  /** The positions that are waited for. */
  get positions(): number[] {
    return [...this.#waiting].map(({ position }) => position);
  }

  /**
   * Calls back with the end of the written run at `position` as soon as there is one, once; null where the run of the
   * download ended first. `missing` is called where that is not at once. Answers what ends the wait.
   */
  add(
    position: number,
    answer: (end: number | null) => void,
    written: RangeSet | undefined,
    missing: () => void,
  ): () => void {
    const reader = { position, answer };
    this.#waiting.add(reader);
    if (written) this.answer(written);
    if (this.#waiting.has(reader)) missing();
    return () => this.#waiting.delete(reader);
  }

  /** Answers those who wait for bytes that are written now. */
  answer(written: RangeSet): void {
    for (const reader of this.#waiting) {
      const end = written.endAt(reader.position);
      if (end <= reader.position) continue;
      this.#waiting.delete(reader);
      reader.answer(end);
    }
  }

  /** The run has ended: nobody waits any longer. */
  dismiss(): void {
    for (const { answer } of this.#waiting) answer(null);
    this.#waiting.clear();
  }
}
