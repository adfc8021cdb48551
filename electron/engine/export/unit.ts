/** What is read into one series of files: a query, a table, or one table of several. */
import { SluiceError } from '../../../shared/failure.ts';
import {
  describeQuery,
  fitParameters,
  keyOf,
  type PortalColumn,
  type QueryDescription,
  type Session,
  type TableKey,
} from '../database/index.ts';
import { doubtfulColumn } from './declared-key.ts';
import { createEncoder, wrapForFormat } from './encode/index.ts';
import type { FailedReading } from './failing-column.ts';
import { numberedFileName, tableFileName } from './file-names.ts';
import { KeyReader } from './key-reader.ts';
import { loadable } from './loadable.ts';
import type { Start } from './resume.ts';
import type { Reading } from './row-flow.ts';
import { hiddenColumns, keyedQuery, tableQuery, type TableSource } from './sql.ts';
import type { ExportJournal, ExportSpec } from './types.ts';

export interface Unit {
  /** Of several tables which one, from 0. */
  readonly table: number;
  /**
   * The SQL that runs. `after`: with the key's values as further parameters, to go on after them; of a declared key with
   * the row that has them.
   */
  sql(after: boolean): string;
  /** The same of another statement with these columns: what the format wants of the server. */
  wrap(sql: string): string;
  readonly parameters: readonly (string | null)[];
  /** All columns that come, the key's own at the end included. */
  readonly columns: readonly PortalColumn[];
  /** Those that are written. */
  readonly written: readonly PortalColumn[];
  /** Empty where there is none. */
  readonly key: readonly string[];
  /** What the order of a catalog's key depends on; of others nothing is known. */
  readonly keyTypes: readonly string[];
  /** True where the key is a person's word, and not the catalog's. */
  readonly isDeclared: boolean;
  /** The column for which a declared key is not trusted, and `key` is empty. */
  readonly doubtful: PortalColumn | null;
  /** Schema and table that SQL formats write to. */
  readonly target: readonly string[];
  /** The table that is read, and what of it; null of a query. */
  readonly source: TableSource | null;
  /** True where SQL has to override what the server gives a column. */
  readonly hasIdentity: boolean;
  /** The name of its `n`-th file, from 1. */
  fileName(n: number): string;
}

/** The table itself, where one table, or one of several, is read. */
export function tableOf({ source }: ExportSpec, index: number): TableSource | null {
  if (source.kind === 'query') return null;
  if (source.kind === 'table') return source;
  const table = source.tables[index];
  return table === undefined ? null : { ...table, columns: null, where: null };
}

async function writable(session: Session, spec: ExportSpec, index: number) {
  const table = tableOf(spec, index);
  const isSql = spec.format.kind === 'sql-insert' || spec.format.kind === 'sql-copy';
  return table && isSql ? await loadable(session, table) : { table, hasIdentity: false };
}

/** @param wantsKey False where the format, or the way of reading, cannot go on in the middle anyway. */
export async function planUnit(session: Session, spec: ExportSpec, index: number, wantsKey: boolean): Promise<Unit> {
  const { table, hasIdentity } = await writable(session, spec, index);
  const { columns: key, types: keyTypes } = wantsKey ? await findKey(session, spec, table) : noKey;
  const typed = spec.source.kind === 'query' ? await describe(session, spec.source.sql) : null;
  const parameters = typed && spec.source.kind === 'query' ? fitParameters(spec.source.parameters, typed) : [];
  const ask = (key: readonly string[], after: boolean) => {
    if (table) return tableQuery(table, key, after);
    if (spec.source.kind !== 'query') throw new Error('A source without a table');
    return keyedQuery(spec.source.sql, key, parameters.length, after);
  };
  const { columns } = typed && key.length === 0 ? typed : await describe(session, ask(key, false), table);
  const wrap = (sql: string) => wrapForFormat(spec.format, sql, columns) ?? sql;
  const isWrapped = wrapForFormat(spec.format, '', columns) !== null;
  // JSON of a key is not what the server compares with: such a table is read without one.
  if (isWrapped && columns.some(({ name, nested }) => nested && key.includes(name))) {
    return planUnit(session, spec, index, false);
  }
  const doubtful = table ? null : await doubtfulColumn(session, columns, key);
  if (doubtful) return { ...(await planUnit(session, spec, index, false)), doubtful };
  const asked = isWrapped ? (await describe(session, wrap(ask(key, false)))).columns : columns;
  const hidden = hiddenColumns(table?.columns ?? null, key).length;
  const { format, compression, split, name, source } = spec;
  const base = source.kind === 'tables' && table ? tableFileName(table, format, compression) : name;
  return {
    table: index,
    sql: (after) => wrap(ask(key, after)),
    wrap,
    parameters,
    columns: asked,
    written: asked.slice(0, asked.length - hidden),
    key,
    keyTypes,
    isDeclared: table === null,
    doubtful: null,
    source: table,
    hasIdentity,
    target: table ? [table.schema, table.name] : [name.replace(/\..*$/, '') || 'query'],
    fileName: (n) => (split ? numberedFileName(base, n, format, compression) : base),
  };
}

