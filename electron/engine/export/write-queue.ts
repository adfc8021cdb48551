import type { BufferPool } from '../flow/index.ts';

interface Item {
  readonly bytes: number;
  readonly work: () => Promise<void>;
  /** Waits for all that came before, and all that comes later waits for it. */
  readonly alone: boolean;
}

/**
 * What happens to an export's files, in the order it was asked for: large writes, checkpoints, the step to the next
 * file. Encoders are synchronous and never wait for it; whoever reads the rows looks at `behind`.
 */
export class WriteQueue {
  readonly #pool: BufferPool;
  readonly #write: (buffer: Buffer, bytes: number) => Promise<void>;
  readonly #room: () => number;
  #items: Item[] = [];
  readonly #underway = new Set<Promise<void>>();
  #bytes = 0;
  #isRunning = false;
  #isBehind = false;
  #error: Error | null = null;
  #idle: (() => void)[] = [];
  #more: () => void = () => {};
  /** Called when the reader has to stop (true), and when it may go on (false). */
  onBehind: (behind: boolean) => void = () => {};
  /** Called once, when something failed: nothing more is done then. */
  onError: (error: Error) => void = () => {};

  /** `room`: bytes that may wait. `write` gets each buffer in turn, without waiting for the one before; `pool` gets it back when it resolves. */
  constructor(pool: BufferPool, room: () => number, write: (buffer: Buffer, bytes: number) => Promise<void>) {
    this.#room = room;
    this.#pool = pool;
    this.#write = write;
  }

  /** True while the reader has to wait. */
  get behind(): boolean {
    return this.#isBehind;
  }

  /** Bytes that wait, and how many there may be. */
  get level(): { used: number; size: number } {
    return { used: this.#bytes, size: this.#room() };
  }

  /** Writes the first `bytes` of a pooled buffer. */
  push(buffer: Buffer, bytes: number): void {
    const work = () => this.#write(buffer, bytes).finally(() => this.#pool.give(buffer));
    this.#add({ bytes, work, alone: false });
  }

  /** Does something when all that came before is done, and before anything that comes later. */
  do(work: () => Promise<void>): void {
    this.#add({ bytes: 0, work, alone: true });
  }

  /** Resolves when nothing is to be done any more, be it because something failed. */
  async idle(): Promise<void> {
    if (!this.#isRunning) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #add(item: Item): void {
    if (this.#error) return;
    this.#items.push(item);
    this.#bytes += item.bytes;
    if (this.#bytes >= this.#room() && !this.#isBehind) {
      this.#isBehind = true;
      this.onBehind(true);
    }
    this.#more();
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (!this.#error) {
      const item = this.#items.shift();
      if (!item) {
        if (this.#underway.size === 0) break;
        // More may come before anything under way has ended.
        const { promise: more, resolve } = Promise.withResolvers<void>();
        this.#more = resolve;
        await Promise.race([...this.#underway, more]);
        continue;
      }
      if (item.alone) await Promise.all(this.#underway);
      if (this.#error) break;
      const done = this.#work(item).finally(() => this.#underway.delete(done));
      this.#underway.add(done);
      if (item.alone) await done;
    }
    await Promise.all(this.#underway);
    this.#isRunning = false;
    if (this.#error) {
      this.#items = [];
      this.onError(this.#error);
    }
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Never rejects. */
  async #work({ work, bytes }: Item): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#error ??= error as Error;
    }
    this.#bytes -= bytes;
    if (!this.#isBehind || this.#bytes > this.#room() / 2 || this.#error) return;
    this.#isBehind = false;
    this.onBehind(false);
  }
}
