/** What is in a database: schemas, relations, their columns. Read from the system catalogs (PostgreSQL manual, 51). */
import type { Client } from 'pg';
import type { Catalog, Relation, RelationDetail, RelationKind } from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { sqlState } from './failures.ts';
import { keyOf } from './key.ts';

/** Schemas that hold the system's things, and other sessions' temporary ones. */
const OWN = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'`;

const READABLE = `(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT')))`;

/** `size`: bytes of a relation `c`. */
const relations = (size: string) => `
SELECT n.nspname AS schema, c.oid::text, c.relname AS name, c.relkind::text AS kind, c.relispartition::text AS partition,
  CASE WHEN c.reltuples >= 0 AND (c.reltuples > 0 OR c.relpages > 0 OR pg_catalog.current_setting('server_version_num')::int >= 140000)
    THEN c.reltuples::float8 END::text AS rows,
  CASE WHEN c.relkind IN ('r', 'm') THEN ${size} END::text AS bytes,
  h.inhparent::text AS parent, p.relname AS "parentName",
  pg_catalog.obj_description(c.oid, 'pg_class') AS comment, ${READABLE}::text AS readable
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${OWN}
ORDER BY n.nspname, c.relname`;

const EXACT_SIZE = 'pg_catalog.pg_table_size(c.oid)';
/** As of the last VACUUM or ANALYZE. */
const KNOWN_SIZE = `((c.relpages + coalesce((SELECT t.relpages FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid), 0))::bigint
  * pg_catalog.current_setting('block_size')::bigint)`;

const SCHEMAS = `SELECT n.nspname AS name FROM pg_catalog.pg_namespace n WHERE ${OWN} ORDER BY 1`;

interface Row {
  readonly schema: string;
  readonly oid: string;
  readonly name: string;
  readonly kind: string;
  readonly partition: string;
  readonly rows: string | null;
  readonly bytes: string | null;
  readonly parent: string | null;
  readonly parentName: string | null;
  readonly comment: string | null;
  readonly readable: string;
}

/** Everything a person may choose from. In a transaction of the caller's; values of `client` must be texts. */
export async function readCatalog(client: Client): Promise<Catalog> {
  const { rows: schemas } = await client.query<{ name: string }>(SCHEMAS);
  const bySchema = new Map<string, Relation[]>(schemas.map(({ name }) => [name, []]));
  const rows = await readRelations(client);
  const totals = totalsOf(rows);
  for (const row of rows) {
    const total = totals.get(row.oid);
    bySchema.get(row.schema)?.push({
      name: row.name,
      kind: kindOf(row),
      rows: total?.rows ?? null,
      bytes: total?.bytes ?? null,
      parent: row.parentName,
      comment: row.comment,
      readable: row.readable === 'true',
    });
  }
  return { schemas: [...bySchema].map(([name, relations]) => ({ name, relations })) };
}

/** Sizes are measured under a lock that an ALTER TABLE elsewhere may hold up; then what the catalog knows must do. */
async function readRelations(client: Client): Promise<Row[]> {
  await client.query("SAVEPOINT sizes; SET LOCAL lock_timeout = '500ms'");
  try {
    return (await client.query<Row>(relations(EXACT_SIZE))).rows;
  } catch (error) {
    // lock_not_available; undefined_table: one was dropped meanwhile.
    if (!['55P03', '42P01', 'XX000'].includes(sqlState(error))) throw error;
    await client.query('ROLLBACK TO SAVEPOINT sizes');
    return (await client.query<Row>(relations(KNOWN_SIZE))).rows;
  }
}

/** A partitioned table holds what its partitions hold. */
function totalsOf(rows: readonly Row[]): Map<string, { rows: number | null; bytes: number | null }> {
  const numeric = (text: string | null) => (text === null ? null : Number(text));
  const totals = new Map(
    rows.map((row) => [row.oid, { rows: numeric(row.rows), bytes: numeric(row.bytes), own: numeric(row.rows) }]),
  );
  const parents = new Map(rows.map((row) => [row.oid, row.parent]));
  for (const row of rows) {
    if (row.kind === 'p') continue;
    for (let parent = row.parent; parent !== null; parent = parents.get(parent) ?? null) {
      const total = totals.get(parent);
      if (total === undefined) break;
      if (row.bytes !== null) total.bytes = (total.bytes ?? 0) + Number(row.bytes);
      // An ANALYZE of the partitioned table itself knows better.
      if (row.rows !== null && total.own === null) total.rows = (total.rows ?? 0) + Number(row.rows);
    }
  }
  return totals;
}

function kindOf({ kind, partition }: Row): RelationKind {
  if (kind === 'p') return 'partitioned-table';
  if (kind === 'v') return 'view';
  if (kind === 'm') return 'materialized-view';
  if (partition === 'true') return 'partition';
  return kind === 'f' ? 'foreign-table' : 'table';
}

const COLUMNS = `
SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, (NOT a.attnotnull)::text AS nullable
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY a.attnum`;

const EXISTS = `
SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

/**
 * Columns and the best key of one relation.
 * @throws sql-error where there is no such relation
 */
export async function readRelation(client: Client, schema: string, name: string): Promise<RelationDetail> {
  const { rows } = await client.query<{ name: string; type: string; nullable: string }>(COLUMNS, [schema, name]);
  if (rows.length === 0 && (await client.query(EXISTS, [schema, name])).rowCount === 0) {
    throw new SluiceError('sql-error', { detail: `relation "${schema}.${name}" does not exist`, hint: '' });
  }
  const columns = rows.map(({ nullable, ...column }) => ({ ...column, nullable: nullable === 'true' }));
  const key = await keyOf(client, schema, name);
  return { columns, key: key && [...key.columns] };
}

/** No editor completes more, and no window should hold more. */
const MOST_COLUMNS = 100_000;

const COMPLETION = `
SELECT n.nspname AS schema, c.relname AS name, a.attname AS column
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND ${OWN} AND ${READABLE}
ORDER BY n.nspname, c.relname, a.attnum
LIMIT ${MOST_COLUMNS}`;

/** Columns by relation, for completion in the editor. Partitions, which nobody types, are left out. */
export async function readCompletion(client: Client): Promise<Record<string, string[]>> {
  const { rows } = await client.query<{ schema: string; name: string; column: string }>(COMPLETION);
  const found: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const { schema, name, column } of rows) (found[`${schema}.${name}`] ??= []).push(column);
  return { ...found };
}
