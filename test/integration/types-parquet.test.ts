/** Parquet from Sluice, read by another implementation (hyparquet), holds what PostgreSQL holds. */
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects, parquetSchema, type FileMetaData, type SchemaElement } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parquetCompressions } from '../../shared/export.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { fileOf } from './portal-session.ts';
import { TYPES_ROWS, TYPES_TABLE } from './types-table.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(TYPES_TABLE);
});
afterAll(() => server.end());

const compressors = {
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdDecompressSync(bytes)),
  GZIP: (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })),
};

/** Values as they are stored: hyparquet's own conversions round decimals and cut microseconds. */
async function read(bytes: Buffer) {
  const file = new Uint8Array(bytes).buffer;
  const metadata = parquetMetadata(file);
  const stored: FileMetaData = { ...metadata, schema: metadata.schema.map(withoutMeaning) };
  const rows = await parquetReadObjects({ file, metadata: stored, compressors, utf8: false });
  return { metadata, rows };
}

function withoutMeaning(element: SchemaElement): SchemaElement {
  const copy = { ...element };
  delete copy.converted_type;
  delete copy.logical_type;
  return copy;
}

function text(value: unknown): string | null {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : null;
}

test('texts are what PostgreSQL writes, for every type that Parquet has no exact one for', async () => {
  const file = await fileOf(server.target, 'SELECT * FROM types ORDER BY id', { kind: 'parquet', compression: 'zstd' });
  const { metadata, rows } = await read(file);
  const theirs = await server.sql(`SET TimeZone = 'UTC'; SELECT * FROM types ORDER BY id`);
  expect(rows).toHaveLength(TYPES_ROWS);
  const texts = metadata.schema.slice(1).filter((column) => /^(UTF8|JSON)$/.test(column.converted_type ?? ''));
  expect(texts.length).toBeGreaterThan(40);
  for (const { name } of texts) {
    expect([name, ...rows.map((row) => text(row[name]))]).toEqual([name, ...theirs.map((row) => row[name])]);
  }
  // What is NULL is NULL, in every column.
  for (const column of metadata.schema.slice(1)) {
    const nulls = theirs.map((row) => row[column.name] === null);
    expect([column.name, ...rows.map((row) => (row[column.name] ?? null) === null)]).toEqual([column.name, ...nulls]);
  }
});

/** Columns that have a type of their own, and how SQL says what is stored. */
const stored: Readonly<Record<string, string>> = {
  c_int2: 'c_int2::text',
  c_int4: 'c_int4::text',
  c_int8: 'c_int8::text',
  c_oid: 'c_oid::text',
  c_domain: 'c_domain::text',
  c_decimal9: '(c_decimal9 * 1e2)::bigint::text',
  c_decimal18: '(c_decimal18 * 1e4)::bigint::text',
  c_decimal38: 'trunc(c_decimal38 * 1e10)::text',
  c_decimal_domain: '(c_decimal_domain * 1e2)::bigint::text',
  c_bytea: `encode(c_bytea, 'hex')`,
  c_uuid: `replace(c_uuid::text, '-', '')`,
  c_date: `(c_date - date '1970-01-01')::text`,
  c_time: '(extract(epoch FROM c_time) * 1e6)::bigint::text',
  c_time3: '(extract(epoch FROM c_time3) * 1e6)::bigint::text',
  c_bool: 'CASE c_bool WHEN true THEN $$true$$ ELSE $$false$$ END',
};

test('numbers, days, times, UUIDs and bytes have types of their own, exactly', async () => {
  const file = await fileOf(server.target, 'SELECT * FROM types ORDER BY id', { kind: 'parquet', compression: 'none' });
  const { rows } = await read(file);
  for (const [name, expression] of Object.entries(stored)) {
    const sql = `SELECT CASE WHEN ${name} IS NOT NULL THEN ${expression} END AS v FROM types ORDER BY id`;
    const theirs = (await server.sql(sql)).map(({ v }) => v);
    expect([name, ...rows.map((row) => storedText(name, row[name] as Stored))]).toEqual([name, ...theirs]);
  }
});

type Stored = number | bigint | boolean | Uint8Array | null | undefined;

function storedText(name: string, value: Stored): string | null {
  if (value === null || value === undefined) return null;
  if (!(value instanceof Uint8Array)) return String(value);
  const bytes = Buffer.from(value);
  return name === 'c_decimal38'
    ? String((bytes.readBigInt64BE(0) << 64n) | bytes.readBigUInt64BE(8))
    : bytes.toString('hex');
}

test('floats keep every bit', async () => {
  const file = await fileOf(server.target, 'SELECT c_float4, c_float8 FROM types ORDER BY id', {
    kind: 'parquet',
    compression: 'none',
  });
  const { rows } = await read(file);
  const theirs = await server.sql(
    'SELECT c_float4::float8::text AS four, c_float8::text AS eight FROM types ORDER BY id',
  );
  const number = (value: string | null | undefined) => ((value ?? null) === null ? null : Number(value));
  expect(rows.map((row) => row['c_float4'] ?? null)).toEqual(theirs.map(({ four }) => number(four)));
  expect(rows.map((row) => row['c_float8'] ?? null)).toEqual(theirs.map(({ eight }) => number(eight)));
});

