import { Fifo } from './fifo.ts';
import type { Epoch, LiveReader, LiveRecord, LiveStart } from './types.ts';

/** What live readers can go back to: whichever is less. */
const RECORDS = 10_000;
const BYTES = 4 * 1024 * 1024;
/** Runs that are kept in mind. */
const EPOCHS = 100;

/**
 * The last records of a capture, for live readers and for the window. Bounded, whatever the readers do: in the writer's own
 * turn they are only told that there is more, and each takes it from here when it can.
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
    for (const reader of this.#readers) reader.more(record.number);
  }

  /** The newest records, newest last. */
  newest(count: number): LiveRecord[] {
    return this.#records.newest(count);
  }

  /** Tells a reader where it begins, and then of every record that is added. */
  listen(after: string | null, reader: LiveReader): () => void {
    reader.begin({ ...this.#startAfter(after), read: (number, bytes) => this.#read(number, bytes) });
    this.#readers.add(reader);
    return () => {
      this.#readers.delete(reader);
    };
  }

  #read(after: number, bytes: number): LiveRecord[] {
    const found: LiveRecord[] = [];
    // Their numbers follow one on the other.
    let n = Math.max(0, after + 1 - (this.#records.peek()?.number ?? 0));
    for (let room = bytes; ; n += 1) {
      const record = this.#records.at(n);
      room -= record?.data.length ?? 0;
      if (!record || (room < 0 && found.length > 0)) return found;
      found.push(record);
    }
  }

  /**
   * A run begins behind what was durable: whoever read further in the one before was given records that a crash took
   * back, and their numbers are others' now.
   */
  #startAfter(after: string | null): Omit<LiveStart, 'read'> {
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
