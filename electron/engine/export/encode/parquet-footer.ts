/** A Parquet file's metadata (parquet.thrift). Pure. */
import { codecs, type PageCompression } from './parquet-compression.ts';
import type { ColumnTotals } from './parquet-column.ts';
import { encodeThrift, type ThriftStruct, type ThriftValue } from './parquet-thrift.ts';
import type { ParquetType } from './parquet-types.ts';

export const MAGIC = Buffer.from('PAR1');

/** A column of the file. */
export interface NamedType {
  readonly name: string;
  readonly type: ParquetType;
}

/** A column of a row group, and where its pages begin in the file. */
export interface WrittenColumn extends ColumnTotals {
  readonly offset: number;
}

const [PLAIN, RLE, OPTIONAL] = [0, 3, 1] as const;

/** The bytes of a `RowGroup`. */
export function rowGroup(
  columns: readonly NamedType[],
  written: readonly WrittenColumn[],
  rows: number,
  compression: PageCompression,
): Buffer {
  const total = (of: (column: WrittenColumn) => number) => written.reduce((sum, column) => sum + of(column), 0);
  const chunks = columns.map(({ name, type }, index): ThriftValue => {
    const { offset, values, nulls, uncompressed, compressed } = written[index] as WrittenColumn;
    const metadata: ThriftStruct = [
      [1, { i32: type.physical }],
      [2, { list: [{ i32: PLAIN }, { i32: RLE }] }],
      [3, { list: [{ text: name }] }],
      [4, { i32: codecs[compression] }],
      [5, { i64: values }],
      [6, { i64: uncompressed }],
      [7, { i64: compressed }],
      [9, { i64: offset }],
      [12, { struct: [[3, { i64: nulls }]] }],
    ];
    return {
      struct: [
        [2, { i64: offset }],
        [3, { struct: metadata }],
      ],
    };
  });
  return encodeThrift([
    [1, { list: chunks }],
    [2, { i64: total(({ uncompressed }) => uncompressed) }],
    [3, { i64: rows }],
    [6, { i64: total(({ compressed }) => compressed) }],
  ]);
}

/** What ends the file: the metadata, its length, and the magic number. */
export function footer(columns: readonly NamedType[], groups: readonly Buffer[], rows: number): Buffer {
  const root: ThriftValue = {
    struct: [
      [4, { text: 'schema' }],
      [5, { i32: columns.length }],
    ],
  };
  const metadata = encodeThrift([
    [1, { i32: 1 }],
    [2, { list: [root, ...columns.map(schemaElement)] }],
    [3, { i64: rows }],
    [4, { structs: groups }],
    [6, { text: 'Sluice' }],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  return Buffer.concat([metadata, length, MAGIC]);
}

function schemaElement({ name, type }: NamedType): ThriftValue {
  const { physical, length, converted, scale, precision, logical } = type;
  const fields: (readonly [number, ThriftValue])[] = [[1, { i32: physical }]];
  if (length !== undefined) fields.push([2, { i32: length }]);
  fields.push([3, { i32: OPTIONAL }], [4, { text: name }]);
  if (converted !== undefined) fields.push([6, { i32: converted }]);
  if (scale !== undefined) fields.push([7, { i32: scale }]);
  if (precision !== undefined) fields.push([8, { i32: precision }]);
  if (logical !== undefined) fields.push([10, { struct: logical }]);
  return { struct: fields };
}

/** Names as they are, but different: readers find columns by name. The second “id” is “id_2”. */
export function distinctNames(names: readonly string[]): string[] {
  const all = new Set(names);
  const taken = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let n = 2; taken.has(candidate); n += 1) {
      const next = `${name}_${n}`;
      if (!all.has(next)) candidate = next;
    }
    taken.add(candidate);
    return candidate;
  });
}
