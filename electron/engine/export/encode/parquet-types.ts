/** How each PostgreSQL type is written in Parquet (docs/types.md). Pure. */
import type { PortalColumn } from '../../database/portal-types.ts';
import type { ValueFormat } from './encoder.ts';
import { NotInParquet } from './not-in-parquet.ts';
import { DECIMAL_BYTES, decimalWriter, numericShape } from './parquet-decimal.ts';
import type { ThriftStruct } from './parquet-thrift.ts';
import { OID } from './types-of-values.ts';

/** Writes one value (PLAIN) at `at` of `page`, which is the page's value number `index`; gives where it ends. */
export type PutValue = (chunk: Buffer, from: number, to: number, page: Buffer, at: number, index: number) => number;

/** Physical types (parquet.thrift, `Type`). */
export const PHYSICAL = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, bytes: 6, fixed: 7 } as const;

export interface ParquetType {
  readonly physical: number;
  /** Of a value of fixed length. */
  readonly length?: number;
  /** `ConvertedType`, for old readers. */
  readonly converted?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** `LogicalType`. */
  readonly logical?: ThriftStruct;
  /** How PostgreSQL is asked for it. */
  readonly format: ValueFormat;
  readonly put: PutValue;
}

const string: ParquetType = {
  physical: PHYSICAL.bytes,
  converted: 0,
  logical: [[1, { struct: [] }]],
  format: 0,
  put: putBytes,
};
const json: ParquetType = { ...string, converted: 19, logical: [[12, { struct: [] }]] };
const TIME_OID = 1083;

/** What a column is in the file. Whatever Parquet has no exact type for is PostgreSQL's own text. */
export function parquetType({ oid, modifier }: Pick<PortalColumn, 'oid' | 'modifier'>): ParquetType {
  switch (oid) {
    case OID.bool:
      return { physical: PHYSICAL.boolean, format: 1, put: putBoolean };
    case OID.int2:
      return { physical: PHYSICAL.int32, converted: 16, logical: integer(16), format: 1, put: putInt16 };
    case OID.int4:
      return { physical: PHYSICAL.int32, converted: 17, logical: integer(32), format: 1, put: putReversed };
    case OID.int8:
      return { physical: PHYSICAL.int64, converted: 18, logical: integer(64), format: 1, put: putReversed };
    case OID.oid:
      return { physical: PHYSICAL.int64, converted: 18, logical: integer(64), format: 1, put: putOid };
    case OID.float4:
      return { physical: PHYSICAL.float, format: 1, put: putReversed };
    case OID.float8:
      return { physical: PHYSICAL.double, format: 1, put: putReversed };
    case OID.numeric:
      return decimal(modifier);
    case OID.bytea:
      return { physical: PHYSICAL.bytes, format: 1, put: putBytes };
    case OID.uuid:
      return { physical: PHYSICAL.fixed, length: 16, logical: [[14, { struct: [] }]], format: 1, put: putFixed };
    case OID.date:
      return { physical: PHYSICAL.int32, converted: 6, logical: [[6, { struct: [] }]], format: 1, put: putDate };
    case TIME_OID:
      return { physical: PHYSICAL.int64, converted: 8, logical: [[7, micros(false)]], format: 1, put: putTime };
    case OID.timestamp:
      // The old annotation would say that it is an instant.
      return { physical: PHYSICAL.int64, logical: [[8, micros(false)]], format: 1, put: putTimestamp };
    case OID.timestamptz:
      return { physical: PHYSICAL.int64, converted: 10, logical: [[8, micros(true)]], format: 1, put: putTimestamp };
    case OID.json:
    case OID.jsonb:
      return json;
    default:
      return string;
  }
}

function integer(bits: number): ThriftStruct {
  return [
    [
      10,
      {
        struct: [
          [1, { byte: bits }],
          [2, { bool: true }],
        ],
      },
    ],
  ];
}

/** A unit of microseconds; `utc`: an instant. */
function micros(utc: boolean): { readonly struct: ThriftStruct } {
  return {
    struct: [
      [1, { bool: utc }],
      [2, { struct: [[2, { struct: [] }]] }],
    ],
  };
}

