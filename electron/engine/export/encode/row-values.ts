/** Reading single values out of a DataRow's body. */
import type { PortalColumn } from '../../database/portal-types.ts';
import { LONGEST_VALUE, writeDate, writeTimestamp, writeUuid } from './binary-values.ts';
import type { ValueFormat } from './encoder.ts';
import { kindOf } from './types-of-values.ts';

/** A field that is longer than its row: no PostgreSQL sends such a one. */
export function fieldBeyondRow(): Error {
  return new Error('the server sent a row that ends before its fields');
}

/** The bytes of column `index` (from 0), as they came; null where it is NULL. */
export function fieldBytes(chunk: Buffer, start: number, index: number): Buffer | null {
  let at = start + 2;
  for (let n = 0; n < index; n += 1) at += 4 + Math.max(0, chunk.readInt32BE(at));
  const length = chunk.readInt32BE(at);
  return length < 0 ? null : chunk.subarray(at + 4, at + 4 + length);
}

/** The text that PostgreSQL writes for column `index` (from 0), also where it came in binary; null where it is NULL. */
export function fieldText(
  chunk: Buffer,
  start: number,
  index: number,
  column: Pick<PortalColumn, 'oid'>,
  format: ValueFormat,
): string | null {
  const bytes = fieldBytes(chunk, start, index);
  if (bytes === null || format === 0) return bytes?.toString() ?? null;
  const buffer = Buffer.alloc(LONGEST_VALUE);
  return buffer.toString('latin1', 0, writeBinary(bytes, column.oid, buffer));
}

function writeBinary(bytes: Buffer, oid: number, buffer: Buffer): number {
  switch (kindOf(oid)) {
    case 'uuid':
      return writeUuid(bytes, 0, buffer, 0);
    case 'date':
      return writeDate(bytes, 0, buffer, 0);
    case 'timestamp':
      return writeTimestamp(bytes, 0, buffer, 0, { json: false, zone: false });
    case 'timestamptz':
      return writeTimestamp(bytes, 0, buffer, 0, { json: false, zone: true });
    default:
      throw new Error(`type ${oid} is not read in binary`);
  }
}
