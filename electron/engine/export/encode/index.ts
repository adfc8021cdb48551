/** Encoders: from rows as PostgreSQL sends them to the bytes of a file. */
import type { ExportFormat } from '../../../../shared/export.ts';
import type { PortalColumn } from '../../database/portal-types.ts';
import { CsvEncoder } from './csv.ts';
import type { EncodeOptions, RowEncoder } from './encoder.ts';
import { HtmlEncoder } from './html.ts';
import { JsonEncoder } from './json.ts';
import { MarkdownEncoder } from './markdown.ts';
import { ParquetEncoder } from './parquet.ts';
import { SqlCopyEncoder } from './sql-copy.ts';
import { SqlInsertEncoder } from './sql-insert.ts';
import { XlsxEncoder } from './xlsx.ts';

export type { EncodeOptions, RowEncoder, ValueFormat } from './encoder.ts';
export { Output } from './output.ts';
export { fieldBytes, fieldText } from './row-values.ts';
export { wrapForFormat } from './wrap-query.ts';

/**
 * The encoder of one file.
 * @throws bad-input where the format's options contradict each other
 */
export function createEncoder(
  format: ExportFormat,
  columns: readonly PortalColumn[],
  options: EncodeOptions,
): RowEncoder {
  switch (format.kind) {
    case 'csv':
      return new CsvEncoder(format, columns, options);
    case 'ndjson':
    case 'json':
      return new JsonEncoder(format.kind, columns, options);
    case 'sql-insert':
      return new SqlInsertEncoder(format, columns, options);
    case 'sql-copy':
      return new SqlCopyEncoder(format, columns, options);
    case 'parquet':
      return new ParquetEncoder(format, columns, options);
    case 'xlsx':
      return new XlsxEncoder(format, columns, options);
    case 'markdown':
      return new MarkdownEncoder(columns, options);
    case 'html':
      return new HtmlEncoder(columns, options);
  }
}
