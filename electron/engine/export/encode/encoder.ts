/** What turns rows into bytes of a file, as types. Each format has an encoder of its own; `createEncoder` chooses. */
import type { PortalColumn } from '../../database/portal-types.ts';
import type { Output } from './output.ts';

/** How a column's values are asked for in Bind: 0 as text, 1 as the type's binary form (PostgreSQL manual, 55.7). */
export type ValueFormat = 0 | 1;

/**
 * Writes the rows of one file. Everything is synchronous: a row is encoded while its bytes are still in the socket's
 * buffer. An encoder serves one file; of a split export each file has its own.
 */
export interface RowEncoder {
  /** How it wants the columns, one for each; the portal is opened with this. */
  readonly formats: readonly ValueFormat[];
  /** Writes what stands before the first row. Not called for a file that goes on. */
  begin(out: Output): void;
  /**
   * Writes one row. `chunk` from `start` to `end` is the body of a DataRow message: an Int16 count, then for each column
   * an Int32 length (-1: NULL) and its bytes. They are valid during the call only. A row may have more columns at its
   * end than the encoder was made for (those of a key that nobody asked for): they are not written.
   * @throws cannot-encode (names row and column), too-large-for-format
   */
  row(chunk: Buffer, start: number, end: number, out: Output): void;
  /** Writes what stands after the last row. */
  end(out: Output): void;
  /**
   * What an encoder needs to go on in a later run, as JSON can hold it; valid between two rows. Null where the format
   * cannot go on in the middle of a file (Parquet, XLSX): such an export starts over.
   */
  state(): unknown;
}

export interface EncodeOptions {
  /** IANA name. The session's `TimeZone` has to be the same (`beginReading` sees to it). */
  readonly timeZone: string;
  /** Schema and table that SQL formats write to where the format names none. */
  readonly table: readonly string[];
  /** True where INSERT has to override what the table's columns make of themselves (GENERATED ALWAYS AS IDENTITY). */
  readonly hasIdentity?: boolean;
  /** Rows of the export before this file, or before where it goes on: errors name the row by its number. */
  readonly rowsBefore: number;
  /** What `state()` said at the checkpoint; left out at the beginning of a file. */
  readonly state?: unknown;
}

export type CreateEncoder<Format> = (
  format: Format,
  columns: readonly PortalColumn[],
  options: EncodeOptions,
) => RowEncoder;
