/** One column of the row group that is being filled: its values as pages, of which the finished ones are compressed. */
import { freeMemory } from '../free-memory.ts';
import { compressPage, type PageCompression } from './parquet-compression.ts';
import { encodeThrift, varint } from './parquet-thrift.ts';
import type { ParquetType, PutValue } from './parquet-types.ts';

/** Rows of a page at most: what readers expect (Parquet, “Page Index”), and a bound for its bitmap. */
const PAGE_ROWS = 32_768;
const BITMAP = PAGE_ROWS / 8;
/** Before the values of a page stand its definition levels: length, header of the run, bitmap. */
const HEAD = 4 + 4 + BITMAP;
/** What a value of fixed length, or the length of one that is not, takes. */
const MARGIN = 32;

const [DATA_PAGE, PLAIN, RLE] = [0, 0, 3] as const;

export interface ColumnTotals {
  readonly values: number;
  readonly nulls: number;
  /** Bytes with the headers of the pages. */
  readonly uncompressed: number;
  readonly compressed: number;
}

export class ParquetColumn {
  readonly #put: PutValue;
  readonly #pageSize: number;
  readonly #compression: PageCompression;
  /** Head and values of the page that is being filled. */
  #page: Buffer;
  #at = HEAD;
  #rows = 0;
  #present = 0;
  /** A bit for each row: 1 where it is not NULL. */
  readonly #bitmap = Buffer.alloc(BITMAP);
  #finished: Buffer[] = [];
  #values = 0;
  #nulls = 0;
  #uncompressed = 0;
  #compressed = 0;

  constructor(type: ParquetType, pageSize: number, compression: PageCompression) {
    this.#put = type.put;
    this.#pageSize = pageSize;
    this.#compression = compression;
    this.#page = Buffer.allocUnsafeSlow(HEAD + Math.min(pageSize, 8192));
  }

  /** Bytes of the finished pages. */
  get compressed(): number {
    return this.#compressed;
  }

  /** Adds a value as PostgreSQL sent it. @throws NotInParquet */
  add(chunk: Buffer, from: number, to: number): void {
    const length = to - from;
    if (this.#page.length - this.#at < length + MARGIN || this.#rows === PAGE_ROWS) this.#makeRoom(length + MARGIN);
    const row = this.#rows;
    this.#at = this.#put(chunk, from, to, this.#page, this.#at, this.#present);
    this.#present += 1;
    this.#bitmap[row >> 3] = (this.#bitmap[row >> 3] as number) | (1 << (row & 7));
    this.#rows = row + 1;
  }

  addNull(): void {
    if (this.#rows === PAGE_ROWS) this.#finishPage();
    this.#rows += 1;
  }

  /** Finishes the last page, and hands over all pages of the group in order. The column is empty then. */
  take(): { readonly pages: readonly Buffer[]; readonly totals: ColumnTotals } {
    this.#finishPage();
    const pages = this.#finished;
    const totals = {
      values: this.#values,
      nulls: this.#nulls,
      uncompressed: this.#uncompressed,
      compressed: this.#compressed,
    };
    this.#finished = [];
    this.#values = 0;
    this.#nulls = 0;
    this.#uncompressed = 0;
    this.#compressed = 0;
    return { pages, totals };
  }

  #makeRoom(bytes: number): void {
    const filled = this.#at - HEAD;
    if (this.#rows === PAGE_ROWS || (filled > 0 && filled + bytes > this.#pageSize)) this.#finishPage();
    const needed = this.#at + bytes;
    if (needed <= this.#page.length) return;
    // Doubles up to the size of a page; a longer value gets what it needs, and gives it back with its page.
    const size = Math.max(needed, Math.min(HEAD + this.#pageSize, this.#page.length * 2));
    const page = Buffer.allocUnsafeSlow(size);
    this.#page.copy(page, 0, 0, this.#at);
    freeMemory(this.#page);
    this.#page = page;
  }

  /** Data page of the first version: levels and values compressed together, which every reader knows. */
  #finishPage(): void {
    const rows = this.#rows;
    if (rows === 0) return;
    const plain = this.#page.subarray(this.#putLevels(rows), this.#at);
    const bytes = compressPage(plain, this.#compression);
    const header = encodeThrift([
      [1, { i32: DATA_PAGE }],
      [2, { i32: plain.length }],
      [3, { i32: bytes.length }],
      [
        5,
        {
          struct: [
            [1, { i32: rows }],
            [2, { i32: PLAIN }],
            [3, { i32: RLE }],
            [4, { i32: RLE }],
          ],
        },
      ],
    ]);
    this.#finished.push(header, bytes);
    this.#values += rows;
    this.#nulls += rows - this.#present;
    this.#uncompressed += header.length + plain.length;
    this.#compressed += header.length + bytes.length;
    this.#bitmap.fill(0, 0, (rows + 7) >> 3);
    this.#rows = 0;
    this.#present = 0;
    this.#at = HEAD;
    if (this.#page.length > HEAD + this.#pageSize) {
      const page = Buffer.allocUnsafeSlow(HEAD + this.#pageSize);
      freeMemory(this.#page);
      this.#page = page;
    }
  }

  /**
   * Writes the definition levels (0: NULL) before the values, as one run where all are alike, else as a bit-packed one.
   * Gives where they begin. In place: what each page would allocate waits for the garbage collector, MB of it.
   */
  #putLevels(rows: number): number {
    const isAlike = this.#present === rows || this.#present === 0;
    const levels = isAlike ? Buffer.of(this.#present === 0 ? 0 : 1) : this.#bitmap.subarray(0, (rows + 7) >> 3);
    const head = varint(isAlike ? rows * 2 : levels.length * 2 + 1);
    const start = HEAD - 4 - head.length - levels.length;
    this.#page.writeUInt32LE(head.length + levels.length, start);
    this.#page.set(head, start + 4);
    this.#page.set(levels, start + 4 + head.length);
    return start;
  }
}
