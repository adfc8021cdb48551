/** Whether what a person declared to be a key can be seen to be one. */
import type { PortalColumn, Session } from '../database/index.ts';
import { unfitKey } from './key-reader.ts';
import { withoutKeyQuery } from './sql.ts';
import type { Unit } from './unit.ts';

/** bool, bytea, "char", name, int8, int2, int4, oid, date, time, timestamp, timestamptz, uuid. */
const exact: ReadonlySet<number> = new Set([16, 17, 18, 19, 20, 21, 23, 26, 1082, 1083, 1114, 1184, 2950]);
/** char(n) is filled up with spaces, and numeric(p,s) has as many digits after the point as it says. */
const exactWithModifier: ReadonlySet<number> = new Set([1042, 1700]);
/** text, varchar and char. */
const texts: ReadonlySet<number> = new Set([25, 1043, 1042]);

/**
 * The first column of a declared key whose equal values may be different bytes (1 and 1.0 of numeric, 'a' and 'A' of
 * citext): whether each is there only once cannot be seen in them, and rows could be lost where the query goes on after
 * one. Null where there is none. A catalog's key needs no such look: its index compares as the server does.
 */
export async function doubtfulColumn(
  { client }: Session,
  columns: readonly PortalColumn[],
  key: readonly string[],
): Promise<PortalColumn | null> {
  const inKey = key.flatMap((name) => columns.findLast((column) => column.name === name) ?? []);
  const collated = inKey.find(({ oid }) => texts.has(oid));
  if (collated) {
    const sql = 'SELECT FROM pg_catalog.pg_collation WHERE NOT collisdeterministic LIMIT 1';
    if ((await client.query(sql)).rows.length > 0) return collated;
  }
  const others = inKey.filter(({ modifier, oid }) => {
    if (exact.has(oid) || (exactWithModifier.has(oid) && modifier >= 0)) return false;
    return !texts.has(oid) || oid === 1042;
  });
  if (others.length === 0) return null;
  const sql = `SELECT oid::text FROM pg_catalog.pg_type WHERE oid = ANY ($1::oid[]) AND typtype = 'e'`;
  const { rows } = await client.query<{ oid: string }>(sql, [`{${others.map(({ oid }) => oid).join()}}`]);
  return others.find(({ oid }) => !rows.some((row) => row.oid === String(oid))) ?? null;
}

/**
 * Where a query goes on: rows without a value in its key come last, where they are seen, but neither before nor after
 * any other, so that they would not come at all. `rows`: how many came before.
 * @throws query-failed
 */
export async function refuseMissing(
  { client }: Session,
  sql: string,
  { key, parameters }: Pick<Unit, 'key' | 'parameters'>,
  rows: number,
): Promise<void> {
  // The extended protocol, which takes one statement: this one is a person's.
  const query = { text: withoutKeyQuery(sql, key), values: [...parameters], queryMode: 'extended' };
  const found = await client.query(query);
  if (found.rows.length > 0) throw unfitKey(key, 'of a row has no value (NULL)', rows);
}
