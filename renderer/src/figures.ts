/** Counts as a person reads them; what is only estimated carries “≈”. */

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** “812,400 rows”, “one row”. */
export function rowsText(n: number): string {
  return n === 1 ? 'one row' : `${n.toLocaleString()} rows`;
}

/** “1.2M”. */
export const compactCount = (n: number): string => compact.format(n);

/** “84,210 rows/s”, “1.3M rows/s”. */
export function rowRateText(rowsPerSecond: number): string {
  const n = Math.round(rowsPerSecond);
  return `${n < 100_000 ? n.toLocaleString() : compact.format(n)} rows/s`;
}
