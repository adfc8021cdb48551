/** Every value that Sluice writes is the server's own text, or what row_to_json makes of it; and it loads back equal. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CsvFormat } from '../../shared/export.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { csv, fileOf } from './portal-session.ts';

let server: TestPostgres;
let folder: string;

beforeAll(async () => {
  server = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), 'sluice-values-'));
  // The server reads files here as another user.
  chmodSync(folder, 0o755);
  await server.sql(EVERY_TYPE);
});
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});

/** A table of types and values that ordinary drivers damage, and its empty twin. */
const EVERY_TYPE = String.raw`
  CREATE TYPE mood AS ENUM ('so so', 'quite, "happy"');
  CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN small AS int CHECK (value < 100);
  CREATE TABLE every (
    id int PRIMARY KEY, big bigint, little smallint, exact numeric, price numeric(12,2), real4 real, real8 double precision,
    yes boolean, words text, padded char(6), short varchar(20), bytes bytea, day date, moment timestamp,
    instant timestamptz, clock time, clocktz timetz, span interval, token uuid, document json, binary_document jsonb,
    numbers int[], nested text[][], moments timestamptz[], feeling mood, couple pair, couples pair[], tiny small,
    whole int4range, times tstzrange, several int4multirange, place point, address inet, network cidr, mac macaddr, bits bit varying,
    fixed bit(3), cash money, search tsvector, tree xml, object oid, one "char", called name, "Name with ""quotes""" text
  );
  INSERT INTO every (id) VALUES (1);
  INSERT INTO every VALUES (2, 9223372036854775807, -32768, 12345678901234567890.123456789012345678901234567890, -0.10,
    3.4028235e38, 1.7976931348623157e308, true, E'quotes " and '' and \\ and, comma; tab\t line\nbreak \r\n \b\f\v\x01\x7f \u20ac \U0001F600', 'ab',
    '', '\x00ff0a0d22', '0001-01-01', '2020-02-29 23:59:59.999999', '2020-03-29 01:30:00.000001+00', '24:00:00',
    '12:00:00.5+05:30', '1 year -2 mons +3 days -04:05:06.789', '00000000-0000-0000-0000-00000000000f',
    E'{ "b" : 1,\n  "a" : [1.0, 12345678901234567890], "b" : 2 }', '{"b": 1.00, "a": "\u00e9\n\"", "n": null}',
    '{1,NULL,3}', '{{"a,b","c\"d"},{"","e\\f"}}', '{2020-01-01 00:00:00+00,infinity,NULL}', 'quite, "happy"',
    ROW(1, E'x"y, \n'), ARRAY[ROW(1,'a')::pair, ROW(NULL,'b "c"')::pair, NULL], 99, '[1,10)', '[2020-01-01,)', '{[1,2),[5,7)}',
    '(1.5,-2)', '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', '10101', '101', -1234.5, $$'it''s' a & fat:1A$$, '<a b="c">d</a>',
    4294967295, 'x', 'called', '=1+1');
  INSERT INTO every (id, big, exact, price, real4, real8, yes, words, day, moment, instant, span, numbers, whole, document, binary_document, bits) VALUES
    (3, -9223372036854775808, 'NaN', 'NaN', 'NaN', 'NaN', false, '', 'infinity', 'infinity', 'infinity', '0', '{}', 'empty', 'null', 'null', ''),
    (4, 0, 'Infinity', 1e9, 'Infinity', '-Infinity', false, 'NULL', '-infinity', '-infinity', '-infinity', '178000000 years', '[0:1]={5,6}', '(,)', '"text"', '"text"', '1'),
    (5, -1, '-Infinity', 0, '-0', '-0', false, '\.', '4713-01-01 BC', '4713-01-01 00:00 BC', '4713-01-01 00:00+00 BC', NULL, NULL, NULL, '1e400', '1e400', '0'),
    (6, 1, 1e-100, 0.01, 1e-45, 5e-324, true, E'\\N', '5874897-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', NULL, NULL, NULL, '[]', '{}', NULL),
    (7, 1, 1e200, 1, 1e20, 1e21, true, ' spaces ', '1999-12-31', '1999-12-31 23:59:59.9', '1999-12-31 23:59:59.10+00', '-1 day', NULL, NULL, ' 1 ', '1', NULL),
    (8, NULL, NULL, NULL, NULL, NULL, NULL, repeat(E'long "text", \n', 20000), NULL, NULL, NULL, NULL, NULL, NULL, NULL, to_jsonb(repeat('x"', 100000)), NULL);
  CREATE TABLE copy (LIKE every)`;

