import type { Split } from '../../../shared/export.ts';
import type { PortalReader } from '../database/index.ts';
import type { BufferPool } from '../flow/index.ts';
import { Output, type EncodeOptions, type RowEncoder, type ValueFormat } from './encode/index.ts';
import type { KeyReader } from './key-reader.ts';

/** A place between two rows. */
export interface Place {
  /** Rows of all files, and of the current one. */
  readonly rows: number;
  readonly fileRows: number;
  /** Key of the last row; empty where there is none. */
  readonly after: readonly string[];
  /** What the encoder needs to go on; null where it cannot, in the middle of a file. */
  readonly state: unknown;
  /** Bytes of the current file before they were compressed. */
  readonly position: number;
}

/** What is read now, and where it goes. */
export interface Reading {
  /** Null: the export can only start over. */
  readonly key: KeyReader | null;
  /** True where the key is a person's word. */
  readonly isDeclared: boolean;
  /** How the columns are asked for. */
  readonly formats: readonly ValueFormat[];
  encoder(options: Pick<EncodeOptions, 'rowsBefore' | 'state'>): RowEncoder;
}

export interface RowFlowOptions {
  readonly pool: BufferPool;
  readonly split: Split | null;
  /** Bytes that are worth a write: a buffer is handed on with so many in it. */
  readonly worth: () => number;
  /** Gets each filled buffer. */
  readonly push: (buffer: Buffer, bytes: number) => void;
  /** A file is whole at `place`; what is pushed from now on belongs to the next one. */
  readonly next: (place: Place) => void;
}

/** Rows on their way into files: counts them, encodes them, and begins another file where one is full. Synchronous. */
export class RowFlow implements PortalReader {
  readonly #options: RowFlowOptions;
  #reading: Reading | null = null;
  #encoder: RowEncoder | null = null;
  #out: Output | null = null;
  #rows = 0;
  #tablesBefore = 0;
  #fileRows = 0;
  #isFull = false;
  #isBroken = false;
  #isSeen = false;

  constructor(options: RowFlowOptions) {
    this.#options = options;
  }

  /** Rows of all files. */
  get rows(): number {
    return this.#rows;
  }

  /** Rows of the table that is read. */
  get tableRows(): number {
    return this.#rows - this.#tablesBefore;
  }

  /** Rows of the current file. */
  get fileRows(): number {
    return this.#fileRows;
  }

  /** False where a row was left in the middle: what was written last ends nowhere. */
  get isWhole(): boolean {
    return !this.#isBroken;
  }

  /** Begins a file after so many rows of others, those of other tables among them, or goes on in the middle of one. */
  begin(reading: Reading, from: Pick<Place, 'rows' | 'fileRows' | 'state' | 'position'>, tablesBefore = 0): void {
    const { pool, push } = this.#options;
    const goesOn = from.position > 0;
    this.#tablesBefore = tablesBefore;
    const encoder = reading.encoder({ rowsBefore: from.rows - tablesBefore, ...(goesOn && { state: from.state }) });
    this.#reading = reading;
    this.#encoder = encoder;
    this.#rows = from.rows;
    this.#fileRows = from.fileRows;
    this.#isFull = false;
    this.#out?.close();
    this.#out = new Output(pool, push, from.position);
    if (!goesOn) encoder.begin(this.#out);
  }

  row(chunk: Buffer, start: number, end: number): void {
    const reading = this.#reading;
    if (!reading) throw new Error('Nothing is read');
    if (this.#isFull) this.#turnOver(reading);
    const out = this.#out;
    const encoder = this.#encoder;
    if (!out || !encoder) throw new Error('No file is open');
    this.#isBroken = true;
    const isNew = !reading.isDeclared || (reading.key?.check(chunk, start, this.tableRows) ?? true);
    if (isNew) encoder.row(chunk, start, end, out);
    this.#isBroken = false;
    if (!isNew) return;
    this.#rows += 1;
    this.#fileRows += 1;
    const { split } = this.#options;
    if (split && this.#reached(split)) {
      this.#isFull = true;
      this.#note(chunk, start);
    }
  }

  pass(chunk: Buffer, start: number): void {
    this.#note(chunk, start);
    // The first rows are in the file at once.
    if (!this.#isSeen || (this.#out?.at ?? 0) >= this.#options.worth()) this.flush();
    this.#isSeen = true;
  }

  /** Where it stands; everything before is handed on. */
  place(): Place {
    this.flush();
    return {
      rows: this.#rows,
      fileRows: this.#fileRows,
      after: this.#reading?.key?.texts ?? [],
      state: this.#encoder?.state() ?? null,
      position: this.#out?.position ?? 0,
    };
  }

  /** Hands on what waits for a buffer to be full. */
  flush(): void {
    this.#out?.flush();
  }

  /** Writes what ends the file. */
  end(): Place {
    if (this.#out) this.#encoder?.end(this.#out);
    return this.place();
  }

  close(): void {
    this.#out?.close();
    this.#out = null;
  }

  #note(chunk: Buffer, start: number): void {
    const wasBroken = this.#isBroken;
    // Rows without their key are no place to go on after.
    this.#isBroken = true;
    this.#reading?.key?.note(chunk, start, this.tableRows);
    this.#isBroken = wasBroken;
  }

  /** The next file is begun with its first row, so that none stays empty. */
  #turnOver(reading: Reading): void {
    this.#options.next(this.end());
    this.begin(reading, { rows: this.#rows, fileRows: 0, state: null, position: 0 }, this.#tablesBefore);
  }

  #reached({ rows = Infinity, bytes = Infinity }: Split): boolean {
    return this.#fileRows >= rows || (this.#out?.position ?? 0) >= bytes;
  }
}
