/** Holds tables as they are before the snapshot that they are read in. */
import { describeQuery, fitParameters, isSelect, type Session, sqlState } from '../database/index.ts';
import { quoteRelation } from './sql.ts';
import type { ExportSpec } from './types.ts';

/** Foreign tables and materialised views; no right to the whole table; no such table or schema, which the reading tells. */
const NOT_LOCKED: ReadonlySet<string> = new Set(['42809', '42501', '42P01', '3F000']);

/**
 * At the beginning of a transaction, before anything that takes its snapshot: TRUNCATE and an ALTER TABLE that rewrites
 * leave an older snapshot an empty table (PostgreSQL manual, 13.6), so they have to have ended before, or wait. As pg_dump
 * does it. `isHeld`: another session of this export holds them already. Who waits for that one is not waited for then:
 * each would wait for the other, where the server does not see it.
 */
export async function lockTables(
  session: Pick<Session, 'client'>,
  { source }: Pick<ExportSpec, 'source'>,
  isHeld: boolean,
): Promise<void> {
  if (source.kind === 'query') return;
  const names = (source.kind === 'table' ? [source] : source.tables).map(quoteRelation);
  if (names.length === 0 || (await lock(session, names.join(', '), isHeld))) return;
  for (const name of names) await lock(session, name, isHeld);
}

/**
 * What tables a query reads is not known: it waits here, in a transaction before its own, for those who rewrite them now.
 * The planner locks their partitions too, which a mere look at the query does not.
 */
export async function awaitRewrites(session: Session, { source }: Pick<ExportSpec, 'source'>): Promise<void> {
  if (source.kind !== 'query' || !isSelect(source.sql)) return;
  const { client } = session;
  await client.query('BEGIN READ ONLY; SET LOCAL lock_timeout = 0');
  const { parameters: given, sql } = source;
  const values = given.length === 0 ? [] : fitParameters(given, await describeQuery(session, sql));
  // The extended protocol, which takes one statement: this one is a person's.
  const query = { text: `EXPLAIN (COSTS off) ${sql}`, values, queryMode: 'extended' };
  await client.query(query);
  await client.query('ROLLBACK');
}

async function lock({ client }: Pick<Session, 'client'>, names: string, isHeld: boolean): Promise<boolean> {
  try {
    const wait = isHeld ? ' NOWAIT' : '';
    await client.query(`SAVEPOINT "lock"; LOCK TABLE ${names} IN ACCESS SHARE MODE${wait}; RELEASE "lock"`);
    return true;
  } catch (error) {
    if (!NOT_LOCKED.has(sqlState(error))) throw error;
    await client.query('ROLLBACK TO "lock"; RELEASE "lock"');
    return false;
  }
}
