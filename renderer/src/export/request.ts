import type { ExportSource } from '../../../shared/database.ts';
import type { Compression, ExportFormat, ExportRequest } from '../../../shared/export.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { parseRate } from '../../../shared/format.ts';
import { limitProblem } from '../add/options.ts';
import { compressesInside } from '../../../shared/export-formats.ts';

/** An export as it is typed. */
export interface Typed {
  readonly format: ExportFormat;
  readonly compression: Compression;
  readonly splitBy: 'none' | 'rows' | 'bytes';
  /** Rows, or a size like “500M”. */
  readonly splitAt: string;
  readonly folder: string;
  /** Empty: the name that the engine gives. */
  readonly name: string;
  readonly timeZone: string;
  readonly parallel: number | null;
  readonly exactCount: boolean;
  readonly limit: string;
  /** Of a query: the columns that are unique together, with commas. */
  readonly key: string;
}

/** What is wrong with where files are to be split. */
export function splitProblem({ splitBy, splitAt }: Pick<Typed, 'splitBy' | 'splitAt'>): Failure | null {
  if (splitBy === 'none' || splitSize({ splitBy, splitAt }) !== null) return null;
  const detail = splitBy === 'rows' ? 'Write a number of rows, like 1,000,000.' : 'Write a size, like 500M or 2G.';
  return failure('bad-input', { detail });
}

function splitSize({ splitBy, splitAt }: Pick<Typed, 'splitBy' | 'splitAt'>): number | null {
  if (splitBy === 'bytes') return parseRate(splitAt);
  const rows = Number(splitAt.replaceAll(/[\s,_.]/g, ''));
  return Number.isSafeInteger(rows) && rows >= 1 ? rows : null;
}

/** The export that was asked for; null where something in it is wrong. */
export function requestOf(connection: string, source: ExportSource, typed: Typed): ExportRequest | null {
  if (splitProblem(typed) || limitProblem(typed.limit)) return null;
  const size = typed.splitBy === 'none' ? null : splitSize(typed);
  const limit = parseRate(typed.limit);
  return {
    connection,
    source: withKey(source, typed.key),
    format: typed.format,
    compression: compressesInside(typed.format) ? 'none' : typed.compression,
    ...(size !== null && { split: typed.splitBy === 'rows' ? { rows: size } : { bytes: size } }),
    ...(typed.folder.trim() && { folder: typed.folder.trim() }),
    ...(typed.name.trim() && { name: typed.name.trim() }),
    ...(typed.timeZone && { timeZone: typed.timeZone }),
    ...(typed.parallel !== null && source.kind === 'table' && { parallel: typed.parallel }),
    ...(typed.exactCount && { exactCount: true }),
    ...(limit !== null && { limit }),
  };
}

/** A query with the columns that make it resumable. */
function withKey(source: ExportSource, key: string): ExportSource {
  if (source.kind !== 'query') return source;
  const columns = key
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return { ...source, key: columns.length > 0 ? columns : null };
}
