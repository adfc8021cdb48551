/** SQL text of what an export reads: tables, and queries that go on after a key. Pure. */
import type { ExportSource } from '../../../shared/database.ts';
import { escapeIdentifier, trimStatement } from '../database/index.ts';

/** A table, or a part of it. */
export type TableSource = Omit<Extract<ExportSource, { kind: 'table' }>, 'kind'>;

/** A schema's relation as SQL writes it. */
export function quoteRelation({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

/** What is read of a table: its columns, and those of its key that are not among them, at the end. */
export function tableColumns(columns: readonly string[] | null, key: readonly string[]): string {
  if (columns === null) return '*';
  return [...columns, ...hiddenColumns(columns, key)].map(escapeIdentifier).join(', ');
}

/** Columns of the key that nobody asked for: read to go on after, and not written. */
export function hiddenColumns(columns: readonly string[] | null, key: readonly string[]): string[] {
  return columns === null ? [] : key.filter((column) => !columns.includes(column));
}

/** Reads a table, in the order of the key where there is one. `after`: only what comes after $1, $2 … */
export function tableQuery(table: TableSource, key: readonly string[], after: boolean): string {
  const conditions = [
    ...(table.where === null ? [] : [`(\n${table.where}\n)`]),
    ...(after ? [afterKey(key, '>', 0)] : []),
  ];
  return select(tableColumns(table.columns, key), quoteRelation(table), conditions, key);
}

/** A part of a table's pages. */
export interface PageRange {
  readonly from: number;
  /** Null: to the end, wherever that is by then. */
  readonly to: number | null;
}

/** At most so many pages (8 KiB each) at a time, so that no session is left with much when the others are done. */
const MOST_PAGES = 8192;

/** All of a table in parts for so many sessions, in order. */
export function pageRanges(pages: number, sessions: number): PageRange[] {
  const size = Math.max(1, Math.min(MOST_PAGES, Math.ceil(pages / (sessions * 4))));
  const ranges: PageRange[] = [];
  for (let from = 0; from + size < pages; from += size) ranges.push({ from, to: from + size });
  return [...ranges, { from: ranges.at(-1)?.to ?? 0, to: null }];
}

/** Pages [from, to) of a table, or all from `from` on where `to` is null. */
export function pagesQuery(table: TableSource, from: number, to: number | null): string {
  const range = [`ctid >= '(${from},0)'`, ...(to === null ? [] : [`ctid < '(${to},0)'`])];
  const conditions = [...(table.where === null ? [] : [`(\n${table.where}\n)`]), ...range];
  return select(tableColumns(table.columns, []), quoteRelation(table), conditions, []);
}

/**
 * A query as it is run: as it was written where it has no key, else in the order of its key. `after`: only from the
 * values on that follow its own `parameters`. With the row that has them, for another one may have them too: a person
 * says that this is a key, and `KeyReader` looks.
 */
export function keyedQuery(sql: string, key: readonly string[], parameters: number, after: boolean): string {
  if (key.length === 0) return sql;
  // The line break ends a comment that the query may end with.
  return select('*', asTable(sql), after ? [afterKey(key, '>=', parameters)] : [], key);
}

/** Finds a row of a query that has no value in its key: it would be looked for neither before nor after any other. */
export function withoutKeyQuery(sql: string, key: readonly string[]): string {
  const isNull = key.map((column) => `${escapeIdentifier(column)} IS NULL`).join(' OR ');
  return `SELECT FROM ${asTable(sql)} WHERE ${isNull} LIMIT 1`;
}

function asTable(sql: string): string {
  return `(\n${trimStatement(sql)}\n) AS "query"`;
}

function select(columns: string, from: string, conditions: readonly string[], key: readonly string[]): string {
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const order = key.length === 0 ? '' : ` ORDER BY ${key.map(escapeIdentifier).join(', ')}`;
  return `SELECT ${columns} FROM ${from}${where}${order}`;
}

/**
 * A row comparison (manual, 9.25.5): one condition that an index on the key answers. The parameters take the types and
 * collations of their columns, so that “after” means here what it means to ORDER BY.
 */
function afterKey(key: readonly string[], operator: '>' | '>=', parameters: number): string {
  const columns = key.map(escapeIdentifier).join(', ');
  const values = key.map((_, n) => `$${parameters + n + 1}`).join(', ');
  return key.length === 1 ? `${columns} ${operator} ${values}` : `(${columns}) ${operator} (${values})`;
}
