import type { Session } from './connect.ts';
import type { PortalSession } from './portal-types.ts';

export interface ReadingOptions {
  /** IANA name: what the server writes timestamptz in, and what casts in the query mean. */
  readonly timeZone: string;
  /** Ms; 0: none. */
  readonly statementTimeout: number;
  /** An exported snapshot to read from (`exportSnapshot`); null: a new one. */
  readonly snapshot: string | null;
}

/**
 * Begins the transaction that rows are read in: one snapshot, read only, and with the settings that make the texts of
 * all values exact and independent of the server's configuration, as pg_dump sets them. SET LOCAL holds behind
 * pgbouncer too.
 */
export async function beginReading(
  { client, major }: Pick<Session, 'client' | 'major'>,
  options: ReadingOptions,
): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // Before any other query of the transaction.
  if (options.snapshot !== null) await client.query(`SET TRANSACTION SNAPSHOT ${literal(options.snapshot)}`);
  await client.query(`
    SET LOCAL statement_timeout = ${Math.trunc(options.statementTimeout)};
    SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    ${major >= 17 ? 'SET LOCAL transaction_timeout = 0;' : ''}
    SET LOCAL TimeZone = ${literal(options.timeZone)};
    SET LOCAL DateStyle = 'ISO, MDY';
    SET LOCAL IntervalStyle = 'postgres';
    SET LOCAL bytea_output = 'hex';
    SET LOCAL extra_float_digits = 3;
    SET LOCAL xmloption = 'content';
    SET LOCAL client_encoding = 'UTF8'`);
}

/** Makes the transaction's snapshot one that other sessions can read from while it is open. */
export async function exportSnapshot({ client }: PortalSession): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT pg_catalog.pg_export_snapshot() AS id');
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the server exported no snapshot');
  return id;
}

/** A string constant, whatever `standard_conforming_strings` says (PostgreSQL manual, 4.1.2). */
function literal(text: string): string {
  return ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
