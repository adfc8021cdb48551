/** COPY … FROM stdin with its data in text format, as pg_dump writes it (PostgreSQL manual, COPY, “Text Format”). */
import type { PortalColumn } from '../../database/portal-types.ts';
import type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
import type { Output } from './output.ts';
import { SQL_SETTINGS } from './sql-insert.ts';
import { columnList, targetTable } from './target-table.ts';
import { TextRows } from './text-rows.ts';
import { isFormattedHere, kindOf } from './types-of-values.ts';
import { binaryWriter, escaping, plain, type ValueWriter } from './value-writer.ts';

const text = escaping({
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '\v': String.raw`\v`,
  '\\': '\\\\',
});

export class SqlCopyEncoder implements RowEncoder {
  readonly formats: readonly ValueFormat[];
  readonly #head: string;
  readonly #rows: TextRows;

  constructor(
    format: { readonly table: string | null },
    columns: readonly PortalColumn[],
    { timeZone, table }: EncodeOptions,
  ) {
    const names = columnList(columns);
    this.#head = `${SQL_SETTINGS}COPY ${targetTable(format.table, table)} (${names}) FROM stdin;\n`;
    this.formats = columns.map(({ oid }) => (isFormattedHere(kindOf(oid), timeZone) ? 1 : 0));
    this.#rows = new TextRows({
      before: columns.map((_, index) => (index === 0 ? '' : '\t')),
      after: '\n',
      nullText: String.raw`\N`,
      writers: columns.map(({ oid }) => writerFor(oid, timeZone)),
    });
  }

  begin(out: Output): void {
    out.write(Buffer.from(this.#head));
  }

  row(chunk: Buffer, start: number, end: number, out: Output): void {
    this.#rows.write(chunk, start, end, out);
  }

  end(out: Output): void {
    out.write(Buffer.from('\\.\n\n'));
  }

  state(): unknown {
    return {};
  }
}

function writerFor(oid: number, timeZone: string): ValueWriter {
  const kind = kindOf(oid);
  if (isFormattedHere(kind, timeZone)) return binaryWriter(kind, { json: false }) ?? plain;
  return kind === 'boolean' || kind === 'integer' || kind === 'float' || kind === 'numeric' ? plain : text;
}
