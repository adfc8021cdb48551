/** From the words of `sluice export` to what is to be exported, and how. */
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { ExportSource } from '../../shared/database.ts';
import {
  type Compression,
  compressions,
  type CsvFormat,
  type ExportFormat,
  type ExportRequest,
  encodings,
  parquetCompressions,
  quotings,
} from '../../shared/export.ts';
import { usualInsertRows } from '../../shared/export-formats.ts';
import { bad } from './bad-input.ts';
import { parseCount, parseSize } from './size-words.ts';

export interface ExportFlags {
  readonly url?: string;
  readonly connection?: string;
  readonly query?: string;
  readonly table?: readonly string[];
  readonly columns?: string;
  readonly where?: string;
  readonly param?: readonly string[];
  readonly key?: string;
  readonly format?: string;
  readonly compression?: string;
  readonly output?: string;
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly quoting?: string;
  readonly null?: string;
  readonly header?: boolean;
  readonly crlf?: boolean;
  readonly bom?: boolean;
  readonly encoding?: string;
  readonly formulaGuard?: boolean;
  readonly into?: string;
  readonly batch?: string;
  readonly parquetCompression?: string;
  readonly splitRows?: string;
  readonly splitSize?: string;
  readonly timeZone?: string;
  readonly parallel?: string;
  readonly count?: boolean;
  readonly limit?: string;
}

/** Names that `--format` takes. */
export const formatNames = [
  'csv',
  'tsv',
  'ndjson',
  'json',
  'sql',
  'copy',
  'parquet',
  'xlsx',
  'markdown',
  'html',
] as const;
type FormatName = (typeof formatNames)[number];

const endings: Readonly<Record<string, FormatName>> = {
  csv: 'csv',
  tsv: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  sql: 'sql',
  parquet: 'parquet',
  xlsx: 'xlsx',
  md: 'markdown',
  html: 'html',
};
const compressionEndings: Readonly<Record<string, Compression>> = { gz: 'gzip', zst: 'zstd', br: 'brotli' };

/** What `-o` says: a folder, a file, or stdout (“-”). */
export type Destination =
  { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly folder: string; readonly name?: string };

/** Everything but the connection. */
export interface Wanted {
  readonly destination: Destination;
  readonly request: Omit<ExportRequest, 'connection' | 'folder' | 'name'>;
}

/** @throws bad-input for the first flag that cannot be read, or that does not go with another */
export function toExport(flags: ExportFlags, cwd: string): Wanted {
  const destination = toDestination(flags.output, cwd);
  const guessed = destination.kind === 'file' && destination.name ? guess(destination.name) : {};
  const name = flags.format === undefined ? guessed.format : oneOf(flags.format, formatNames, '--format');
  if (name === undefined) bad(`Say the format: --format ${formatNames.join('|')}, or -o with a file like orders.csv.`);
  checkFormat(name, flags);
  const format = toFormat(name, flags);
  const compression =
    flags.compression === undefined
      ? (guessed.compression ?? 'none')
      : oneOf(flags.compression, compressions, '--compression');
  const split = {
    ...(flags.splitRows === undefined ? {} : { rows: parseCount(flags.splitRows, '--split-rows') }),
    ...(flags.splitSize === undefined ? {} : { bytes: parseSize(flags.splitSize) }),
  };
  const isSplit = Object.keys(split).length > 0;
  if (destination.kind === 'stdout') checkStdout(flags);
  return {
    destination,
    request: {
      source: toSource(flags),
      format,
      compression,
      split: isSplit ? split : null,
      ...(flags.timeZone === undefined ? {} : { timeZone: flags.timeZone }),
      ...(flags.parallel === undefined ? {} : { parallel: parseCount(flags.parallel, '--parallel') }),
      ...(flags.count ? { exactCount: true } : {}),
      ...(flags.limit === undefined ? {} : { limit: parseSize(flags.limit) }),
    },
  };
}

/** To stdout goes one stream, once: nothing is kept that could go on, and whoever reads sets the pace. */
function checkStdout(flags: ExportFlags): void {
  if ((flags.table ?? []).length > 1) bad('Only one table goes to stdout: say -o DIR for several.');
  const useless = (
    [
      ['--split-rows', flags.splitRows],
      ['--split-size', flags.splitSize],
      ['--parallel', flags.parallel],
      ['--count', flags.count],
      ['--limit', flags.limit],
      ['--key', flags.key],
    ] as const
  ).find(([, value]) => value !== undefined);
  if (useless) bad(`${useless[0]} goes with a file: say -o FILE, or leave it out.`);
}

