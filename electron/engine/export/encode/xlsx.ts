/**
 * XLSX (ECMA-376) with texts inside the sheets instead of a table of shared strings, which would have to be whole in
 * memory. A sheet that is full is followed by another one.
 */
import { SluiceError } from '../../../../shared/failure.ts';
import type { PortalColumn } from '../../database/portal-types.ts';
import type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
import type { Output } from './output.ts';
import { fieldBeyondRow } from './row-values.ts';
import { cellRoom, cellWriter, EMPTY_CELL, NotInCell, textCell, type WriteCell } from './xlsx-cells.ts';
import { firstParts, lastParts, SHEET_END, sheetHead, sheetPath } from './xlsx-parts.ts';
import { ZipStream } from './zip-stream.ts';

/** “Excel specifications and limits”. */
const [MOST_COLUMNS, MOST_ROWS] = [16_384, 1_048_576] as const;
/** Bytes of a sheet: an entry of 4 GiB would need Zip64, which not every spreadsheet reads. */
const MOST_BYTES = 3 * 1024 ** 3;
const ROW = [Buffer.from('<row>'), Buffer.from('</row>')] as const;

export interface XlsxLimits {
  readonly rows: number;
  readonly bytes: number;
}

export class XlsxEncoder implements RowEncoder {
  readonly formats: readonly ValueFormat[];
  readonly #names: readonly string[];
  readonly #writers: readonly WriteCell[];
  readonly #header: boolean;
  readonly #limits: XlsxLimits;
  readonly #zip = new ZipStream();
  #rowNumber: number;
  #sheets = 0;
  /** Rows of the current sheet, that of the names included. */
  #sheetRows = 0;

  /** @throws too-large-for-format for more columns than a sheet has */
  constructor(
    format: { readonly header: boolean },
    columns: readonly PortalColumn[],
    { rowsBefore }: Pick<EncodeOptions, 'rowsBefore'>,
    limits: XlsxLimits = { rows: MOST_ROWS, bytes: MOST_BYTES },
  ) {
    if (columns.length > MOST_COLUMNS) {
      const detail = `a sheet has ${MOST_COLUMNS} columns at most, and there are ${columns.length}`;
      throw new SluiceError('too-large-for-format', { format: 'XLSX', detail });
    }
    this.formats = columns.map(() => 0);
    this.#names = columns.map(({ name }) => name);
    this.#writers = columns.map(({ oid }) => cellWriter(oid));
    this.#header = format.header;
    this.#limits = limits;
    this.#rowNumber = rowsBefore;
  }

  begin(out: Output): void {
    for (const [path, xml] of firstParts) this.#part(path, xml, out);
    this.#beginSheet(out);
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    this.#rowNumber += 1;
    const { rows, bytes } = this.#limits;
    if (this.#sheetRows >= rows || this.#zip.size >= bytes) {
      this.#endSheet(out);
      this.#beginSheet(out);
    }
    const zip = this.#zip;
    zip.write(ROW[0], out);
    let from = start + 2;
    for (let index = 0; index < this.#writers.length; index += 1) {
      const length = chunk.readInt32BE(from);
      from += 4;
      if (length < 0) zip.write(EMPTY_CELL, out);
      else {
        if (from + length > end) throw fieldBeyondRow();
        try {
          zip.ensure(cellRoom(length), out);
          zip.at = (this.#writers[index] as WriteCell)(chunk, from, from + length, zip.buffer, zip.at);
        } catch (error) {
          throw this.#explained(error, index);
        }
        from += length;
      }
    }
    zip.write(ROW[1], out);
    this.#sheetRows += 1;
  }

  end(out: Output): void {
    this.#endSheet(out);
    for (const [path, xml] of lastParts(this.#sheets)) this.#part(path, xml, out);
    this.#zip.finish(out);
  }

  state(): null {
    return null;
  }

  #part(path: string, xml: string, out: Output): void {
    this.#zip.begin(path, out);
    this.#zip.write(Buffer.from(xml), out);
    this.#zip.end(out);
  }

  #beginSheet(out: Output): void {
    const zip = this.#zip;
    this.#sheets += 1;
    this.#sheetRows = this.#header ? 1 : 0;
    zip.begin(sheetPath(this.#sheets), out);
    zip.write(Buffer.from(sheetHead(this.#header)), out);
    if (!this.#header) return;
    zip.write(ROW[0], out);
    for (const name of this.#names) {
      const bytes = Buffer.from(name);
      zip.ensure(cellRoom(bytes.length), out);
      zip.at = textCell(bytes, 0, bytes.length, zip.buffer, zip.at);
    }
    zip.write(ROW[1], out);
  }

  #endSheet(out: Output): void {
    this.#zip.write(Buffer.from(SHEET_END), out);
    this.#zip.end(out);
  }

  #explained(error: unknown, index: number): unknown {
    if (!(error instanceof NotInCell)) return error;
    const params = { row: this.#rowNumber, column: this.#names[index] ?? '', detail: error.message };
    return new SluiceError('cannot-encode', params, { cause: error });
  }
}
