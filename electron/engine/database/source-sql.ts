/** What is read, as one statement. Pure. */
import type { ExportSource } from '../../../shared/database.ts';
import { escapeIdentifier } from './pg.ts';
import { isSelect, trimStatement } from './sql-text.ts';

/** One statement, its parameters, and where what the person typed stands in it. */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly (string | null)[];
  /** What the person typed: the query or the condition; '' where nothing was. */
  readonly typed: string;
  /** How many characters stand before it in `text`. */
  readonly before: number;
}

/** The statements of a source: one, or one for each of several tables. */
export function statementsOf(source: ExportSource): Statement[] {
  if (source.kind === 'query') {
    return [{ text: source.sql, parameters: source.parameters, typed: source.sql, before: 0 }];
  }
  if (source.kind === 'tables') return source.tables.map((table) => tableStatement(table, null, null));
  return [tableStatement(source, source.columns, source.where)];
}

function tableStatement(
  { schema, name }: { readonly schema: string; readonly name: string },
  columns: readonly string[] | null,
  where: string | null,
): Statement {
  const selected = columns === null ? '*' : columns.map(escapeIdentifier).join(', ');
  const all = `SELECT ${selected} FROM ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
  if (where === null || where.trim() === '') return { text: all, parameters: [], typed: '', before: 0 };
  // The line break ends a comment that the condition may end with.
  const head = `${all} WHERE (`;
  return { text: `${head}${where}\n)`, parameters: [], typed: where, before: Array.from(head).length };
}

/** A statement inside another: `head (statement) tail`; null where it is none that can stand there (SHOW, EXPLAIN …). */
export function wrapped(statement: Statement, head: string, tail: string): Statement | null {
  if (!isSelect(statement.text)) return null;
  const open = `${head} (`;
  return {
    ...statement,
    text: `${open}${trimStatement(statement.text)}\n) ${tail}`,
    before: statement.before + Array.from(open).length,
  };
}
