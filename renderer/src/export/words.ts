import type { RelationKind } from '../../../shared/database.ts';
import type { Compression, CsvFormat, ExportFormat, TextEncoding } from '../../../shared/export.ts';
import { usualCsv, usualInsertRows } from '../../../shared/export-formats.ts';

export const relationWords: Readonly<Record<RelationKind, string>> = {
  table: 'Table',
  'partitioned-table': 'Partitioned table',
  partition: 'Partition',
  view: 'View',
  'materialized-view': 'Materialised view',
  'foreign-table': 'Foreign table',
};

/** The formats as they are offered; TSV is CSV with a tab. */
export const formatWords = {
  csv: 'CSV',
  tsv: 'TSV (tabs)',
  ndjson: 'NDJSON (one object a line)',
  json: 'JSON (one array)',
  parquet: 'Parquet',
  xlsx: 'Excel (XLSX)',
  'sql-insert': 'SQL (INSERT)',
  'sql-copy': 'SQL (COPY)',
  markdown: 'Markdown table',
  html: 'HTML table',
} as const;
export type FormatChoice = keyof typeof formatWords;

/** A format in a word, where it is only named. */
export function formatName(format: ExportFormat): string {
  return formatWords[choiceOf(format)].replace(/ \(.*/, '');
}

export function choiceOf(format: ExportFormat): FormatChoice {
  return format.kind === 'csv' && format.delimiter === '\t' ? 'tsv' : format.kind;
}

/** A format with what most people want of it. */
export function formatOf(choice: FormatChoice): ExportFormat {
  switch (choice) {
    case 'csv':
    case 'tsv':
      return { ...usualCsv, delimiter: choice === 'tsv' ? '\t' : ',' };
    case 'sql-insert':
      return { kind: choice, table: null, rows: usualInsertRows };
    case 'sql-copy':
      return { kind: choice, table: null };
    case 'parquet':
      return { kind: choice, compression: 'zstd' };
    case 'xlsx':
      return { kind: choice, header: true };
    default:
      return { kind: choice };
  }
}

export const compressionWords: Readonly<Record<Compression, string>> = {
  none: 'None',
  gzip: 'gzip (.gz)',
  zstd: 'Zstandard (.zst)',
  brotli: 'Brotli (.br)',
};

export const delimiterWords: Readonly<Record<string, string>> = {
  ',': 'Comma ,',
  ';': 'Semicolon ;',
  '\t': 'Tab',
  '|': 'Pipe |',
};
export const quoteWords: Readonly<Record<string, string>> = { '"': 'Double "', "'": "Single '" };
export const escapeWords: Readonly<Record<string, string>> = { '"': 'Double it', '\\': 'Backslash \\' };
export const quotingWords: Readonly<Record<CsvFormat['quoting'], string>> = {
  needed: 'Where needed',
  text: 'All texts',
  all: 'Everything',
};
export const lineEndingWords: Readonly<Record<CsvFormat['lineEnding'], string>> = {
  lf: 'LF (Unix)',
  crlf: 'CRLF (Windows)',
};
export const encodingWords: Readonly<Record<TextEncoding, string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16',
  'iso-8859-1': 'Latin 1 (ISO 8859-1)',
  'windows-1252': 'Windows 1252',
};
export const parquetWords = { zstd: 'Zstandard', snappy: 'Snappy', gzip: 'gzip', none: 'None' } as const;
