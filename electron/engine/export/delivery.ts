import type { PortalReader } from '../database/index.ts';
import type { BufferPool } from '../flow/index.ts';
import type { Pace } from './pace.ts';
import { PartFiles } from './part-files.ts';
import type { Start } from './resume.ts';
import { RowFlow, type Place, type Reading } from './row-flow.ts';
import type { Checkpoint, ExportFile, ExportSpec, Tail } from './types.ts';
import type { Unit } from './unit.ts';
import { WriteQueue } from './write-queue.ts';

export interface DeliveryOptions {
  readonly spec: ExportSpec;
  readonly pool: BufferPool;
  readonly pace: Pace;
  /** More has become durable. */
  readonly onCommit: () => void;
  /** Another file begins; resolves when its owner has noted `durable`. */
  readonly stored: () => Promise<void>;
  /** The reader has to stop (true), or may go on (false). */
  readonly onBehind: (behind: boolean) => void;
  /** Called once, when the disk refused. */
  readonly onError: (error: Error) => void;
}

/** Where an encoder goes on: what `Checkpoint.encoder` holds. */
interface EncoderPlace {
  readonly state: unknown;
  /** Bytes of the file before they were compressed. */
  readonly position: number;
}

/** From rows to durable bytes: encodes, writes behind, steps from file to file, and takes checkpoints. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #files: PartFiles;
  readonly #queue: WriteQueue;
  readonly #flow: RowFlow;
  /** What is written now; null between two tables. */
  #unit: Unit | null = null;
  #inner = '';
  /** Number of the current file among those of its table. */
  #number = 1;
  #checkpoint: Checkpoint | null = null;
  /** Rows of the current file that were durable at the last commit, and its bytes. */
  #durable = { rows: 0, bytes: 0 };
  #committing: Promise<void> = Promise.resolve();
  /** Nothing is marked any more: a journal without the file that is being let go would lose all of it. */
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { spec, pool, pace } = options;
    this.#files = new PartFiles({ folder: spec.folder, compression: spec.compression, pace });
    this.#queue = new WriteQueue(
      pool,
      () => pace.room,
      (buffer, bytes) => this.#files.write(buffer, bytes),
    );
    this.#queue.onBehind = options.onBehind;
    this.#queue.onError = options.onError;
    this.#flow = new RowFlow({
      pool,
      split: spec.split,
      worth: () => pace.most,
      push: (buffer, bytes) => this.#queue.push(buffer, bytes),
      next: (place) => this.#next(place),
    });
  }

  /** What rows are read into. */
  get reader(): PortalReader {
    return this.#flow;
  }

  /** Rows of all files so far. */
  get rows(): number {
    return this.#flow.rows;
  }

  /** Rows of the table that is read. */
  get tableRows(): number {
    return this.#flow.tableRows;
  }

  /** Bytes of all files so far, as they are on the disk. */
  get bytes(): number {
    return this.#files.bytes;
  }

  /** Ms spent in writes to the disk so far. */
  get writing(): number {
    return this.#files.writing;
  }

  get queue(): { used: number; size: number } {
    return this.#queue.level;
  }

  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /** Files as the journal has them: the current one with what of it is durable. */
  get durable(): ExportFile[] {
    return this.#files.list(this.#durable.rows, this.#durable.bytes);
  }

  /** Files as they are now. */
  get files(): ExportFile[] {
    return this.#files.list(this.#flow.fileRows, this.#files.position);
  }

  /** Takes over what an earlier run left. */
  adopt({ kept, anew }: Start): void {
    this.#files.adopt(kept, anew);
  }

  /** Opens the file that a unit's rows go to, new or in its middle. `inner`: the folder in the export's folder, or ''. */
  async open(unit: Unit, inner: string, reading: Reading, start: Start): Promise<void> {
    this.#inner = inner;
    const { middle, rows } = start;
    const others = this.#files.finished.filter(({ table }) => table !== unit.table);
    const tablesBefore = others.reduce((sum, file) => sum + file.rows, 0);
    this.#number = start.kept.filter((file) => file.table === unit.table).length + 1;
    if (middle) {
      const { file, checkpoint } = middle;
      await this.#files.goOn(file, checkpoint.bytes, checkpoint.compressor, checkpoint.tail);
      this.#checkpoint = checkpoint;
      this.#durable = { rows: file.rows, bytes: checkpoint.bytes };
      const { state, position } = checkpoint.encoder as EncoderPlace;
      this.#flow.begin(reading, { rows, fileRows: file.rows, state, position }, tablesBefore);
      this.#unit = unit;
      return;
    }
    this.#checkpoint = start.after === null ? null : this.#atBegin({ rows, after: start.after });
    await this.#openFile(unit);
    this.#flow.begin(reading, { rows, fileRows: 0, state: null, position: 0 }, tablesBefore);
    this.#unit = unit;
  }

  /** Hands on rows that wait for a buffer to be full. */
  flush(): void {
    this.#flow.flush();
  }

  /** Makes what is there durable, as a point to go on from, behind the scenes. Between two rows only. */
  mark(): void {
    if (this.#isClosed || !this.#flow.isWhole || !this.#unit || this.#unit.key.length === 0) return;
    const place = this.#flow.place();
    if (place.after.length === 0 || place.state === null) return;
    this.#queue.do(async () => {
      const compressor = await this.#files.boundary();
      const tail = this.#files.mark();
      await this.#committing;
      // Not waited for: the next writes need not stand still meanwhile.
      this.#committing = this.#commit(place, this.#files.position, compressor, tail);
    });
  }

  /** Ends the current file, the last of its table, and gives it its name. Until the next one there is nothing to mark. */
  async endFile(): Promise<void> {
    this.#unit = null;
    const { fileRows } = this.#flow.end();
    this.#flow.close();
    this.#queue.do(() => this.#finish(fileRows, true));
    await this.#queue.idle();
  }

  /** Resolves when all that was asked for is done, or the disk refused. */
  async settle(): Promise<void> {
    await this.#queue.idle();
    await this.#committing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.settle();
    this.#flow.close();
    await this.#files.close();
  }

  async #openFile(unit: Unit): Promise<void> {
    this.#durable = { rows: 0, bytes: 0 };
    await this.#files.open(this.#inner, unit.fileName(this.#number), unit.table, this.#options.stored);
  }

  async #finish(rows: number, endsTable: boolean): Promise<void> {
    await this.#committing;
    await this.#files.finish(rows, endsTable);
  }

  #next(place: Place): void {
    const unit = this.#unit;
    if (!unit) throw new Error('Nothing is written');
    this.#queue.do(async () => {
      await this.#finish(place.fileRows, false);
      this.#number += 1;
      this.#checkpoint = place.after.length > 0 ? this.#atBegin(place) : null;
      await this.#openFile(unit);
    });
  }

  /** A checkpoint before the first byte of a file. */
  #atBegin({ rows, after }: Pick<Place, 'rows' | 'after'>): Checkpoint {
    return { at: Date.now(), rows, bytes: 0, after, encoder: null, compressor: null };
  }

  async #commit(place: Place, bytes: number, compressor: unknown, tail: Tail): Promise<void> {
    try {
      await this.#files.sync();
    } catch (error) {
      this.#options.onError(error as Error);
      return;
    }
    const encoder: EncoderPlace = { state: place.state, position: place.position };
    this.#checkpoint = { at: Date.now(), rows: place.rows, bytes, after: place.after, encoder, compressor, tail };
    this.#durable = { rows: place.fileRows, bytes };
    this.#options.onCommit();
  }
}