function decimal(modifier: number): ParquetType {
  const shape = numericShape(modifier);
  if (shape === null) return string;
  const { precision, scale } = shape;
  const annotation = {
    converted: 5,
    precision,
    scale,
    logical: [
      [
        5,
        {
          struct: [
            [1, { i32: scale }],
            [2, { i32: precision }],
          ],
        },
      ],
    ] as ThriftStruct,
    format: 0 as const,
  };
  if (precision <= 9) return { ...annotation, physical: PHYSICAL.int32, put: decimalWriter(shape, 4) };
  if (precision <= 18) return { ...annotation, physical: PHYSICAL.int64, put: decimalWriter(shape, 8) };
  return { ...annotation, physical: PHYSICAL.fixed, length: DECIMAL_BYTES, put: decimalWriter(shape, DECIMAL_BYTES) };
}

function putBytes(chunk: Buffer, from: number, to: number, page: Buffer, at: number): number {
  const length = to - from;
  page[at] = length & 255;
  page[at + 1] = (length >> 8) & 255;
  page[at + 2] = (length >> 16) & 255;
  page[at + 3] = length >>> 24;
  return putFixed(chunk, from, to, page, at + 4);
}

function putFixed(chunk: Buffer, from: number, to: number, page: Buffer, at: number): number {
  const length = to - from;
  // A call costs more than a few bytes by hand.
  if (length > 48) chunk.copy(page, at, from, to);
  else for (let n = 0; n < length; n += 1) page[at + n] = chunk[from + n] as number;
  return at + length;
}

/** Big-endian to little-endian, of any width. */
function putReversed(chunk: Buffer, from: number, to: number, page: Buffer, at: number): number {
  let end = at;
  for (let n = to - 1; n >= from; n -= 1) page[end++] = chunk[n] as number;
  return end;
}

function putInt16(chunk: Buffer, from: number, _to: number, page: Buffer, at: number): number {
  return page.writeInt32LE(chunk.readInt16BE(from), at);
}

function putOid(chunk: Buffer, from: number, _to: number, page: Buffer, at: number): number {
  page.writeUInt32LE(chunk.readUInt32BE(from), at);
  return page.writeUInt32LE(0, at + 4);
}

/** One bit each, lowest first. */
function putBoolean(chunk: Buffer, from: number, _to: number, page: Buffer, at: number, index: number): number {
  const value = chunk[from] as number;
  if ((index & 7) === 0) {
    page[at] = value;
    return at + 1;
  }
  page[at - 1] = (page[at - 1] as number) | (value << (index & 7));
  return at;
}

/** PostgreSQL counts from 2000-01-01, Parquet from 1970-01-01. */
const DAYS_BETWEEN = 10_957;
const MICROS_BETWEEN = 946_684_800_000_000n;

function putDate(chunk: Buffer, from: number, _to: number, page: Buffer, at: number): number {
  const days = chunk.readInt32BE(from);
  if (days === 0x7fff_ffff || days === -0x8000_0000) throw new NotInParquet('Parquet has no date for infinity');
  return page.writeInt32LE(days + DAYS_BETWEEN, at);
}

const DAY_HIGH = 20;
const DAY_LOW = 500_654_080;

function putTime(chunk: Buffer, from: number, to: number, page: Buffer, at: number): number {
  if (chunk.readInt32BE(from) === DAY_HIGH && chunk.readUInt32BE(from + 4) === DAY_LOW) {
    throw new NotInParquet('Parquet has no time for 24:00:00');
  }
  return putReversed(chunk, from, to, page, at);
}

const SHIFT_HIGH = Number(MICROS_BETWEEN >> 32n);
const SHIFT_LOW = Number(MICROS_BETWEEN & 0xffff_ffffn);
const LAST = 0x7fff_ffff_ffff_ffffn - MICROS_BETWEEN;

function putTimestamp(chunk: Buffer, from: number, _to: number, page: Buffer, at: number): number {
  const high = chunk.readInt32BE(from);
  const low = chunk.readUInt32BE(from + 4);
  // Only the last years that PostgreSQL knows, and infinity, come near the edge.
  if (high > 0x7ff0_0000 || high === -0x8000_0000) refuseTimestamp((BigInt(high) << 32n) | BigInt(low));
  const sum = low + SHIFT_LOW;
  const carry = sum > 0xffff_ffff ? 1 : 0;
  page.writeUInt32LE(sum >>> 0, at);
  return page.writeInt32LE(high + SHIFT_HIGH + carry, at + 4);
}

function refuseTimestamp(value: bigint): void {
  if (value === 0x7fff_ffff_ffff_ffffn || value === -0x8000_0000_0000_0000n) {
    throw new NotInParquet('Parquet has no timestamp for infinity');
  }
  if (value > LAST) throw new NotInParquet('Parquet has no timestamp after the year 294246');
}
