/** Encoders on rows made by hand: dialects, guards, statements and what a checkpoint keeps. */
import { describe, expect, test } from 'vitest';
import type { PortalColumn } from '../../electron/engine/database/index.ts';
import { createEncoder, wrapForFormat } from '../../electron/engine/export/encode/index.ts';
import { Output } from '../../electron/engine/export/encode/output.ts';
import { BufferPool } from '../../electron/engine/flow/index.ts';
import type { CsvFormat, ExportFormat } from '../../shared/export.ts';
import { usualCsv } from '../../shared/export-formats.ts';
import { discardingOutput } from './encode-rows.ts';

const csv: CsvFormat = { ...usualCsv, header: false };

const column = (name: string, oid: number): PortalColumn => ({ name, oid, modifier: -1, type: '', nested: false });
const text = (name = 't') => column(name, 25);
const int = (name = 'n') => column(name, 23);

type Values = readonly (string | null)[];

/** The body of a DataRow, behind some bytes that are not its own. */
function dataRow(values: Values): { chunk: Buffer; start: number } {
  const count = Buffer.alloc(2);
  count.writeInt16BE(values.length);
  const fields = values.flatMap((value) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value));
    return [length, Buffer.from(value ?? '')];
  });
  return { chunk: Buffer.concat([Buffer.from('before'), count, ...fields]), start: 6 };
}

interface Options {
  readonly state?: unknown;
  readonly rowsBefore?: number;
  /** Leaves the end out, as at a checkpoint. */
  readonly open?: boolean;
}

function encode(
  format: ExportFormat,
  columns: readonly PortalColumn[],
  rows: readonly Values[],
  { state, rowsBefore = 0, open = false }: Options = {},
): { text: string; bytes: Buffer; state: unknown } {
  const pool = new BufferPool();
  pool.join();
  const parts: Buffer[] = [];
  const out = new Output(pool, (buffer, bytes) => {
    parts.push(Buffer.from(buffer.subarray(0, bytes)));
    pool.give(buffer);
  });
  const encoder = createEncoder(format, columns, { timeZone: 'UTC', table: ['s', 'a"b'], rowsBefore, state });
  if (state === undefined) encoder.begin(out);
  for (const values of rows) {
    const { chunk, start } = dataRow(values);
    encoder.row(chunk, start, chunk.length, out);
  }
  const kept: unknown = JSON.parse(JSON.stringify(encoder.state()));
  if (!open) encoder.end(out);
  out.flush();
  const bytes = Buffer.concat(parts);
  expect(out.position).toBe(bytes.length);
  return { text: bytes.toString(), bytes, state: kept };
}

