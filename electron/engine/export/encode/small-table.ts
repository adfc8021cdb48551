import { SluiceError } from '../../../../shared/failure.ts';

/** Rows of a table that is meant to be read by people: with more, browsers and editors give up. */
export const MOST_TABLE_ROWS = 100_000;

/** Counts the rows of a format for small results. @throws too-large-for-format */
export function countRow(rows: number, format: string): number {
  if (rows >= MOST_TABLE_ROWS) {
    const detail = `a table of more than ${MOST_TABLE_ROWS.toLocaleString('en')} rows is too much for what opens it`;
    throw new SluiceError('too-large-for-format', { format, detail });
  }
  return rows + 1;
}

/** True for columns whose values stand at the right. */
export function isRightAligned(kind: string): boolean {
  return kind === 'integer' || kind === 'float' || kind === 'numeric';
}
