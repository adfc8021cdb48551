/** The two reasons for which a connection reads no more for a while: its taker is behind, and a limit. */
export class Brake {
  #blocked = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #released: () => void;

  /** `released` is called when the last of the reasons is gone. */
  constructor(released: () => void) {
    this.#released = released;
  }

  /** True while the taker is behind. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** True while a limit holds. */
  get limited(): boolean {
    return this.#timer !== null;
  }

  /** True while nothing is to be read. */
  get held(): boolean {
    return this.#blocked || this.#timer !== null;
  }

  block(): void {
    this.#blocked = true;
  }

  wake(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    if (!this.held) this.#released();
  }

  /** Holds for `ms`; where it does so already, the debt is in the next answer. */
  wait(ms: number): void {
    this.#timer ??= setTimeout(() => this.unlimit(), ms);
  }

  /** A limit is another now: what the old one made this wait for is forgotten. */
  unlimit(): void {
    if (!this.#timer) return;
    this.#stopTimer();
    if (!this.held) this.#released();
  }

  /** No limit holds any more, and nobody is told. */
  clear(): void {
    this.#stopTimer();
  }

  #stopTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