test('timestamps are microseconds since 1970, before Christ and in the last years too', async () => {
  const times = [
    '4713-01-01 00:00 BC',
    '0001-12-31 23:59:59.999999 BC',
    '1969-12-31 23:59:59.999999',
    '294246-12-31 23:59:59.999999',
  ];
  const values = times.map((time) => `('${time}'::timestamp)`).join(', ');
  const file = await fileOf(server.target, `SELECT t, t AT TIME ZONE 'UTC' AS z FROM (VALUES ${values}) AS v (t)`, {
    kind: 'parquet',
    compression: 'none',
  });
  const { rows } = await read(file);
  const theirs = await server.sql(
    `SELECT trunc(extract(epoch FROM t) * 1000000)::text AS e FROM (VALUES ${values}) AS v (t)`,
  );
  const expected = theirs.map(({ e }) => e);
  expect(rows.map((row) => String(row['t']))).toEqual(expected);
  expect(rows.map((row) => String(row['z']))).toEqual(expected);
});

test.each([
  [`'infinity'::timestamp`, 'infinity'],
  [`'-infinity'::timestamptz`, 'infinity'],
  [`'infinity'::date`, 'infinity'],
  [`'-infinity'::date`, 'infinity'],
  [`'294276-12-31 23:59'::timestamp`, '294246'],
  [`'24:00'::time`, '24:00:00'],
  [`c FROM (VALUES ('NaN'::numeric)) AS v (n), LATERAL (SELECT 1) AS x, types_nan`, 'NaN'],
])('%s is a failure that names row and column', async (value, detail) => {
  await server.sql(
    `CREATE TABLE IF NOT EXISTS types_nan (c numeric(4,1)); TRUNCATE types_nan; INSERT INTO types_nan VALUES ('NaN')`,
  );
  const sql = value.startsWith('c ') ? `SELECT 1 AS a, ${value}` : `SELECT 1 AS a, ${value} AS c`;
  await expect(fileOf(server.target, sql, { kind: 'parquet', compression: 'none' })).rejects.toMatchObject({
    code: 'cannot-encode',
    failure: { params: { row: 1, column: 'c', detail: expect.stringContaining(detail) as unknown } },
  });
});

test.each(parquetCompressions)(
  'with %s: many pages, row groups, NULLs in all places, and one large value',
  async (compression) => {
    const query = `SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE i * 1.5 END AS n, i % 3 = 0 AS b, NULL::text AS nothing,
    md5(i::text) || repeat('x', CASE WHEN i = 70000 THEN 5000000 ELSE 0 END) AS t FROM generate_series(1, 140000) AS i`;
    const { rows, metadata } = await read(await fileOf(server.target, query, { kind: 'parquet', compression }));
    expect(Number(metadata.num_rows)).toBe(140_000);
    expect(rows).toHaveLength(140_000);
    let wrong = 0;
    for (const [index, row] of rows.entries()) {
      const i = index + 1;
      const isRight =
        row['i'] === i &&
        (text(row['n']) === null) === (i % 7 === 0) &&
        row['b'] === (i % 3 === 0) &&
        (row['nothing'] ?? null) === null &&
        text(row['t'])?.length === (i === 70_000 ? 5_000_032 : 32);
      if (!isRight) wrong += 1;
    }
    expect(wrong).toBe(0);
  },
);

test('columns of the same name get different ones, no rows make a file, and what was annotated is what readers see', async () => {
  const query = `SELECT 1 AS id, 2 AS id, 3 AS id_2, '{}'::jsonb AS j, now() AS t, 1.5::numeric(5,1) AS d, gen_random_uuid() AS u LIMIT 0`;
  const file = new Uint8Array(await fileOf(server.target, query, { kind: 'parquet', compression: 'zstd' })).buffer;
  const metadata = parquetMetadata(file);
  expect(metadata.num_rows).toBe(0n);
  const columns = parquetSchema(metadata).children.map(({ element }) => element);
  expect(columns.map(({ name, logical_type: logical }) => [name, logical?.type])).toEqual([
    ['id', 'INTEGER'],
    ['id_3', 'INTEGER'],
    ['id_2', 'INTEGER'],
    ['j', 'JSON'],
    ['t', 'TIMESTAMP'],
    ['d', 'DECIMAL'],
    ['u', 'UUID'],
  ]);
  expect(columns[4]?.logical_type).toMatchObject({ isAdjustedToUTC: true, unit: 'MICROS' });
  expect(columns[5]).toMatchObject({ type: 'INT32', precision: 5, scale: 1 });
});