const sheets = ['csv', 'tsv'] as const;
/** Flags that only some formats have. */
const formatFlags: readonly (readonly [
  flag: string,
  of: readonly FormatName[],
  given: (flags: ExportFlags) => unknown,
])[] = [
  ['--delimiter', sheets, ({ delimiter }) => delimiter],
  ['--quote', sheets, ({ quote }) => quote],
  ['--escape', sheets, ({ escape }) => escape],
  ['--quoting', sheets, ({ quoting }) => quoting],
  ['--null', sheets, ({ null: text }) => text],
  ['--crlf', sheets, ({ crlf }) => crlf],
  ['--bom', sheets, ({ bom }) => bom],
  ['--encoding', sheets, ({ encoding }) => encoding],
  ['--formula-guard', sheets, ({ formulaGuard }) => formulaGuard],
  ['--no-header', [...sheets, 'xlsx'], ({ header }) => (header === false ? true : undefined)],
  ['--into', ['sql', 'copy'], ({ into }) => into],
  ['--batch', ['sql'], ({ batch }) => batch],
  ['--parquet-compression', ['parquet'], ({ parquetCompression }) => parquetCompression],
];

/** What was asked for and would not be done is said. */
function checkFormat(name: FormatName, flags: ExportFlags): void {
  const useless = formatFlags.find(([, of, given]) => given(flags) !== undefined && !of.includes(name));
  if (useless) bad(`${useless[0]} goes with ${useless[1].join(' or ')}, not with ${name}: leave it out.`);
}

function toDestination(output: string | undefined, cwd: string): Destination {
  if (output === '-') return { kind: 'stdout' };
  if (output === undefined) return { kind: 'file', folder: cwd };
  const path = resolve(cwd, output);
  const isFolder =
    /(?:^|[/\\])\.{0,2}$/.test(output) ||
    !basename(path).includes('.') ||
    statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? { kind: 'file', folder: path } : { kind: 'file', folder: dirname(path), name: basename(path) };
}

function guess(name: string): { format?: FormatName; compression?: Compression } {
  const parts = name.toLowerCase().split('.');
  const compression = compressionEndings[parts.at(-1) ?? ''];
  if (compression) parts.pop();
  const format = endings[parts.at(-1) ?? ''];
  return { ...(format ? { format } : {}), ...(compression ? { compression } : {}) };
}

function toSource({ query, table, columns, where, param, key }: ExportFlags): ExportSource {
  if ((query === undefined) === (table === undefined)) bad('Say what to export: --query SQL, or --table NAME.');
  if (query !== undefined) {
    if (columns !== undefined || where !== undefined) bad('--columns and --where go with --table.');
    return { kind: 'query', sql: query, parameters: [...(param ?? [])], key: key === undefined ? null : names(key) };
  }
  const tables = (table ?? []).map(toTable);
  if (param !== undefined || key !== undefined) bad('--param and --key go with --query.');
  const [first, ...others] = tables;
  if (!first) bad('Say which table.');
  if (others.length > 0) {
    if (columns !== undefined || where !== undefined) bad('--columns and --where go with one table.');
    return { kind: 'tables', tables };
  }
  return { kind: 'table', ...first, columns: columns === undefined ? null : names(columns), where: where ?? null };
}

/** “orders”, “shop.orders”, “"My Schema"."My.Table"”. */
function toTable(text: string): { schema: string; name: string } {
  const parts = [...text.matchAll(/"((?:[^"]|"")+)"|([^".]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
  const [schema, name] = parts.length === 1 ? ['public', parts[0]] : parts;
  if (parts.length > 2 || !schema || !name) bad(`“${text}” is not a table: write schema.table.`);
  return { schema, name };
}

function toFormat(name: FormatName, flags: ExportFlags): ExportFormat {
  switch (name) {
    case 'csv':
    case 'tsv':
      return toCsv(name, flags);
    case 'ndjson':
    case 'json':
    case 'markdown':
    case 'html':
      return { kind: name };
    case 'sql':
      return {
        kind: 'sql-insert',
        table: flags.into ?? null,
        rows: flags.batch === undefined ? usualInsertRows : parseCount(flags.batch, '--batch'),
      };
    case 'copy':
      return { kind: 'sql-copy', table: flags.into ?? null };
    case 'parquet':
      return { kind: 'parquet', compression: toParquet(flags.parquetCompression ?? 'zstd') };
    case 'xlsx':
      return { kind: 'xlsx', header: flags.header ?? true };
  }
}

function toParquet(name: string) {
  return oneOf(name, parquetCompressions, '--parquet-compression');
}

function toCsv(name: 'csv' | 'tsv', flags: ExportFlags): CsvFormat {
  const quote = flags.quote ?? '"';
  const delimiter = flags.delimiter === String.raw`\t` ? '\t' : flags.delimiter;
  return {
    kind: 'csv',
    delimiter: delimiter ?? (name === 'tsv' ? '\t' : ','),
    quote,
    escape: flags.escape ?? quote,
    quoting: flags.quoting === undefined ? 'needed' : oneOf(flags.quoting, quotings, '--quoting'),
    nullText: flags.null ?? '',
    header: flags.header ?? true,
    lineEnding: flags.crlf ? 'crlf' : 'lf',
    bom: flags.bom ?? false,
    encoding: flags.encoding === undefined ? 'utf-8' : oneOf(flags.encoding.toLowerCase(), encodings, '--encoding'),
    formulaGuard: flags.formulaGuard ?? false,
  };
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function oneOf<T extends string>(text: string, all: readonly T[], flag: string): T {
  return all.find((one) => one === text) ?? bad(`${flag} is one of ${all.join(', ')}, not “${text}”.`);
}
