/** numeric(p,s) as Parquet's DECIMAL: the unscaled integer. Pure. */
import { NotInParquet } from './not-in-parquet.ts';

export interface NumericShape {
  readonly precision: number;
  readonly scale: number;
}

/** Bytes of a DECIMAL of up to 38 digits. */
export const DECIMAL_BYTES = 16;

/**
 * Precision and scale that a type modifier means (PostgreSQL, numeric.c); null where there is none, and where readers
 * of Parquet know no such DECIMAL: more than 38 digits, a negative scale, or a scale above the precision.
 */
export function numericShape(modifier: number): NumericShape | null {
  if (modifier < 4) return null;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  // Eleven bits with a sign, since PostgreSQL 15.
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  return precision > 38 || scale < 0 || scale > precision ? null : { precision, scale };
}

const [ZERO, NINE, MINUS, DOT] = [48, 57, 45, 46] as const;
/** A number of so many digits is exact in a double. */
const EXACT_DIGITS = 15;

/**
 * Writes the text form of a numeric as an integer of `bytes` bytes: little-endian in 4 and 8 (INT32, INT64), big-endian
 * in more (FIXED_LEN_BYTE_ARRAY).
 */
export function decimalWriter({ precision, scale }: NumericShape, bytes: 4 | 8 | 16) {
  const isExact = precision <= EXACT_DIGITS;
  return (chunk: Buffer, from: number, to: number, page: Buffer, at: number): number => {
    const isNegative = chunk[from] === MINUS;
    let value = 0;
    let digits = '';
    let fraction = -1;
    for (let n = isNegative ? from + 1 : from; n < to; n += 1) {
      const byte = chunk[n] as number;
      if (byte === DOT) fraction = 0;
      else if (byte < ZERO || byte > NINE) throw notDecimal(chunk, from, to, precision, scale);
      else {
        if (fraction >= 0) fraction += 1;
        if (isExact) value = value * 10 + byte - ZERO;
        else digits += String.fromCharCode(byte);
      }
    }
    const missing = scale - Math.max(0, fraction);
    if (missing < 0) throw notDecimal(chunk, from, to, precision, scale);
    if (isExact) {
      const unscaled = value * 10 ** missing;
      if (unscaled >= 10 ** precision) throw notDecimal(chunk, from, to, precision, scale);
      return putSmall(isNegative ? -unscaled : unscaled, page, at, bytes);
    }
    const unscaled = BigInt(digits + '0'.repeat(missing));
    if (unscaled >= 10n ** BigInt(precision)) throw notDecimal(chunk, from, to, precision, scale);
    return putBig(isNegative ? -unscaled : unscaled, page, at, bytes);
  };
}

function putSmall(value: number, page: Buffer, at: number, bytes: number): number {
  if (bytes === 4) return page.writeInt32LE(value, at);
  const high = Math.floor(value / 4_294_967_296);
  page.writeUInt32LE(value - high * 4_294_967_296, at);
  return page.writeInt32LE(high, at + 4);
}

function putBig(value: bigint, page: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return page.writeBigInt64LE(value, at);
  page.writeBigInt64BE(BigInt.asIntN(64, value >> 64n), at);
  return page.writeBigUInt64BE(BigInt.asUintN(64, value), at + 8);
}

function notDecimal(chunk: Buffer, from: number, to: number, precision: number, scale: number): NotInParquet {
  const value = chunk.toString('latin1', from, Math.min(to, from + 40));
  return new NotInParquet(`Parquet’s DECIMAL(${precision},${scale}) cannot hold ${value}`);
}
