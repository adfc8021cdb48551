/**
 * Parquet (parquet.apache.org, “File Format”), written from the bytes of rows: each column's values go into pages in
 * PLAIN encoding as they come, full pages are compressed, and a row group is written when its pages reach a bound. So
 * memory is bounded by bytes, however wide rows are.
 */
import { SluiceError } from '../../../../shared/failure.ts';
import type { ExportFormat } from '../../../../shared/export.ts';
import type { PortalColumn } from '../../database/portal-types.ts';
import { freeMemory } from '../free-memory.ts';
import type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
import { NotInParquet } from './not-in-parquet.ts';
import type { Output } from './output.ts';
import { ParquetColumn } from './parquet-column.ts';
import { distinctNames, footer, MAGIC, type NamedType, rowGroup, type WrittenColumn } from './parquet-footer.ts';
import { parquetType } from './parquet-types.ts';
import { fieldBeyondRow } from './row-values.ts';

const MIB = 1024 * 1024;
/** Compressed bytes of a row group, about; what is kept in memory. */
const GROUP_BYTES = 3 * MIB;
/** Rows of a row group at most. */
const GROUP_ROWS = 1024 * 1024;
/** Bytes of all pages that are being filled. */
const OPEN_PAGES = 4 * MIB;

type ParquetFormat = Extract<ExportFormat, { kind: 'parquet' }>;

export class ParquetEncoder implements RowEncoder {
  readonly formats: readonly ValueFormat[];
  readonly #types: readonly NamedType[];
  readonly #columns: readonly ParquetColumn[];
  readonly #names: readonly string[];
  readonly #compression: ParquetFormat['compression'];
  readonly #rowsBefore: number;
  /** Metadata of the row groups that are written. */
  readonly #groups: Buffer[] = [];
  #rows = 0;
  #groupRows = 0;
  /** Bytes of rows since it was last looked whether the row group is full. */
  #unlooked = 0;

  constructor(format: ParquetFormat, columns: readonly PortalColumn[], { rowsBefore }: EncodeOptions) {
    const names = distinctNames(columns.map(({ name }) => name));
    const pageSize = Math.min(MIB, Math.max(8192, Math.floor(OPEN_PAGES / Math.max(1, columns.length))));
    this.#types = columns.map((column, index) => ({ name: names[index] as string, type: parquetType(column) }));
    this.#columns = this.#types.map(({ type }) => new ParquetColumn(type, pageSize, format.compression));
    this.formats = this.#types.map(({ type }) => type.format);
    this.#names = columns.map(({ name }) => name);
    this.#compression = format.compression;
    this.#rowsBefore = rowsBefore;
  }

  begin(out: Output): void {
    out.write(MAGIC);
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    const columns = this.#columns;
    let from = start + 2;
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index] as ParquetColumn;
      // By hand: a call for each value costs a tenth of the rows per second.
      const length =
        ((chunk[from] as number) << 24) |
        ((chunk[from + 1] as number) << 16) |
        ((chunk[from + 2] as number) << 8) |
        (chunk[from + 3] as number);
      from += 4;
      if (length < 0) column.addNull();
      else {
        if (from + length > end) throw fieldBeyondRow();
        try {
          column.add(chunk, from, from + length);
        } catch (error) {
          throw this.#explained(error, index);
        }
        from += length;
      }
    }
    this.#rows += 1;
    this.#groupRows += 1;
    this.#unlooked += from - start;
    // Pages fill over many rows: now and then is often enough.
    if ((this.#groupRows & 255) === 0 || this.#unlooked > MIB) this.#endGroupIfFull(out);
  }

  end(out: Output): void {
    this.#endGroup(out);
    out.write(footer(this.#types, this.#groups, this.#rows));
  }

  state(): null {
    return null;
  }

  #endGroupIfFull(out: Output): void {
    this.#unlooked = 0;
    const bytes = this.#columns.reduce((sum, { compressed }) => sum + compressed, 0);
    if (bytes >= GROUP_BYTES || this.#groupRows >= GROUP_ROWS) this.#endGroup(out);
  }

  #endGroup(out: Output): void {
    if (this.#groupRows === 0) return;
    const written = this.#columns.map((column): WrittenColumn => {
      const { pages, totals } = column.take();
      const offset = out.position;
      for (const page of pages) {
        out.write(page);
        freeMemory(page);
      }
      return { ...totals, offset };
    });
    this.#groups.push(rowGroup(this.#types, written, this.#groupRows, this.#compression));
    this.#groupRows = 0;
  }

  #explained(error: unknown, index: number): unknown {
    if (!(error instanceof NotInParquet)) return error;
    const params = { row: this.#rowsBefore + this.#rows + 1, column: this.#names[index] ?? '', detail: error.message };
    return new SluiceError('cannot-encode', params, { cause: error });
  }
}
