/** The first rows of what would be exported. */
import type { Preview } from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';
import type { Session } from './connect.ts';
import { describeQuery } from './describe-query.ts';
import { escapeIdentifier, queryStream } from './pg.ts';
import { type Statement, wrapped } from './source-sql.ts';
import { sqlFailure } from './sql-failure.ts';

const ROWS = 50;
/** Characters of a value. */
const LONGEST = 300;

/**
 * Fifty rows at most, from a cursor. The server cuts long values: a preview of rows with 50 MB each stays small.
 * @throws sql-error
 */
export async function preview(session: Session, statement: Statement): Promise<Preview> {
  const began = performance.now();
  const columns = await columnsOf(session, statement);
  if (columns.length === 0) {
    const hint = 'A SELECT does.';
    throw new SluiceError('sql-error', { detail: 'this statement gives no rows', hint });
  }
  const rows = await readRows(session, statement, columns.length);
  return {
    columns,
    rows: rows.slice(0, ROWS).map((row) => row.map(cut)),
    more: rows.length > ROWS,
    took: Math.round(performance.now() - began),
  };
}

async function columnsOf(session: Session, { text, typed, before }: Statement): Promise<Preview['columns']> {
  try {
    const { columns } = await describeQuery(session, text);
    return columns.map(({ name, type }) => ({ name, type }));
  } catch (error) {
    throw sqlFailure(error, typed, before);
  }
}

async function readRows(session: Session, statement: Statement, columns: number): Promise<(string | null)[][]> {
  const short = shortened(statement, columns);
  if (short !== null) {
    await session.client.query('SAVEPOINT preview');
    try {
      return await firstRows(session, short);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'sql-error') throw error;
      // It may not like to stand in parentheses. Where it is wrong by itself, it says so itself.
      await session.client.query('ROLLBACK TO SAVEPOINT preview');
    }
  }
  return await firstRows(session, statement);
}

/**
 * The statement with its values as texts, none longer than what is shown. format('%s') is the type's own output, which
 * a cast to text is not always (boolean, char(n), inet); num_nulls tells NULL from a row of NULLs. They are the system's:
 * anybody may make a `format(text, text)` that fits better, and would run with the rights of who looks (CVE-2018-1058).
 */
function shortened(statement: Statement, columns: number): Statement | null {
  const names = Array.from({ length: columns }, (_, n) => escapeIdentifier(`c${n + 1}`));
  const values = names.map(
    (c) =>
      `CASE WHEN pg_catalog.num_nulls(${c}) = 0 THEN pg_catalog.left(pg_catalog.format('%s', ${c}), ${LONGEST + 1}) END`,
  );
  return wrapped(statement, `SELECT ${values.join(', ')} FROM`, `AS preview (${names.join(', ')}) LIMIT ${ROWS + 1}`);
}

async function firstRows(session: Session, statement: Statement): Promise<(string | null)[][]> {
  const stream = session.client.query(
    new (queryStream())(statement.text, [...statement.parameters], {
      rowMode: 'array',
      batchSize: ROWS + 1,
      types: asText,
    }),
  );
  const rows: (string | null)[][] = [];
  try {
    for await (const row of stream as AsyncIterable<(string | null)[]>) {
      rows.push(row);
      if (rows.length > ROWS) break;
    }
  } catch (error) {
    throw sqlFailure(error, statement.typed, statement.before);
  }
  return rows;
}

const asText = { getTypeParser: () => (value: string) => value };

function cut(value: string | null): string | null {
  if (value === null || value.length <= LONGEST) return value;
  const characters = Array.from(value.slice(0, 2 * LONGEST + 2));
  return characters.length <= LONGEST ? value : `${characters.slice(0, LONGEST).join('')}…`;
}
