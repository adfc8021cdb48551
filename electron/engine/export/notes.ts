/** What was told, and is noted one after the other in the order in which it was. */
export class Notes {
  readonly #waiting: (() => void)[] = [];

  /** Something is told: resolves when it is noted. */
  told(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** The oldest that was not noted is. */
  noted(): void {
    this.#waiting.shift()?.();
  }
}
