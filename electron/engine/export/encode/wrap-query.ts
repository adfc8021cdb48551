import type { ExportFormat } from '../../../../shared/export.ts';
import type { PortalColumn } from '../../database/portal-types.ts';
import { escapeIdentifier, trimStatement } from '../../database/index.ts';

const jsonFormats: ReadonlySet<ExportFormat['kind']> = new Set<ExportFormat['kind']>(['ndjson', 'json']);

/**
 * The query as a format wants it asked. For JSON: with to_json around the columns that are more than scalars (arrays,
 * composites, hstore …), all others as they are; its columns have to be described anew then. Null where it is to be asked
 * as it is. The order of the rows stays: a subquery with ORDER BY is not pulled up.
 */
export function wrapForFormat(
  format: Pick<ExportFormat, 'kind'>,
  sql: string,
  columns: readonly PortalColumn[],
): string | null {
  if (!jsonFormats.has(format.kind) || !columns.some(({ nested }) => nested)) return null;
  const outer = columns.map(({ name, nested }, index) => {
    const value = nested ? `pg_catalog.to_json("query".c${index})` : `"query".c${index}`;
    return `${value} AS ${escapeIdentifier(name)}`;
  });
  // Two columns may have the same name: numbers tell them apart.
  const names = columns.map((_, index) => `c${index}`).join(', ');
  return `SELECT ${outer.join(', ')} FROM (\n${trimStatement(sql)}\n) AS "query" (${names})`;
}
