/** The database room: PostgreSQL connections, and what can be asked of their databases. */
export { connect, type ConnectOptions, type Session } from './connect.ts';
export { cut, databaseFailure, sentencePart, sqlState } from './failures.ts';
export { openDatabases, type DatabasesWorld } from './databases.ts';
export { keyOf, type TableKey } from './key.ts';
export { sqlFailure } from './sql-failure.ts';
export { isSelect, trimStatement } from './sql-text.ts';
export type { ConnectTarget, Databases, Documents } from './types.ts';
export { describeQuery, fitParameters, type QueryDescription } from './describe-query.ts';
export { count, estimate } from './estimate.ts';
export { insist } from './insist.ts';
export { escapeIdentifier } from './pg.ts';
export { openPortal } from './portal.ts';
export type { Portal, PortalColumn, PortalReader } from './portal-types.ts';
export { beginReading, exportSnapshot } from './reading-transaction.ts';