/** What differs between two tables, counted, with all values as text: types without equality count too. */
const differences = (one: string, other: string) => `
  SELECT (SELECT count(*) FROM (SELECT t::text FROM ${one} t EXCEPT ALL SELECT t::text FROM ${other} t) d)
       + (SELECT count(*) FROM (SELECT t::text FROM ${other} t EXCEPT ALL SELECT t::text FROM ${one} t) d) AS n`;

/** What is in the twin, and how it differs. */
async function copied(): Promise<{ rows: unknown; differences: unknown }> {
  const [count] = await server.sql('SELECT count(*) AS n FROM copy');
  const [different] = await server.sql(differences('every', 'copy'));
  return { rows: count?.['n'], differences: different?.['n'] };
}

/** Puts a file where the server can read it. */
function place(bytes: Buffer): string {
  const path = join(folder, 'data');
  writeFileSync(path, bytes);
  chmodSync(path, 0o644);
  return path;
}

describe('CSV is read back by COPY, equal in all types', () => {
  const dialects: [string, Partial<CsvFormat>, string][] = [
    ['as COPY writes it', {}, ''],
    ['all quoted and with a header', { quoting: 'all', header: true }, ', HEADER'],
    ['with texts quoted and CRLF', { quoting: 'text', lineEnding: 'crlf' }, ''],
    ['with tabs', { delimiter: '\t' }, String.raw`, DELIMITER E'\t'`],
    ['with NULL as \\N', { nullText: String.raw`\N` }, String.raw`, NULL '\N'`],
    ['with NULL as a word that is a text too', { nullText: 'NULL' }, ", NULL 'NULL'"],
    ['with NULL as a number', { nullText: '1' }, ", NULL '1'"],
    ['with another quote and escape', { quote: "'", escape: '\\' }, String.raw`, QUOTE '''', ESCAPE '\'`],
    ['with a delimiter that numbers are made of', { delimiter: '1' }, ", DELIMITER '1'"],
    ['with a quote that dates are made of', { quote: '-', escape: '-' }, ", QUOTE '-'"],
    ['with a byte order mark', { bom: true, header: true }, ', HEADER'],
  ];
  for (const [name, dialect, options] of dialects) {
    test(`written ${name}`, async () => {
      const file = await fileOf(server.target, 'SELECT * FROM every ORDER BY id', { ...csv, ...dialect });
      await server.sql(`TRUNCATE copy; COPY copy FROM '${place(file)}' (FORMAT csv${options})`);
      expect(await copied()).toEqual({ rows: '8', differences: '0' });
    });
  }
});

test('CSV without options is, byte for byte, what COPY writes', async () => {
  const file = await fileOf(server.target, 'SELECT * FROM every ORDER BY id', csv);
  // The settings that an export reads with.
  const [row] = await server.sql(`SET TimeZone = 'UTC';
    CREATE TEMPORARY TABLE lines (n serial, line text);
    COPY (SELECT * FROM every ORDER BY id) TO '${server.dataFolder}/expected' (FORMAT csv);
    SELECT encode(pg_read_binary_file('${server.dataFolder}/expected'), 'hex') AS bytes`);
  expect(file.toString('hex') === row?.['bytes']).toBe(true);
});

