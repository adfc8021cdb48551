/** Whether a connection works, and what answers. */
import type { ConnectionReport } from '../../../shared/database.ts';
import { connect } from './connect.ts';
import { databaseFailure } from './failures.ts';
import type { ConnectTarget } from './types.ts';

/**
 * Opens a session, asks, and ends it. Each step fails with a code of its own: the name (host-not-found), the way
 * (connection-refused, connection-timed-out), SSH (ssh-…), TLS (tls-failed, database-untrusted), the login
 * (login-refused), the database (no-such-database), the right to it (no-permission).
 */
export async function testConnection(target: ConnectTarget, signal?: AbortSignal): Promise<ConnectionReport> {
  const session = await connect(target, { signal });
  try {
    const began = performance.now();
    await session.client.query('SELECT');
    const latency = performance.now() - began;
    const { rows } = await session.client.query<Record<string, string>>(FACTS);
    signal?.throwIfAborted();
    const facts = rows[0] ?? {};
    return {
      server: `PostgreSQL ${facts['version'] ?? ''}`,
      latency,
      tls: session.tls,
      user: facts['user'] ?? '',
      database: facts['database'] ?? '',
      readOnly: facts['readOnly'] === 'on',
      // A pooler gives out process ids of its own.
      pooler: session.pooler || facts['backend'] !== String(session.backend),
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw databaseFailure(error, target);
  } finally {
    void session.end();
  }
}

const FACTS = `
SELECT pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) AS version, current_user AS user,
  current_database() AS database, pg_catalog.current_setting('transaction_read_only') AS "readOnly", pg_catalog.pg_backend_pid()::text AS backend`;
