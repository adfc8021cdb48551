import { memo } from 'react';
import type { Preview } from '../../../shared/database.ts';
import { Hidden } from '../ui/Hidden.tsx';
import styles from './DataGrid.module.css';

/** More columns than this are not drawn. */
const most = 200;
const numeric = /^(smallint|integer|bigint|numeric|real|double precision|oid|money)\b/;

/** Rows as they came. NULL is a word of another kind than an empty text, which is nothing. */
export const DataGrid = memo(function DataGrid({ preview }: { preview: Preview }) {
  const columns = preview.columns.slice(0, most);
  const numbers = columns.map(({ type }) => numeric.test(type));
  return (
    // A region that scrolls has to take the focus, so that the arrow keys scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroller} role="region" aria-label="Rows" tabIndex={0}>
      <table className={styles.grid}>
        <thead>
          <tr>
            <th className={styles.number}>
              <Hidden>Number</Hidden>
            </th>
            {columns.map(({ name, type }, i) => (
              // Two columns of a query may have the same name.
              // oxlint-disable-next-line react/no-array-index-key
              <th key={i} scope="col" data-number={numbers[i] || undefined} title={`${name} ${type}`}>
                {name} <span className={styles.type}>{shortType(type)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, i) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows have no other name than their place
            <tr key={i}>
              <th scope="row" className={styles.number}>
                {i + 1}
              </th>
              {columns.map((_, j) => {
                const value = row[j] ?? null;
                return (
                  // oxlint-disable-next-line react/no-array-index-key
                  <td key={j} data-number={numbers[j] || undefined} title={value ?? undefined}>
                    {value === null ? <span className={styles.null}>NULL</span> : value.replaceAll(/\r?\n/g, '↵')}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {preview.columns.length > most && (
        <p className={styles.more}>and {preview.columns.length - most} more columns, which are exported too</p>
      )}
    </div>
  );
});

const shorter: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  'time with time zone': 'timetz',
  'time without time zone': 'time',
  'character varying': 'varchar',
  'double precision': 'float8',
};

/** A type as people say it. */
export function shortType(type: string): string {
  for (const [long, short] of Object.entries(shorter)) {
    if (type.startsWith(long)) return short + type.slice(long.length);
  }
  return type;
}
