/** Exports: the formats, what a person asks for, and how it stands. */
import * as z from 'zod';
import { connectionColors, exportSourceSchema } from './database.ts';

const shortText = z.string().max(20);

/** Characters that a text format may be written in. Those that a character set lacks are an error that names row and column. */
export const encodings = ['utf-8', 'utf-16le', 'iso-8859-1', 'windows-1252'] as const;
export type TextEncoding = (typeof encodings)[number];
export const quotings = ['needed', 'text', 'all'] as const;

export const csvFormatSchema = z.object({
  kind: z.literal('csv'),
  /** One ASCII character: “,”, “;”, a tab (TSV) … */
  delimiter: z.string().length(1),
  /** One ASCII character around a field. */
  quote: z.string().length(1),
  /** One ASCII character before a quote inside quotes; usually the quote itself (RFC 4180). */
  escape: z.string().length(1),
  /** Which fields stand in quotes: those that need it, all that are not numbers or booleans, or all. NULL never does. */
  quoting: z.enum(quotings),
  /** How NULL is written, unquoted. An empty string is quoted where this is empty, as COPY does. */
  nullText: shortText,
  header: z.boolean(),
  lineEnding: z.enum(['lf', 'crlf']),
  /** A byte order mark at the start; spreadsheets ask for it. */
  bom: z.boolean(),
  encoding: z.enum(encodings),
  /** Puts ' before a text that a spreadsheet would run as a formula. Changes the data: off unless asked for. */
  formulaGuard: z.boolean(),
});
export const parquetCompressions = ['zstd', 'snappy', 'gzip', 'none'] as const;

export const exportFormatSchema = z.discriminatedUnion('kind', [
  csvFormatSchema,
  z.object({ kind: z.literal('ndjson') }),
  /** One array of objects. */
  z.object({ kind: z.literal('json') }),
  /** INSERT statements of so many rows. `table` names the target, “schema.table”; null: as the source. */
  z.object({
    kind: z.literal('sql-insert'),
    table: z.string().max(200).nullable(),
    rows: z.int().min(1).max(10_000),
  }),
  /** COPY … FROM stdin with its data, as pg_dump writes. */
  z.object({ kind: z.literal('sql-copy'), table: z.string().max(200).nullable() }),
  z.object({ kind: z.literal('parquet'), compression: z.enum(parquetCompressions) }),
  z.object({ kind: z.literal('xlsx'), header: z.boolean() }),
  z.object({ kind: z.literal('markdown') }),
  z.object({ kind: z.literal('html') }),
]);
export type ExportFormat = z.infer<typeof exportFormatSchema>;
export type CsvFormat = z.infer<typeof csvFormatSchema>;
export type ExportFormatKind = ExportFormat['kind'];

/** Of the file as a whole. Parquet and XLSX are compressed inside, and take `none` only. */
export const compressions = ['none', 'gzip', 'zstd', 'brotli'] as const;
export type Compression = (typeof compressions)[number];

/** A new file begins when one has so many rows or (uncompressed) bytes; null: one file. */
export const splitSchema = z
  .object({ rows: z.int().min(1).optional(), bytes: z.int().min(1).optional() })
  .refine((split) => split.rows !== undefined || split.bytes !== undefined);
export type Split = z.infer<typeof splitSchema>;

/** One export as a person asks for it. */
export const exportRequestSchema = z.object({
  /** Id of a connection. */
  connection: z.string().max(100),
  source: exportSourceSchema,
  format: exportFormatSchema,
  compression: z.enum(compressions),
  split: splitSchema.nullable().optional(),
  /** Absolute path; left out: the folder of the settings. */
  folder: z.string().max(4096).optional(),
  /** File name (of several tables: the name of a folder); left out: from the source and the format. */
  name: z.string().max(1024).optional(),
  /** IANA name of the zone that timestamptz values are written in; left out: UTC. */
  timeZone: z.string().max(100).optional(),
  /** Read one table with so many sessions by ctid ranges on one snapshot; row order is lost. Left out: one. */
  parallel: z.int().min(1).max(8).optional(),
  /** Count the rows beforehand, so that the progress is exact. */
  exactCount: z.boolean().optional(),
  /** Bytes per second. */
  limit: z.int().min(1).nullable().optional(),
  priority: z.enum(['high', 'normal', 'low']).optional(),
  startAt: z.number().min(0).nullable().optional(),
  paused: z.boolean().optional(),
});
export type ExportRequest = z.infer<typeof exportRequestSchema>;

/** Why an export can, or cannot, go on after a crash. A stable code; faces have the words. */
export const exportResumabilities = ['key', 'no-key', 'format', 'parallel', 'unknown'] as const;
export type ExportResumability = (typeof exportResumabilities)[number];

/** What an export has beside what every job has. */
export const exportFields = {
  kind: z.literal('export'),
  connection: z.object({ id: z.string(), name: z.string(), color: z.enum(connectionColors) }),
  source: exportSourceSchema,
  format: exportFormatSchema,
  compression: z.enum(compressions),
  split: splitSchema.nullable(),
  /** Rows written. */
  rows: z.int().min(0),
  /** Rows that are expected: counted, or the planner's estimate (“≈”); null while or where there is none. */
  expected: z.object({ rows: z.number().min(0), exact: z.boolean() }).nullable(),
  resumability: z.enum(exportResumabilities),
  /** The columns it goes on after. */
  key: z.array(z.string()),
  /** Files that are finished or begun. */
  files: z.int().min(0),
  /** True once it went on from a newer snapshot than the one it began with. */
  newerSnapshot: z.boolean(),
};

/** What the details panel shows of an export beside what it shows of every job. */
export const exportDetailFields = {
  kind: z.literal('export'),
  /** The SQL that runs, with $1 … as they are. */
  sql: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** The server's process; null while there is none. */
  backend: z.int().nullable(),
  /** How the rows are read: in portions from a portal, or at once where the plan has parallel workers. */
  reading: z.enum(['portal', 'at-once', 'none']),
  /** The last point it would go on from. */
  checkpoint: z.object({ at: z.number(), rows: z.int(), bytes: z.int(), after: z.array(z.string()) }).nullable(),
  /** Ms since the epoch at which the snapshot was taken that the server has to keep for us; null: none is held. */
  snapshotSince: z.number().nullable(),
  /** Rows per second, one value a second, oldest first, at most 120. */
  rowRates: z.array(z.number()),
  files: z.array(z.object({ name: z.string(), rows: z.int(), bytes: z.int() })),
};
