/** How many rows an export will have, and how the server reads them. In the transaction that the rows are read in. */
import { count, estimate, isSelect, type Session } from '../database/index.ts';
import { tableQuery } from './sql.ts';
import type { ExportJournal, ExportSpec } from './types.ts';
import type { Unit } from './unit.ts';

type Expected = ExportJournal['expected'];

/** What estimates and counts are asked of. */
interface Query {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
}

/** What the planner expects; `parallel`: with workers, which a limit on the rows would take away. Null: it has no plan. */
export async function planOf(session: Session, query: Query): Promise<{ rows: number; parallel: boolean } | null> {
  return isSelect(query.sql) ? estimate(session, statement(query)) : null;
}

/** Rows that an export of one query or table will have: counted where that is asked for, else as planned. */
export async function expectRows(
  session: Session,
  { exactCount }: ExportSpec,
  unit: Unit,
  plan: { readonly rows: number } | null,
): Promise<Expected> {
  const query = { sql: unit.sql(false), parameters: unit.parameters };
  if (!exactCount || !isSelect(query.sql)) return plan && { rows: plan.rows, exact: false };
  return { rows: await count(session, statement(query)), exact: true };
}

/** Rows of tables together; null where the planner has no idea of one of them, and nobody asked to count. */
export async function expectTables(
  session: Session,
  tables: readonly { readonly schema: string; readonly name: string }[],
  exactCount: boolean,
): Promise<Expected> {
  if (exactCount) {
    let rows = 0;
    for (const table of tables) {
      const sql = tableQuery({ ...table, columns: null, where: null }, [], false);
      rows += await count(session, statement({ sql, parameters: [] }));
    }
    return { rows, exact: true };
  }
  const text = `SELECT (min(c.reltuples) >= 0 AND count(*) = pg_catalog.cardinality($1::text[]))::int::text AS known,
      sum(c.reltuples::float8)::text AS rows
    FROM unnest($1::text[], $2::text[]) AS t (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.name`;
  const values = [tables.map(({ schema }) => schema), tables.map(({ name }) => name)];
  const { rows } = await session.client.query<{ known: string | null; rows: string | null }>({ text, values });
  return rows[0]?.known === '1' ? { rows: Number(rows[0].rows), exact: false } : null;
}

function statement({ sql, parameters }: Query) {
  return { text: sql, parameters, typed: '', before: 0 };
}
