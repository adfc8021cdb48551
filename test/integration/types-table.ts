/** A column for every kind of type that PostgreSQL has, with the values that exports usually damage. */

/** Column, type, and values as SQL expressions; a column that has fewer is NULL in the other rows. */
const columns: readonly (readonly [name: string, type: string, values: readonly string[]])[] = [
  ['c_int2', 'smallint', ['-32768', '32767', '0']],
  ['c_int4', 'integer', ['-2147483648', '2147483647', '0']],
  ['c_int8', 'bigint', ['-9223372036854775808', '9223372036854775807', '9007199254740993', '0', '-1']],
  [
    'c_numeric',
    'numeric',
    [
      `'NaN'`,
      `'Infinity'`,
      `'-Infinity'`,
      '0',
      '0.00',
      `repeat('9', 100)::numeric`,
      `('0.' || repeat('12345', 20))::numeric`,
      '1e-1000',
      '-1e1000',
      '123456789012345678.1',
    ],
  ],
  ['c_decimal9', 'numeric(9,2)', ['-9999999.99', '9999999.99', '0', '0.01', '-0.5']],
  ['c_decimal18', 'numeric(18,4)', ['-99999999999999.9999', '99999999999999.9999', '0.0001', '9007199254740.9937']],
  [
    'c_decimal38',
    'numeric(38,10)',
    ['-9999999999999999999999999999.9999999999', '9999999999999999999999999999.9999999999', '-1'],
  ],
  ['c_decimal50', 'numeric(50,20)', ['-1.00000000000000000001', `'NaN'`]],
  ['c_thousands', 'numeric(5,-3)', ['12345000', '-1000']],
  ['c_float4', 'real', [`'NaN'`, `'Infinity'`, `'-Infinity'`, `'-0'`, '3.4028235e38', '1e-45', '0.1', '16777217']],
  [
    'c_float8',
    'double precision',
    [`'NaN'`, `'Infinity'`, `'-Infinity'`, `'-0'`, '1.7976931348623157e308', '5e-324', '0.1', '9007199254740993'],
  ],
  ['c_bool', 'boolean', ['true', 'false', 'true', 'true', 'false', 'false', 'true', 'false', 'true', 'true', 'true']],
  [
    'c_text',
    'text',
    [
      `''`,
      `'NULL'`,
      String.raw`'\N'`,
      String.raw`'\.'`,
      `'"quotes" and ''single'''`,
      String.raw`E'line\nbreak\r\nand\ttab\\ \b\f\v\x01\x1f\x7f'`,
      String.raw`E'\U0001F600 é \u200f \ufffd \uffff'`,
      `' spaces '`,
      `'a,b;c|d'`,
      `'=1+1'`,
      `'_x0041_ <b>&amp;</b>'`,
      `repeat('long "text" ', 2700)`,
    ],
  ],
  ['c_char', 'char(6)', [`'ab'`, `''`]],
  ['c_varchar', 'varchar(20)', [`'é'`, `''`]],
  ['c_quoted_char', '"char"', [`'x'`, `'"'`]],
  ['c_name', 'name', [`'a "name"'`]],
  ['c_bytea', 'bytea', [String.raw`'\x'`, String.raw`'\x00ff0a0d225c27'`, `sha512('x')`]],
  [
    'c_uuid',
    'uuid',
    [
      `'00000000-0000-0000-0000-000000000000'`,
      `'ffffffff-ffff-ffff-ffff-ffffffffffff'`,
      `'01234567-89ab-cdef-fedc-ba9876543210'`,
    ],
  ],
  [
    'c_date',
    'date',
    [`'0001-01-01'`, `'4713-01-01 BC'`, `'5874897-12-31'`, `'1969-12-31'`, `'1900-02-28'`, `'2024-02-29'`],
  ],
  ['c_time', 'time', [`'00:00:00'`, `'23:59:59.999999'`, `'12:00:00.5'`]],
  ['c_time3', 'time(3)', [`'12:00:00.123'`]],
  ['c_timetz', 'timetz', [`'12:00:00.000001+05:30'`, `'24:00:00-12'`]],
  [
    'c_timestamp',
    'timestamp',
    [
      `'4713-01-01 00:00 BC'`,
      `'294246-12-31 23:59:59.999999'`,
      `'1969-12-31 23:59:59.999999'`,
      `'2020-03-29 02:30:00'`,
      `'0001-01-01 00:00:00.000001 BC'`,
    ],
  ],
  [
    'c_timestamptz',
    'timestamptz',
    [
      `'4713-01-01 00:00+00 BC'`,
      `'294246-12-31 23:59:59.999999+00'`,
      `'2020-03-29 01:30:00.000001+00'`,
      `'1883-11-18 12:00+00'`,
      `'1970-01-01 00:00+00'`,
    ],
  ],
  [
    'c_interval',
    'interval',
    [`'0'`, `'1 year -2 mons +3 days -04:05:06.789'`, `'178000000 years'`, `'-1 day'`, `'1 day -00:00:00.000001'`],
  ],
  [
    'c_json',
    'json',
    [String.raw`'{ "b" : 1,  "a":[1.0, 12345678901234567890, 1e400], "b":"\u0041\n" }'`, `'null'`, `'"text"'`, `' 1 '`],
  ],
  ['c_jsonb', 'jsonb', [String.raw`'{"b": 1.00, "a": "\"\n", "n": null}'`, `'null'`, `'12345678901234567890.123'`]],
  ['c_ints', 'int[]', [`'{}'`, `'{1,NULL,3}'`, `'[0:1]={5,6}'`, `'{{1,2},{3,4}}'`]],
  ['c_texts', 'text[]', [String.raw`'{"a,b","c\"d","","NULL",NULL,"e\\f"," g "}'`, `array[E'line\nbreak', '{}']`]],
  ['c_times', 'timestamptz[]', [`'{"2020-01-01 00:00:00.5+00",infinity,NULL}'`]],
  ['c_enum', 'types_mood', [`'so so'`, `'quite, "happy"'`]],
  ['c_composite', 'types_pair', [String.raw`ROW(1, E'x"y, \n \\')`, 'ROW(NULL, NULL)', `ROW(2, '')`]],
  ['c_composites', 'types_pair[]', [`ARRAY[ROW(1,'a')::types_pair, ROW(NULL,'b "c"')::types_pair, NULL]`]],
  ['c_domain', 'types_small', ['99', '-1']],
  ['c_decimal_domain', 'types_price', ['12.50']],
  ['c_int4range', 'int4range', [`'[1,10)'`, `'empty'`, `'(,)'`]],
  ['c_tstzrange', 'tstzrange', [`'[2020-01-01 00:00+00,)'`]],
  ['c_numrange', 'numrange', [`'[1.10,2.20]'`]],
  ['c_multirange', 'int4multirange', [`'{[1,2),[5,7)}'`, `'{}'`]],
  ['c_point', 'point', [`'(1.5,-2)'`, `'(Infinity,1e-300)'`]],
  ['c_line', 'line', [`'{1,2,3}'`]],
  ['c_lseg', 'lseg', [`'[(0,0),(1,1)]'`]],
  ['c_box', 'box', [`'(1,1),(0,0)'`]],
  ['c_path', 'path', [`'[(0,0),(1,1),(2,0)]'`, `'((0,0),(1,1))'`]],
  ['c_polygon', 'polygon', [`'((0,0),(1,1),(1,0))'`]],
  ['c_circle', 'circle', [`'<(0,0),5>'`]],
  ['c_inet', 'inet', [`'::1/64'`, `'192.168.0.1'`]],
  ['c_cidr', 'cidr', [`'10.0.0.0/8'`]],
  ['c_macaddr', 'macaddr', [`'08:00:2b:01:02:03'`]],
  ['c_macaddr8', 'macaddr8', [`'08:00:2b:01:02:03:04:05'`]],
  ['c_bit', 'bit(3)', [`'101'`]],
  ['c_varbit', 'bit varying', [`''`, `'10101'`]],
  ['c_money', 'money', ['-1234.5', '0']],
  ['c_tsvector', 'tsvector', [`$$'it''s' a & 'fat\\x':1A$$`]],
  ['c_tsquery', 'tsquery', [`$$'a b' & !c:*$$`]],
  ['c_xml', 'xml', [`'<a b="c">d &amp; e</a>'`]],
  ['c_oid', 'oid', ['4294967295', '0']],
  ['c_regclass', 'regclass', [`'pg_class'`]],
  ['c_lsn', 'pg_lsn', [`'16/B374D848'`]],
  ['c_jsonpath', 'jsonpath', [`'$.a[*] ? (@ > 1)'`]],
  ['c "odd", name', 'int', ['1']],
];

