/** Ends what would go on for ever though bytes come, as a head by the letter or chunks of nothing. */
export class Deadline {
  #timer: NodeJS.Timeout | null = null;
  readonly #ms: number;
  readonly #isHeld: () => boolean;
  readonly #late: () => void;

  /**
   * @param isHeld true where nothing is read now: the time begins anew then, for the wait is ours
   * @param late called once where what was expected has not come in time
   */
  constructor(ms: number, isHeld: () => boolean, late: () => void) {
    this.#ms = ms;
    this.#isHeld = isHeld;
    this.#late = late;
  }

  /** Something is expected from now. */
  begin(): void {
    this.clear();
    this.#timer = setTimeout(() => {
      if (this.#isHeld()) this.begin();
      else this.#late();
    }, this.#ms);
  }

  /** Some of it has come. */
  refresh(): void {
    this.#timer?.refresh();
  }

  /** Nothing is expected any more. */
  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
