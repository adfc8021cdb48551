/** Thrift's compact protocol, as far as Parquet's metadata needs it (thrift-compact-protocol.md). */

/** A value with its wire type. */
export type ThriftValue =
  | { readonly byte: number }
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly struct: ThriftStruct }
  | { readonly list: readonly ThriftValue[] }
  /** Structs that are encoded already. */
  | { readonly structs: readonly Buffer[] };

/** Fields by id, ascending. */
export type ThriftStruct = readonly (readonly [id: number, value: ThriftValue])[];

const [TRUE, FALSE, BYTE, I32, I64, BINARY, LIST, STRUCT] = [1, 2, 3, 5, 6, 8, 9, 12] as const;

/** The bytes of a struct. */
export function encodeThrift(struct: ThriftStruct): Buffer {
  const parts: Buffer[] = [];
  putStruct(struct, parts);
  return Buffer.concat(parts);
}

function putStruct(struct: ThriftStruct, parts: Buffer[]): void {
  let last = 0;
  for (const [id, value] of struct) {
    if (id <= last || id - last > 15) throw new Error(`Thrift field ${id} after ${last}`);
    parts.push(Buffer.of(((id - last) << 4) | typeOf(value)));
    // A boolean field is its type.
    if (!('bool' in value)) putValue(value, parts);
    last = id;
  }
  parts.push(Buffer.of(0));
}

function typeOf(value: ThriftValue): number {
  if ('byte' in value) return BYTE;
  if ('i32' in value) return I32;
  if ('i64' in value) return I64;
  if ('bool' in value) return value.bool ? TRUE : FALSE;
  if ('text' in value) return BINARY;
  return 'struct' in value ? STRUCT : LIST;
}

function putValue(value: ThriftValue, parts: Buffer[]): void {
  if ('byte' in value) parts.push(Buffer.of(value.byte));
  else if ('i32' in value) parts.push(zigzag(value.i32));
  else if ('i64' in value) parts.push(zigzag(value.i64));
  else if ('bool' in value) parts.push(Buffer.of(value.bool ? TRUE : FALSE));
  else if ('text' in value) {
    const bytes = Buffer.from(value.text);
    parts.push(varint(bytes.length), bytes);
  } else if ('struct' in value) putStruct(value.struct, parts);
  else if ('list' in value) {
    parts.push(...listHead(value.list.length, value.list[0] ? typeOf(value.list[0]) : STRUCT));
    for (const item of value.list) putValue(item, parts);
  } else {
    parts.push(...listHead(value.structs.length, STRUCT));
    for (const item of value.structs) parts.push(item);
  }
}

function listHead(size: number, type: number): Buffer[] {
  return size < 15 ? [Buffer.of((size << 4) | type)] : [Buffer.of(0xf0 | type), varint(size)];
}

/** Numbers up to 2^52: sizes, counts and places in files. */
function zigzag(value: number): Buffer {
  return varint(value < 0 ? -value * 2 - 1 : value * 2);
}

/** Seven bits to a byte, lowest first. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
