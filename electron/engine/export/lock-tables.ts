/** Holds tables as they are before the snapshot that they are read in. */
import { describeQuery, type Session, sqlState } from '../database/index.ts';
import { quoteRelation } from './sql.ts';
import type { ExportSpec } from './types.ts';

/** Foreign tables and materialised views; no right to the whole table; no such table or schema, which the reading tells. */
const NOT_LOCKED: ReadonlySet<string> = new Set(['42809', '42501', '42P01', '3F000']);

/**
 * At the beginning of a transaction, before anything that takes its snapshot: TRUNCATE and an ALTER TABLE that rewrites
 * leave an older snapshot an empty table (PostgreSQL manual, 13.6), so they have to have ended before, or wait. As pg_dump
 * does it.
 */
export async function lockTables(session: Session, { source }: Pick<ExportSpec, 'source'>): Promise<void> {
  if (source.kind === 'query') return;
  const names = (source.kind === 'table' ? [source] : source.tables).map(quoteRelation);
  if (names.length === 0 || (await lock(session, names.join(', ')))) return;
  for (const name of names) await lock(session, name);
}

/** What tables a query reads is not known: it waits here, before its transaction, for those who rewrite them now. */
export async function awaitRewrites(session: Session, { source }: Pick<ExportSpec, 'source'>): Promise<void> {
  if (source.kind === 'query') await describeQuery(session, source.sql);
}

async function lock({ client }: Session, names: string): Promise<boolean> {
  try {
    await client.query(`SAVEPOINT "lock"; LOCK TABLE ${names} IN ACCESS SHARE MODE; RELEASE "lock"`);
    return true;
  } catch (error) {
    if (!NOT_LOCKED.has(sqlState(error))) throw error;
    await client.query('ROLLBACK TO "lock"; RELEASE "lock"');
    return false;
  }
}
