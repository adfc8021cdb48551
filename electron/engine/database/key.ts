/** The best key of a table: what lets an export of it go on where it stopped. */
import type { Client } from 'pg';

/**
 * Unique indexes over whole, not-null columns whose order is the type's own under a deterministic collation: then
 * ORDER BY the columns gives each row one place, and “after the last row” means the same at any time. Not on partial or
 * expression indexes, which do not cover every row; nor where other tables inherit from this one, whose rows a query
 * reads too, past this index (PostgreSQL manual, 5.11.1). Its columns are ones that this user may read, and compare by the
 * operator that a bare `>` finds: a type whose schema is not in the search path would be compared as another.
 * A NOT NULL that is not yet validated (PostgreSQL 18) is none, and parameters cannot be composites or of reg* types.
 */
const KEYS = `
SELECT pg_catalog.array_to_json(array(
    SELECT a.attname
    FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE k.n <= i.indnkeyatts
    ORDER BY k.n
  ))::text AS names,
  pg_catalog.array_to_json(array(
    SELECT pg_catalog.concat_ws(' ', pg_catalog.format_type(a.atttypid, a.atttypmod),
      CASE WHEN l.oid IS NOT NULL THEN pg_catalog.format('COLLATE %s.%I', l.collnamespace::regnamespace, l.collname) END,
      pg_catalog.to_jsonb(l) ->> 'collversion')
    FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    WHERE k.n <= i.indnkeyatts
    ORDER BY k.n
  ))::text AS types
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = x.relam
WHERE s.nspname = $1 AND c.relname = $2
  AND c.relkind IN ('r', 'p', 'm')
  AND i.indisunique AND i.indisvalid AND i.indimmediate
  AND i.indpred IS NULL AND i.indexprs IS NULL
  AND m.amname = 'btree'
  AND (c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid))
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[k.n - 1]
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    WHERE k.n <= i.indnkeyatts
      AND (NOT a.attnotnull OR NOT o.opcdefault
        OR EXISTS (
          SELECT FROM pg_catalog.pg_constraint v
          WHERE v.conrelid = c.oid AND v.contype = 'n' AND a.attnum = ANY (v.conkey) AND NOT v.convalidated
        )
        OR NOT EXISTS (
          SELECT FROM pg_catalog.pg_amop p
          WHERE p.amopfamily = o.opcfamily AND p.amoplefttype = o.opcintype AND p.amoprighttype = o.opcintype
            AND p.amopstrategy = 5 AND pg_catalog.pg_operator_is_visible(p.amopopr)
        )
        OR o.opcintype = 2249 OR (o.opcintype = 26 AND a.atttypid <> 26)
        OR NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
        OR i.indcollation[k.n - 1] <> a.attcollation OR NOT coalesce((pg_catalog.to_jsonb(l) ->> 'collisdeterministic')::boolean, true))
  )
ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
LIMIT 1`;

export interface TableKey {
  readonly columns: readonly string[];
  /** Type and collation of each: what its order depends on. */
  readonly types: readonly string[];
}

/** The best key of a table, in its order; null where it has none. Values of `client` must be texts. */
export async function keyOf(client: Client, schema: string, name: string): Promise<TableKey | null> {
  const { rows } = await client.query<{ names: string; types: string }>(KEYS, [schema, name]);
  const [found] = rows;
  return found === undefined
    ? null
    : { columns: JSON.parse(found.names) as string[], types: JSON.parse(found.types) as string[] };
}
