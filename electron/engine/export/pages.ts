/** A table as several sessions read it: by ranges of its pages. */
import { SluiceError } from '../../../shared/failure.ts';
import type { Session } from '../database/index.ts';
import { pageRanges, pagesQuery } from './sql.ts';
import type { Unit } from './unit.ts';

/**
 * The queries that give all of a table's rows, each once, for so many sessions.
 * @throws bad-input where it has no pages: of views and foreign tables
 */
export async function pageQueries(session: Session, unit: Unit, sessions: number): Promise<string[]> {
  const table = unit.source;
  const pages = table && (await pagesOf(session, table));
  if (table === null || pages === null) {
    const detail = `Only a table can be read by several sessions, and ${unit.target.join('.')} is none: choose one session.`;
    throw new SluiceError('bad-input', { detail });
  }
  return pageRanges(pages, sessions).map(({ from, to }) => unit.wrap(pagesQuery(table, from, to)));
}

/** Pages of a table, or of the largest of its partitions; null of what has none: views and foreign tables. */
async function pagesOf(
  { client }: Session,
  { schema, name }: { readonly schema: string; readonly name: string },
): Promise<number | null> {
  const text = `SELECT (coalesce(max(pg_catalog.pg_relation_size(p.relid)), 0)
      / pg_catalog.current_setting('block_size')::int)::text AS pages
    FROM pg_catalog.pg_namespace n
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
    CROSS JOIN LATERAL (
      SELECT c.oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree(c.oid) WHERE isleaf
    ) p
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'm', 'p')
    GROUP BY c.oid`;
  const { rows } = await client.query<{ pages: string }>({ text, values: [schema, name] });
  return rows[0] ? Math.floor(Number(rows[0].pages)) : null;
}
