/** The database room: PostgreSQL connections, and what can be asked of their databases. */
export { connect, type ConnectOptions, type Session } from './connect.ts';
export { databaseFailure, sqlState } from './failures.ts';
export type { ConnectTarget, Databases, Documents } from './types.ts';
