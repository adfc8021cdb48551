/** First in, first out; lets go of what was taken at once, and of its places in steps that cost less than they free. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** The `n`-th, from 0. */
  at(n: number): T | undefined {
    return n < 0 ? undefined : this.#items[this.#head + n];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.#head === this.#items.length) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** The last ones, oldest first. */
  newest(count: number): T[] {
    return this.#items.slice(Math.max(this.#head, this.#items.length - count)) as T[];
  }
}
