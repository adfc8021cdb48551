/** INSERT statements of so many rows each, which any database with standard strings reads. */
import type { PortalColumn } from '../../database/portal-types.ts';
import type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
import type { Output } from './output.ts';
import { columnList, targetTable } from './target-table.ts';
import { TextRows } from './text-rows.ts';
import { isFormattedHere, kindOf } from './types-of-values.ts';
import { between, binaryWriter, escaping, neverLong, plain, type ValueWriter } from './value-writer.ts';

/** The settings that the file is to be read with, as pg_dump writes them. */
export const SQL_SETTINGS = "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\n";

const literal = between("'", escaping({ "'": "''" }));
const TRUE = 116;
const trueBytes = Buffer.from('true');
const falseBytes = Buffer.from('false');

const boolean = neverLong((chunk, start, _end, buffer, at) => {
  const word = chunk[start] === TRUE ? trueBytes : falseBytes;
  return at + word.copy(buffer, at);
});

/** Bare digits, but 'NaN' and 'Infinity' in quotes. */
const numeric: ValueWriter = {
  short: (chunk, start, end, buffer, at) => {
    const last = chunk[end - 1] ?? 0;
    return (last >= 48 && last <= 57 ? plain : literal).short(chunk, start, end, buffer, at);
  },
  long: plain.long,
};

export class SqlInsertEncoder implements RowEncoder {
  readonly formats: readonly ValueFormat[];
  readonly #perStatement: number;
  readonly #head: Buffer;
  readonly #rows: TextRows;
  /** Rows of the statement that is not ended. */
  #open: number;

  constructor(
    format: { readonly table: string | null; readonly rows: number },
    columns: readonly PortalColumn[],
    { timeZone, table, hasIdentity = false, state }: EncodeOptions,
  ) {
    const names = columnList(columns);
    const overriding = hasIdentity ? ' OVERRIDING SYSTEM VALUE' : '';
    this.#perStatement = format.rows;
    this.#head = Buffer.from(`INSERT INTO ${targetTable(format.table, table)} (${names})${overriding} VALUES\n`);
    this.#open = (state as { readonly open?: number } | undefined)?.open ?? 0;
    this.formats = columns.map(({ oid }) => (isFormattedHere(kindOf(oid), timeZone) ? 1 : 0));
    this.#rows = new TextRows({
      before: columns.map((_, index) => (index === 0 ? '(' : ', ')),
      after: ')',
      nullText: 'NULL',
      writers: columns.map(({ oid }) => writerFor(oid, timeZone)),
    });
  }

  begin(out: Output): void {
    out.write(Buffer.from(SQL_SETTINGS));
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    out.write(this.#open === 0 ? this.#head : nextRow);
    this.#rows.write(chunk, start, end, out);
    this.#open += 1;
    if (this.#open === this.#perStatement) this.#endStatement(out);
  }

  end(out: Output): void {
    if (this.#open > 0) this.#endStatement(out);
  }

  state(): unknown {
    return { open: this.#open };
  }

  #endStatement(out: Output): void {
    out.write(endOfStatement);
    this.#open = 0;
  }
}

const nextRow = Buffer.from(',\n');
const endOfStatement = Buffer.from(';\n');

/** Floats stand in quotes: a bare -0 or 1e400 would pass through integer or numeric on its way in. */
function writerFor(oid: number, timeZone: string): ValueWriter {
  const kind = kindOf(oid);
  if (isFormattedHere(kind, timeZone)) return between("'", binaryWriter(kind, { json: false }) ?? plain);
  switch (kind) {
    case 'boolean':
      return boolean;
    case 'integer':
      return plain;
    case 'numeric':
      return numeric;
    default:
      return literal;
  }
}
