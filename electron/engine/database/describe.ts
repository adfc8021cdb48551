/** What a statement gives and takes, found by the server without running it. */
import type { Description } from '../../../shared/database.ts';
import type { Session } from './connect.ts';
import { describeQuery } from './describe-query.ts';
import { sqlFailure } from './sql-failure.ts';

/**
 * Columns and parameters of what a person typed.
 * @throws sql-error with its place in `sql`
 */
export async function describe(session: Session, sql: string): Promise<Description> {
  try {
    const { columns, parameters } = await describeQuery(session, sql);
    return { columns: columns.map(({ name, type }) => ({ name, type })), parameters: [...parameters] };
  } catch (error) {
    throw sqlFailure(error, sql);
  }
}
