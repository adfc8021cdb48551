import { Fifo } from './fifo.ts';
import type { Epoch, LiveReader, LiveRecord, LiveStart } from './types.ts';

/** What live readers can go back to: whichever is less. */
const RECORDS = 10_000;
const BYTES = 4 * 1024 * 1024;
/** Runs that are kept in mind. */
const EPOCHS = 100;

/**
 * The last records of a capture, for live readers and for the window. Bounded, whatever the readers do: each is told of
 * a record once, in the writer's own turn, and how much of it a reader can take is the reader's business.
 */
export class LiveRing {
  readonly #records = new Fifo<LiveRecord>();
  #bytes = 0;
  readonly #readers = new Set<LiveReader>();
  #epoch: Epoch;
  readonly #earlier: readonly Epoch[];

  /** `earlier`: the runs before this one, the newest last. */
  constructor(epoch: Epoch, earlier: readonly Epoch[] = []) {
    this.#epoch = epoch;
    this.#earlier = earlier.slice(1 - EPOCHS);
  }

  get epochs(): readonly Epoch[] {
    return [...this.#earlier, this.#epoch];
  }

  /** Less was there than was thought. Nothing was added yet. */
  startFrom(from: number): void {
    this.#epoch = { ...this.#epoch, from };
  }

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

  /** Tells a reader where it begins, of the records here that follow on `after` (null: of none), and then of every one. */
  listen(after: string | null, reader: LiveReader): () => void {
    const start = this.#startAfter(after);
    reader.begin(start);
    const { has } = start;
    if (has !== null)
      for (const record of this.#records.newest(RECORDS)) if (record.number > has) reader.record(record);
    this.#readers.add(reader);
    return () => {
      this.#readers.delete(reader);
    };
  }

  /**
   * A run begins behind what was durable: whoever read further in the one before was given records that a crash took
   * back, and their numbers are others' now.
   */
  #startAfter(after: string | null): LiveStart {
    const newest = this.#records.newest(1)[0]?.number ?? this.#epoch.from;
    const [, id, digits] = /^(?:([a-z\d]+)-)?(\d{1,15})$/.exec(after ?? '') ?? [];
    const start = { epoch: this.#epoch.id, newest };
    if (digits === undefined) return { ...start, has: null, takenBack: 0 };
    const given = Number(digits);
    const { epochs } = this;
    const place = epochs.findIndex((epoch) => epoch.id === id);
    // Of a bare number, and of a run that nobody knows any more, only what cannot be is known.
    const since = place >= 0 ? epochs.slice(place + 1) : id !== undefined || given > newest ? [this.#epoch] : [];
    const has = Math.min(given, newest, ...since.map(({ from }) => from));
    return { ...start, has, takenBack: given - has };
  }

  close(): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}
