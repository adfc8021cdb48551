/** What the files of an export are called. Pure. */
import type { Compression, ExportFormat } from '../../../shared/export.ts';
import { safeFileName } from '../files/index.ts';

const formats: Readonly<Record<ExportFormat['kind'], string>> = {
  csv: '.csv',
  ndjson: '.ndjson',
  json: '.json',
  'sql-insert': '.sql',
  'sql-copy': '.sql',
  parquet: '.parquet',
  xlsx: '.xlsx',
  markdown: '.md',
  html: '.html',
};
const compressions: Readonly<Record<Compression, string>> = { none: '', gzip: '.gz', zstd: '.zst', brotli: '.br' };

/** What the name of a file in this format ends in, with its dot: “.csv.gz”. */
export function extensionOf(format: ExportFormat, compression: Compression): string {
  const isTabs = format.kind === 'csv' && format.delimiter === '\t';
  return (isTabs ? '.tsv' : formats[format.kind]) + compressions[compression];
}

/** The file of a table among several. */
export function tableFileName(
  table: { readonly schema: string; readonly name: string },
  format: ExportFormat,
  compression: Compression,
): string {
  return safeFileName(`${table.schema}.${table.name}${extensionOf(format, compression)}`);
}

/** The `n`-th file, from 1, of an export that is split: “orders-0001.csv.gz”. */
export function numberedFileName(name: string, n: number, format: ExportFormat, compression: Compression): string {
  const usual = extensionOf(format, compression);
  const other = /(?:\.[a-z0-9]{1,10})?$/i.exec(name)?.[0] ?? '';
  const extension = name.toLowerCase().endsWith(usual) ? name.slice(-usual.length) : other;
  return `${name.slice(0, name.length - extension.length)}-${String(n).padStart(4, '0')}${extension}`;
}
