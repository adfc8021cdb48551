import { Fifo } from './fifo.ts';
import type { LiveReader, LiveRecord } from './types.ts';

/** What live readers can go back to: whichever is less. */
const RECORDS = 10_000;
const BYTES = 4 * 1024 * 1024;

/**
 * The last records of a capture, for live readers and for the window. Bounded, whatever the readers do: each is told of
 * a record once, in the writer's own turn, and how much of it a reader can take is the reader's business.
 */
export class LiveRing {
  readonly #records = new Fifo<LiveRecord>();
  #bytes = 0;
  readonly #readers = new Set<LiveReader>();

  add(record: LiveRecord): void {
    this.#records.push(record);
    this.#bytes += record.data.length;
    while (this.#records.length > RECORDS || this.#bytes > BYTES) {
      this.#bytes -= this.#records.shift()?.data.length ?? 0;
    }
    for (const reader of this.#readers) reader.record(record);
  }

  /** The newest records, newest last. */
  newest(count: number): LiveRecord[] {
    return this.#records.newest(count);
  }

  /**
   * Tells a reader of every record from now on; before that, of those here that follow on number `after` (null: none).
   * A number that is yet to come was given before a crash, to a record that was not durable: whoever has it has none of
   * what is here.
   */
  listen(after: number | null, reader: LiveReader): () => void {
    if (after !== null) {
      const kept = this.#records.newest(RECORDS);
      const has = after > (kept.at(-1)?.number ?? 0) ? 0 : after;
      for (const record of kept) if (record.number > has) reader.record(record);
    }
    this.#readers.add(reader);
    return () => {
      this.#readers.delete(reader);
    };
  }

  close(): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}