describe('CSV', () => {
  test('quotes what would be read as something else', () => {
    const rows = [['a,b'], ['say "hi"'], ['two\nlines'], ['\r'], [''], [null], [' plain ']];
    expect(
      encode(
        csv,
        [text(), int()],
        rows.map(([t]) => [t ?? null, '1']),
      ).text,
    ).toBe('"a,b",1\n"say ""hi""",1\n"two\nlines",1\n"\r",1\n"",1\n,1\n plain ,1\n');
  });

  test('quotes by policy, and NULL never', () => {
    const columns = [text(), int()];
    const rows = [
      ['a', '1'],
      [null, null],
    ];
    expect(encode({ ...csv, quoting: 'text' }, columns, rows).text).toBe('"a",1\n,\n');
    expect(encode({ ...csv, quoting: 'all' }, columns, rows).text).toBe('"a","1"\n,\n');
  });

  test('tells the text for NULL from NULL', () => {
    const rows = [['NULL'], [null], [''], ['null']];
    expect(encode({ ...csv, nullText: 'NULL' }, [text()], rows).text).toBe('"NULL"\nNULL\n\nnull\n');
    expect(encode({ ...csv, nullText: '0' }, [int()], [['0'], [null]]).text).toBe('"0"\n0\n');
  });

  test('escapes with another character, and that character too', () => {
    const format = { ...csv, quote: "'", escape: '\\' };
    expect(encode(format, [text()], [[String.raw`it's, a \ b`], [String.raw`a \ b`]]).text).toBe(
      String.raw`'it\'s, a \\ b'` + '\n' + String.raw`a \ b` + '\n',
    );
  });

  test('guards against formulas where asked to, in names too, and leaves numbers alone', () => {
    const format = { ...csv, formulaGuard: true, header: true };
    const rows = [
      ['=1+1', '-5'],
      ['@x,y', '+5'],
      ['a=b', '0'],
      ['-', null],
    ];
    expect(encode(format, [text('+t'), int()], rows).text).toBe(`'+t,n\n'=1+1,-5\n"'@x,y",+5\na=b,0\n'-,\n`);
    expect(encode({ ...format, formulaGuard: false }, [text('+t'), int()], rows.slice(0, 1)).text).toBe(
      '+t,n\n=1+1,-5\n',
    );
  });

  test('guards against line feeds and full-width signs as well', () => {
    const rows = ['\n=1', '＝1', '＋1', '－1', '＠x', '！x'].map((word) => [word, null]);
    expect(encode({ ...csv, formulaGuard: true }, [text(), int()], rows).text).toBe(
      `"'\n=1",\n'＝1,\n'＋1,\n'－1,\n'＠x,\n！x,\n`,
    );
  });

  test('escapes in numbers too, where a digit is the escape', () => {
    expect(encode({ ...csv, escape: '0', quoting: 'all' }, [int()], [['100']]).text).toBe('"10000"\n');
  });

  test('a row group of wide rows is written before there are many of them', () => {
    const encoder = createEncoder({ kind: 'parquet', compression: 'none' }, [text()], {
      timeZone: 'UTC',
      table: [],
      rowsBefore: 0,
    });
    const out = discardingOutput();
    const { chunk, start } = dataRow(['x'.repeat(900_000)]);
    for (let row = 0; row < 20; row += 1) encoder.row(chunk, start, chunk.length, out);
    expect(out.position).toBeGreaterThan(12_000_000);
  });

  test('a field that is longer than its row is refused', () => {
    const encoder = createEncoder(csv, [text()], { timeZone: 'UTC', table: [], rowsBefore: 0 });
    const chunk = Buffer.alloc(5000, 'x');
    chunk.writeInt16BE(1, 0);
    chunk.writeInt32BE(4000, 2);
    const pool = new BufferPool();
    pool.join();
    const out = new Output(pool, () => {});
    expect(() => encoder.row(chunk, 0, 9, out)).toThrow(/ends before its fields/);
  });

  test('writes header, line ending and byte order mark', () => {
    const format = { ...csv, header: true, bom: true, lineEnding: 'crlf' } as const;
    expect(encode(format, [text('a,b'), text('c')], [['1', '2']]).text).toBe('\ufeff"a,b",c\r\n1,2\r\n');
  });

  test('names row and column that an encoding lacks, counted from the beginning of the export', () => {
    const run = () =>
      encode({ ...csv, encoding: 'windows-1252' }, [text('fine'), text('bad')], [['€', 'Ω']], { rowsBefore: 41 });
    expect(run).toThrow(expect.objectContaining({ code: 'cannot-encode' }));
    expect(run).toThrow(/Row 42, column bad: “Ω” \(U\+03A9\) is not in windows-1252/);
  });

  test('converts characters that lie over two pieces', () => {
    const long = 'aé€😀'.repeat(20_000);
    const { bytes } = encode({ ...csv, encoding: 'utf-16le' }, [text()], [[`x${long}`]]);
    expect(bytes.toString('utf16le') === `x${long}\n`).toBe(true);
  });

  for (const wrong of [{ delimiter: '"' }, { delimiter: '\n' }, { quote: 'é' }, { nullText: 'a,b' }, { escape: ',' }]) {
    test(`refuses ${JSON.stringify(wrong)}: it could not be read back`, () => {
      expect(() => encode({ ...csv, ...wrong }, [text()], [])).toThrow(expect.objectContaining({ code: 'bad-input' }));
    });
  }

  test('long values are the same as short ones, only longer', () => {
    for (const value of ['x'.repeat(3_000_000), `"${'y,'.repeat(600_000)}`, 'é'.repeat(700_000)]) {
      const quoted = /[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
      expect(encode(csv, [int(), text(), int()], [['1', value, '2']]).text === `1,${quoted},2\n`).toBe(true);
    }
  });

  test('columns of the row that were not asked for are left out', () => {
    expect(encode(csv, [int()], [['1', 'hidden key']]).text).toBe('1\n');
  });
});

describe('JSON', () => {
  test('escapes as PostgreSQL does, whatever the length', () => {
    const short = 'a"\\\n\t\u0001é\u007f';
    expect(encode({ kind: 'ndjson' }, [text('k"')], [[short]]).text).toBe(
      String.raw`{"k\"":"a\"\\\n\t\u0001é` + '\u007f"}\n',
    );
    const long = short.repeat(50_000);
    expect(JSON.parse(encode({ kind: 'ndjson' }, [text('k')], [[long]]).text)).toEqual({ k: long });
  });

  test('an array goes on after a checkpoint as if nothing had happened', () => {
    const rows = [['1'], ['2'], ['3']];
    const whole = encode({ kind: 'json' }, [int()], rows).text;
    expect(whole).toBe('[\n{"n":1},\n{"n":2},\n{"n":3}\n]\n');
    for (const cut of [0, 1, 2, 3]) {
      const first = encode({ kind: 'json' }, [int()], rows.slice(0, cut), { open: true });
      const rest = encode({ kind: 'json' }, [int()], rows.slice(cut), { state: first.state });
      expect(first.text + rest.text).toBe(whole);
    }
    expect(encode({ kind: 'json' }, [int()], []).text).toBe('[\n]\n');
  });
});

describe('SQL', () => {
  const insert = { kind: 'sql-insert', table: null, rows: 2 } as const;

  test('names and values cannot leave their quotes', () => {
    const { text: sql } = encode(insert, [text('c"; DROP TABLE x; --')], [["'); DROP TABLE x; --"], ["\\'"]]);
    expect(sql).toContain(`INSERT INTO "s"."a""b" ("c""; DROP TABLE x; --") VALUES\n`);
    expect(sql).toContain(`('''); DROP TABLE x; --'),\n('\\''');\n`);
  });

  test('statements have so many rows, also over a checkpoint', () => {
    const rows = ['1', '2', '3', '4', '5'].map((n) => [n]);
    const whole = encode(insert, [int()], rows).text;
    expect(whole.match(/INSERT/g)).toHaveLength(3);
    expect(whole.endsWith('VALUES\n(5);\n')).toBe(true);
    for (const cut of [0, 1, 2, 3, 4, 5]) {
      const first = encode(insert, [int()], rows.slice(0, cut), { open: true });
      const rest = encode(insert, [int()], rows.slice(cut), { state: first.state });
      expect(first.text + rest.text).toBe(whole);
    }
  });

  for (const [typed, written] of [
    ['people', '"people"'],
    ['Sales.People', '"Sales"."People"'],
    ['"a.b"."c""d"', '"a.b"."c""d"'],
    ['x"; DROP TABLE y; --', '"x""; DROP TABLE y; --"'],
  ] as const) {
    test(`the target ${typed} is ${written}`, () => {
      expect(encode({ ...insert, table: typed }, [int()], [['1']]).text).toContain(`INSERT INTO ${written} ("n")`);
    });
  }
});

test('only columns that are more than scalars are written by the server, and only for JSON', () => {
  const columns = [int(), { ...text('many'), nested: true }];
  expect(wrapForFormat({ kind: 'csv' }, 'SELECT 1', columns)).toBeNull();
  expect(wrapForFormat({ kind: 'ndjson' }, 'SELECT 1', [int()])).toBeNull();
  expect(wrapForFormat({ kind: 'ndjson' }, 'SELECT 1, 2 -- end', columns)).toMatch(
    /^SELECT "query"\.c0 AS "?n"?, pg_catalog\.to_json\("query"\.c1\) AS "?many"? FROM \(\n.*\n\) AS "query" \(c0, c1\)$/s,
  );
});