const mostValues = Math.max(...columns.map(([, , values]) => values.length));
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const names = columns.map(([name]) => quoted(name)).join(', ');
const rows = Array.from({ length: mostValues + 1 }, (_, n) => {
  const values = columns.map(([, type, values]) => (values[n] === undefined ? 'NULL' : `(${values[n]})::${type}`));
  return `INSERT INTO types (id, ${names}) VALUES (${n + 1}, ${values.join(', ')});`;
});

/** Makes the table `types`, whose last row is NULL throughout, and its empty twin `types_copy`. */
export const TYPES_TABLE = `
  CREATE TYPE types_mood AS ENUM ('so so', 'quite, "happy"');
  CREATE TYPE types_pair AS (a int, b text);
  CREATE DOMAIN types_small AS int CHECK (value < 100);
  CREATE DOMAIN types_price AS numeric(6,2);
  CREATE TABLE types (id int PRIMARY KEY, ${columns.map(([name, type]) => `${quoted(name)} ${type}`).join(', ')});
  ${rows.join('\n')}
  CREATE TABLE types_copy (LIKE types INCLUDING ALL);`;

/** How many rows differ between the two tables, as text: types without equality count too. */
export const TYPES_DIFFERENCES = `
  SELECT (SELECT count(*) FROM (SELECT t::text FROM types t EXCEPT ALL SELECT t::text FROM types_copy t) AS lost)
       + (SELECT count(*) FROM (SELECT t::text FROM types_copy t EXCEPT ALL SELECT t::text FROM types t) AS made) AS n`;

export const TYPES_ROWS = rows.length;