for (const [encoding, name] of [
  ['iso-8859-1', 'LATIN1'],
  ['windows-1252', 'WIN1252'],
] as const) {
  test(`CSV in ${encoding} is read back`, async () => {
    await server.sql(`DROP TABLE IF EXISTS west, west_copy; CREATE TABLE west (id int, t text);
      INSERT INTO west VALUES (1, 'Grüße, ÿ'), (2, repeat('é,', 40000)) ${encoding === 'windows-1252' ? ", (3, '€ „Œ‟ ™'::varchar(4))" : ''};
      CREATE TABLE west_copy (LIKE west)`);
    const file = await fileOf(server.target, 'SELECT * FROM west ORDER BY id', { ...csv, encoding });
    await server.sql(`COPY west_copy FROM '${place(file)}' (FORMAT csv, ENCODING '${name}')`);
    const [row] = await server.sql(differences('west', 'west_copy'));
    expect(row?.['n']).toBe('0');
  });
}

test('a lone “\\.” is read back as a text, not as the end of the data', async () => {
  await server.sql('DROP TABLE IF EXISTS lone; CREATE TABLE lone (t text)');
  const file = await fileOf(server.target, String.raw`VALUES ('\.'), (''), (NULL), ('x')`, csv);
  await server.sql(`COPY lone FROM '${place(file)}' (FORMAT csv)`);
  expect(await server.sql('SELECT t FROM lone')).toEqual([{ t: '\\.' }, { t: '' }, { t: null }, { t: 'x' }]);
});

test('CSV in UTF-16 holds the same characters', async () => {
  const sql = 'SELECT id, words, instant FROM every ORDER BY id';
  const file = await fileOf(server.target, sql, { ...csv, encoding: 'utf-16le', bom: true });
  const plain = await fileOf(server.target, sql, csv);
  expect(file.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xfe]));
  expect(file.toString('utf16le', 2) === plain.toString()).toBe(true);
});

test('a character that the encoding lacks is an error that names row and column', async () => {
  const sql = `SELECT 1 AS id, 'fine' AS name UNION ALL SELECT 2, 'not ' || chr(8364)`;
  await expect(fileOf(server.target, sql, { ...csv, encoding: 'iso-8859-1' })).rejects.toMatchObject({
    code: 'cannot-encode',
    failure: { params: { row: 2, column: 'name', detail: '“€” (U+20AC) is not in iso-8859-1' } },
  });
});

test('SQL INSERT, run, gives an equal table', async () => {
  const file = await fileOf(server.target, 'SELECT * FROM every', { kind: 'sql-insert', table: null, rows: 3 });
  expect(file.toString().match(/^INSERT INTO "public"."copy"/gm)).toHaveLength(3);
  await server.sql(`TRUNCATE copy; ${file.toString()}`);
  expect(await copied()).toEqual({ rows: '8', differences: '0' });
});

test('COPY text is read back, equal in all types', async () => {
  const file = (await fileOf(server.target, 'SELECT * FROM every', { kind: 'sql-copy', table: 'x.y' })).toString();
  const begin = file.indexOf('FROM stdin;\n') + 'FROM stdin;\n'.length;
  expect(file.slice(0, begin)).toContain('COPY "x"."y" ("id", "big"');
  expect(file.endsWith('\n\\.\n\n')).toBe(true);
  await server.sql(`TRUNCATE copy; COPY copy FROM '${place(Buffer.from(file.slice(begin, -4)))}'`);
  expect(await copied()).toEqual({ rows: '8', differences: '0' });
});

