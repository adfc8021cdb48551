/** What of a table an SQL file may write, so that it can be loaded. */
import type { Session } from '../database/index.ts';
import type { TableSource } from './sql.ts';

export interface Loadable {
  /** Without the columns that the server computes: nobody may write them. */
  readonly table: TableSource;
  /** True where it has a column whose values come from the server alone, unless INSERT overrides that. */
  readonly hasIdentity: boolean;
}

/** `attgenerated` is there since PostgreSQL 12. */
const COLUMNS = `
SELECT a.attname AS name, coalesce(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') AS generated, a.attidentity::text AS identity
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`;

export async function loadable({ client }: Session, table: TableSource): Promise<Loadable> {
  const values = [table.schema, table.name];
  const { rows } = await client.query<{ name: string; generated: string; identity: string }>(COLUMNS, values);
  const asked = rows.filter(({ name }) => table.columns?.includes(name) ?? true);
  const computed = new Set(asked.flatMap(({ name, generated }) => (generated === '' ? [] : [name])));
  const columns = table.columns ?? rows.map(({ name }) => name);
  return {
    table: computed.size === 0 ? table : { ...table, columns: columns.filter((name) => !computed.has(name)) },
    hasIdentity: asked.some(({ identity }) => identity === 'a'),
  };
}
