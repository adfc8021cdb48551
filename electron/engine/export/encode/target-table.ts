import { SluiceError } from '../../../../shared/failure.ts';
import { escapeIdentifier } from '../../database/index.ts';
import type { PortalColumn } from '../../database/portal-types.ts';

/**
 * The table that SQL writes to, quoted. `text` is what a person typed: “table” or “schema.table”, names with dots or
 * quotes in them between quotes, as SQL writes them. Null: the source's own.
 */
export function targetTable(text: string | null, source: readonly string[]): string {
  const parts = text === null ? source : splitName(text);
  return parts.map(escapeIdentifier).join('.');
}

function splitName(text: string): string[] {
  const parts = text.match(/"(?:[^"]|"")+"|[^."]+/g);
  const isWhole = parts !== null && parts.join('.') === text;
  // Anything that is not a name in SQL is one name as it stands.
  if (!isWhole) return [text];
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
}

/**
 * The columns that SQL writes, quoted.
 * @throws bad-input where two have one name: no table has such columns
 */
export function columnList(columns: readonly PortalColumn[]): string {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const detail = `Two columns are called “${twice}”, and SQL could not be loaded so: give one another name (AS …).`;
    throw new SluiceError('bad-input', { detail });
  }
  return names.map(escapeIdentifier).join(', ');
}