describe('NDJSON is row_to_json', () => {
  for (const timeZone of ['UTC', 'Asia/Kolkata', 'America/St_Johns']) {
    test(`in ${timeZone}`, async () => {
      const file = await fileOf(server.target, 'SELECT * FROM every ORDER BY id', { kind: 'ndjson' }, { timeZone });
      const rows = await server.sql(`SET TimeZone = '${timeZone}'; SET extra_float_digits = 3;
        SELECT translate(row_to_json(every)::text, E'\n\r', '  ') AS json FROM every ORDER BY id`);
      const lines = file.toString().trimEnd().split('\n');
      expect(lines).toHaveLength(8);
      for (const [n, line] of lines.entries()) expect(line).toBe(rows[n]?.['json']);
    });
  }

  test('and so is the JSON array', async () => {
    const file = await fileOf(server.target, 'SELECT * FROM every ORDER BY id', { kind: 'json' });
    const lines = await fileOf(server.target, 'SELECT * FROM every ORDER BY id', { kind: 'ndjson' });
    expect(file.toString()).toBe(`[\n${lines.toString().trimEnd().replaceAll('\n', ',\n')}\n]\n`);
    expect(JSON.parse(file.toString())).toHaveLength(8);
  });

  test('also where two columns have the same name, and for rows without columns', async () => {
    const same = await fileOf(server.target, "SELECT 1 AS a, '{2}'::int[] AS a -- both", { kind: 'ndjson' });
    expect(same.toString()).toBe('{"a":1,"a":[2]}\n');
  });
});

describe('what the client formats is the server’s own text, over the whole range', () => {
  const whole = `
    SELECT '4713-11-24 00:00:00 BC'::timestamp + n * interval '1001 days 3:04:05.000321' AS v FROM generate_series(0, 109000) n
    UNION ALL SELECT '2000-01-01'::timestamp + n * interval '0.000001 seconds' FROM generate_series(-3000, 3000) n
    UNION ALL SELECT '0001-01-01'::timestamp + n * interval '1 day' FROM generate_series(-800, 800) n
    UNION ALL VALUES ('infinity'::timestamp), ('-infinity'), ('294276-12-31 23:59:59.999999')`;
  const ranges = {
    timestamp: `SELECT v FROM (${whole}) s`,
    timestamptz: `SELECT v AT TIME ZONE 'UTC' AS v FROM (${whole}) s`,
    date: `SELECT '4713-11-24 BC'::date + n * 541 AS v FROM generate_series(0, 3900000, 41) n
      UNION ALL SELECT '2000-01-01'::date + n FROM generate_series(-20000, 20000) n
      UNION ALL VALUES ('infinity'::date), ('-infinity'), ('5874897-12-31')`,
    uuid: `SELECT md5(n::text)::uuid AS v FROM generate_series(1, 20000) n`,
  };
  for (const [type, values] of Object.entries(ranges)) {
    test(`${type} as text`, async () => {
      const file = await fileOf(server.target, `SELECT v, v::text AS t FROM (${values}) r`, csv);
      const lines = file.toString().trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(20_000 - 1);
      expect(lines.filter((line) => line.split(',')[0] !== line.split(',')[1])).toEqual([]);
    });

    test(`${type} as JSON`, async () => {
      const file = await fileOf(server.target, `SELECT v, to_json(v) AS t FROM (${values}) r`, { kind: 'ndjson' });
      const lines = file.toString().trimEnd().split('\n');
      expect(lines.filter((line) => !/^\{"v":(".*"),"t":\1\}$/.test(line))).toEqual([]);
    });
  }

  test('and zones that the server formats become XML Schema’s in JSON, seconds of old local times too', async () => {
    const sql = `SELECT v, to_json(v) AS t FROM (SELECT v AT TIME ZONE 'UTC' AS v FROM (${whole}) s) r`;
    for (const timeZone of ['Europe/Amsterdam', 'America/Caracas']) {
      const file = await fileOf(server.target, sql, { kind: 'ndjson' }, { timeZone });
      const lines = file.toString().trimEnd().split('\n');
      expect(lines.filter((line) => !/^\{"v":(".*"),"t":\1\}$/.test(line))).toEqual([]);
    }
  });
});
