/** Which column the server could not read: its errors say what is wrong, and not where. */
import type { DatabaseError } from 'pg';
import { escapeIdentifier, openPortal, type PortalColumn, type Session, trimStatement } from '../database/index.ts';

const SAVEPOINT = 'SAVEPOINT "before rows"';
/** Ms that the search may take of the server. */
const PATIENCE = 2000;

/** What was read when the server failed. */
export interface FailedReading {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
  readonly columns: readonly PortalColumn[];
  /** How the columns were asked for. */
  readonly formats: readonly (0 | 1)[];
  /** Rows of `sql` before the one that failed. */
  readonly skip: number;
}

/** Makes that transaction one whose snapshot outlives an error in it. Before rows are read. */
export async function outliveErrors({ client }: Session): Promise<void> {
  await client.query(SAVEPOINT);
}

/**
 * Reads the row that the server failed with once more, in the same snapshot, by ever fewer columns. Null where that does
 * not show it: the condition failed, the order of the rows is another, or it took too long.
 */
export async function failingColumn(
  session: Session,
  { sql, parameters, columns, formats, skip }: FailedReading,
  failure: DatabaseError,
): Promise<PortalColumn | null> {
  const until = performance.now() + PATIENCE;
  const names = columns.map((_, n) => escapeIdentifier(`c${n}`));
  const from = `FROM (\n${trimStatement(sql)}\n) AS "row" (${names.join(', ')}) LIMIT 1 OFFSET ${skip}`;
  const fails = async (first: number, end: number): Promise<boolean> => {
    const left = Math.ceil(until - performance.now());
    if (left <= 0) throw new Error('The search took too long');
    await session.client.query(`ROLLBACK TO ${SAVEPOINT}; SET LOCAL statement_timeout = ${left}`);
    try {
      const text = `SELECT ${names.slice(first, end).join(', ')} ${from}`;
      const query = { sql: text, parameters, formats: formats.slice(first, end), atOnce: false };
      const portal = await openPortal(session, query);
      await portal.read({ row() {} });
      return false;
    } catch (error) {
      const { code, message } = error as DatabaseError;
      if (code === failure.code && message === failure.message) return true;
      throw error;
    }
  };
  try {
    let [first, end] = [0, columns.length];
    if ((await fails(0, 0)) || !(await fails(first, end))) return null;
    while (end - first > 1) {
      const middle = (first + end) >> 1;
      if (await fails(first, middle)) end = middle;
      else if (await fails(middle, end)) first = middle;
      else return null;
    }
    return columns[first] ?? null;
  } catch {
    return null;
  }
}
