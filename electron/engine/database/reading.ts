/** A piece of reading: one read-only transaction that nothing outlives. */
import { databaseFailure } from './failures.ts';
import type { Session } from './connect.ts';
import { beginReading } from './reading-transaction.ts';
import type { ConnectTarget } from './types.ts';

/**
 * Runs work in a read-only transaction, which the pool rolls back. Read-only cannot be left from inside: PostgreSQL refuses
 * SET TRANSACTION READ WRITE once a query began, and the extended protocol, which all of the person's SQL goes through,
 * takes one statement at a time, so that none ends the transaction and starts another.
 */
export async function reading<T>(target: ConnectTarget, session: Session, work: () => Promise<T>): Promise<T> {
  const { statementTimeout } = target;
  try {
    // As exports write values, unless they are asked for another time zone.
    await beginReading(session, { timeZone: 'UTC', statementTimeout, snapshot: null });
    return await work();
  } catch (error) {
    throw databaseFailure(error, target);
  }
}
