/** Counts and shares as a person reads them; what is only estimated carries “≈”. */

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** “812,400 records”, “one record”; without a word, only the number. */
export function countText(n: number, word: string): string {
  if (!word) return n.toLocaleString();
  return n === 1 ? `one ${word}` : `${n.toLocaleString()} ${word}s`;
}

/** “812,400 rows”, “one row”. */
export const rowsText = (n: number): string => countText(n, 'row');

/** “1.2M”, “184K”. */
export const compactCount = (n: number): string => compact.format(n);

/** “48.2K/s”: rows or records, beside a chart that says which. */
export const countRateText = (perSecond: number): string => `${compact.format(perSecond)}/s`;

/** “8,421 rows/s”, “84.2K rows/s”, “1.31M rows/s”. */
export function rowRateText(rowsPerSecond: number): string {
  const n = Math.round(rowsPerSecond);
  return `${n < 10_000 ? n.toLocaleString() : compact.format(n)} rows/s`;
}

/** “83 %”: the part of the last seconds that was waited for one side of a flow, 0 to 1. */
export function waitedText(part: number): string {
  return `${Math.round(part * 100)} %`;
}
