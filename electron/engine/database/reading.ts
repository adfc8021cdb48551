/** A piece of reading: one read-only transaction that nothing outlives. */
import { databaseFailure } from './failures.ts';
import type { Session } from './connect.ts';
import type { ConnectTarget } from './types.ts';

/**
 * Values are then written as exports write them, whatever the role, the database or a pooler's last client set.
 * Each setting is the transaction's own, so that it also holds behind pgbouncer and never reaches another client.
 */
const settings = (timeout: number) => `
BEGIN READ ONLY;
SET LOCAL statement_timeout = ${timeout};
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL datestyle = 'ISO';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex'`;

/**
 * Runs work in a read-only transaction and rolls it back. Read-only cannot be left from inside: PostgreSQL refuses
 * SET TRANSACTION READ WRITE once a query began, and the extended protocol, which all of the person's SQL goes through,
 * takes one statement at a time, so that none ends the transaction and starts another.
 */
export async function reading<T>(target: ConnectTarget, session: Session, work: () => Promise<T>): Promise<T> {
  const { client } = session;
  try {
    await client.query(settings(target.statementTimeout));
    const result = await work();
    await client.query('ROLLBACK');
    return result;
  } catch (error) {
    throw databaseFailure(error, target);
  }
}
