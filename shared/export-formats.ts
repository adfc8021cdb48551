/** What is known of formats without asking a schema, so that the renderer can load it. */
import type { Compression, CsvFormat, ExportFormat } from './export.ts';

/** CSV as `COPY … CSV HEADER` of PostgreSQL writes it: the usual one wherever nobody says otherwise. */
export const usualCsv: CsvFormat = {
  kind: 'csv',
  delimiter: ',',
  quote: '"',
  escape: '"',
  quoting: 'needed',
  nullText: '',
  header: true,
  lineEnding: 'lf',
  bom: false,
  encoding: 'utf-8',
  formulaGuard: false,
};

/** Rows of one INSERT statement where nobody says otherwise. */
export const usualInsertRows = 500;

/** True of binary formats, which are compressed inside: nothing is to be compressed around them, or cut and gone on with. */
export function compressesInside({ kind }: Pick<ExportFormat, 'kind'>): boolean {
  return kind === 'parquet' || kind === 'xlsx';
}

/** False for brotli: its streams neither concatenate nor go on with another encoder. Such an export starts over. */
export function compressionCanResume(compression: Compression): boolean {
  return compression !== 'brotli';
}