/** How a unit's rows are encoded, and its key read. `after`: the key that it goes on after; null: it begins. */
export function readingOf(unit: Unit, { format, timeZone }: ExportSpec, after: Start['after']): Reading {
  const encoder: Reading['encoder'] = (options) =>
    createEncoder(format, unit.written, { timeZone, table: unit.target, hasIdentity: unit.hasIdentity, ...options });
  const { formats: written } = encoder({ rowsBefore: 0 });
  // Columns that only the key needs come as text.
  const formats = unit.columns.map((_, n) => written[n] ?? 0);
  const key = unit.key.length > 0 ? new KeyReader(unit.key, unit.columns, formats, after) : null;
  return { encoder, formats, key, isDeclared: unit.isDeclared };
}

/** The row that a unit's query failed with, after `rows` of it, to be read again. */
export function failedReading(
  unit: Unit,
  { key, formats }: Reading,
  query: Pick<FailedReading, 'sql' | 'parameters'>,
  rows: number,
): FailedReading {
  const { columns } = unit;
  const after = key?.texts ?? [];
  // Without a key those before it have to be read again.
  if (after.length === 0) return { ...query, columns, formats, skip: rows };
  const parameters = [...unit.parameters, ...after];
  return { sql: unit.sql(true), parameters, columns, formats, skip: unit.isDeclared ? 1 : 0 };
}

/**
 * What is read now has to fit to what is in the file.
 * @throws columns-changed
 */
export function proveSame({ key, keyTypes, written }: Unit, before: ExportJournal): void {
  const named = (columns: ExportJournal['columns']) => columns.map(({ name, type }) => `${name} ${type}`).join(', ');
  const [then, now] = [named(before.columns), named(written)];
  if (then !== now) throw new SluiceError('columns-changed', { detail: `${now} instead of ${then}` });
  const same = (one: readonly string[], other: readonly string[]) => JSON.stringify(one) === JSON.stringify(other);
  if (!same(before.key, key)) throw new SluiceError('columns-changed', { detail: 'it has another key' });
  if (!same(before.keyTypes ?? keyTypes, keyTypes)) {
    const detail = `its key has another order: ${keyTypes.join(', ')}`;
    throw new SluiceError('columns-changed', { detail });
  }
}

const noKey: TableKey = { columns: [], types: [] };

async function findKey(session: Session, { source }: ExportSpec, table: TableSource | null): Promise<TableKey> {
  if (table) return (await keyOf(session.client, table.schema, table.name)) ?? noKey;
  return source.kind === 'query' ? { columns: source.key ?? [], types: [] } : noKey;
}

async function describe(session: Session, sql: string, table?: TableSource | null): Promise<QueryDescription> {
  const description = await describeQuery(session, sql);
  if (description.columns.length === 0) {
    if (table)
      throw new SluiceError('bad-input', { detail: `${table.schema}.${table.name} has no columns: leave it out.` });
    throw new SluiceError('sql-error', { detail: 'this statement gives no rows', hint: 'Export a SELECT.' });
  }
  return description;
}
