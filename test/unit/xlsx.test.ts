import { expect, test } from 'vitest';
import { createEncoder } from '../../electron/engine/export/encode/index.ts';
import { serialOf } from '../../electron/engine/export/encode/xlsx-cells.ts';
import { XlsxEncoder } from '../../electron/engine/export/encode/xlsx.ts';
import { readXlsx, unzip, type Cell } from '../integration/xlsx-reader.ts';
import { column, encode } from './encode-rows.ts';

const options = { timeZone: 'UTC', table: ['t'], rowsBefore: 0 };
const withHeader = { kind: 'xlsx', header: true } as const;

/** The cells of one column. */
function cells(type: Parameters<typeof column>[1], values: readonly (string | null)[]): readonly (Cell | undefined)[] {
  const encoder = createEncoder({ kind: 'xlsx', header: false }, [column('c', type)], options);
  const [sheet] = readXlsx(
    encode(
      encoder,
      values.map((value) => [value]),
    ),
  );
  return sheet?.rows.map((row) => row[0]) ?? [];
}

test('texts come back as they were, whatever they hold', () => {
  const texts = [
    '',
    ' spaces ',
    'a<b>&c"\'',
    'line\nbreak\r\ntab\t',
    '\u0001\u001f\u007f',
    '_x0041_ and __x0041__ and _x',
    '\uffff\ufffe \u{1f600} é',
    '=1+1',
    '00123',
    'x'.repeat(32_767),
    '\u{1f600}'.repeat(16_383),
  ];
  expect(cells('text', texts)).toEqual(texts.map((text) => ({ text })));
  expect(cells('text', [null])).toEqual([null]);
});

test('a text that is too long for a cell is a failure that names row and column', () => {
  const encoder = createEncoder(withHeader, [column('id', 'int4'), column('long', 'text')], {
    ...options,
    rowsBefore: 10,
  });
  const rows = [
    ['1', 'ok'],
    ['2', 'é'.repeat(32_768)],
  ];
  expect(() => encode(encoder, rows)).toThrow(
    expect.objectContaining({
      code: 'cannot-encode',
      failure: expect.objectContaining({
        params: expect.objectContaining({ row: 12, column: 'long' }) as unknown,
      }) as unknown,
    }),
  );
  const huge = createEncoder(withHeader, [column('long', 'text')], options);
  expect(() => encode(huge, [['x'.repeat(1_000_000)]])).toThrow('32767 characters');
});

test('numbers are numbers only where a spreadsheet keeps every digit', () => {
  const number = (value: number) => ({ number: value, style: 0 });
  expect(cells('int8', ['999999999999999', '1000000000000000', '-9223372036854775808'])).toEqual([
    number(999_999_999_999_999),
    { text: '1000000000000000' },
    { text: '-9223372036854775808' },
  ]);
  const numerics = [
    '0.10',
    '-1234567890.12345',
    '12345678901.23456',
    'NaN',
    'Infinity',
    '0.00000000000000000000000000000000001',
  ];
  expect(cells('numeric', numerics)).toEqual([
    number(0.1),
    number(-1234567890.12345),
    { text: '12345678901.23456' },
    { text: 'NaN' },
    { text: 'Infinity' },
    { text: '0.00000000000000000000000000000000001' },
  ]);
  expect(cells('float8', ['0.1', '1.7976931348623157e+308', '5e-324', '-0', 'NaN', '1e-300'])).toEqual([
    number(0.1),
    { text: '1.7976931348623157e+308' },
    { text: '5e-324' },
    { text: '-0' },
    { text: 'NaN' },
    number(1e-300),
  ]);
  expect(cells('bool', ['t', 'f', null])).toEqual([true, false, null]);
});

test('dates are real ones where a spreadsheet has them, else texts', () => {
  const values = [
    '1900-03-01',
    '2000-01-01',
    '9999-12-31',
    '1900-02-28',
    '0099-01-01',
    '10000-01-01',
    'infinity',
    '0044-03-15 BC',
  ];
  expect(cells('date', values)).toEqual([
    { number: 61, style: 1 },
    { number: 36_526, style: 1 },
    { number: 2_958_465, style: 1 },
    ...values.slice(3).map((text) => ({ text })),
  ]);
  expect(cells('timestamp', ['2000-01-01 12:00:00', '2099-01-01 00:00:00.000001', '2099-01-01 00:00:00.5'])).toEqual([
    { number: 36_526.5, style: 2 },
    { text: '2099-01-01 00:00:00.000001' },
    { number: 72_686 + 0.5 / 86_400, style: 2 },
  ]);
  const zoned = ['2000-01-01 12:00:00+05:30', '2000-01-01 12:00:00-03', '2000-01-01 12:00:00.25+00:53:28'];
  expect(cells('timestamptz', zoned)).toEqual([
    { number: 36_526.5, style: 2 },
    { number: 36_526.5, style: 2 },
    { number: 36_526.5 + 0.25 / 86_400, style: 2 },
  ]);
  const strange = ['2000-01-01 12:00:00 BC', '2000-01-01 12:0x:00', '2000-01-01 12:00:00.5+1', '2000/01/01 12:00:00'];
  expect(cells('timestamp', strange)).toEqual(strange.map((text) => ({ text })));
});

test('a serial number gives every microsecond back', () => {
  for (let n = 0; n < 2000; n += 1) {
    const micros = (n * 43_200_021_601 + n) % 86_400_000_000;
    const day = 61 + ((n * 33) % (65_536 - 61));
    const date = new Date((day - 25_569) * 86_400_000).toISOString().slice(0, 10);
    const time = new Date(Math.floor(micros / 1000)).toISOString().slice(11, 23);
    const text = Buffer.from(`${date} ${time}${String(micros % 1000).padStart(3, '0')}+00`);
    const serial = serialOf(text, 0, text.length) ?? 0;
    expect(Math.floor(serial)).toBe(day);
    expect(Math.round((serial - day) * 86_400_000_000)).toBe(micros);
  }
});

test('a sheet that is full is followed by another one that has the names too', () => {
  const columns = [column('id', 'int4'), column('name', 'text')];
  const encoder = new XlsxEncoder({ header: true }, columns, options, { rows: 4, bytes: 1e9 });
  const rows = Array.from({ length: 7 }, (_, n) => [String(n), `row ${n}`]);
  const sheets = readXlsx(encode(encoder, rows));
  expect(sheets.map(({ name, rows }) => [name, rows.length])).toEqual([
    ['Sheet1', 4],
    ['Sheet2', 4],
    ['Sheet3', 2],
  ]);
  for (const sheet of sheets) expect(sheet.rows[0]).toEqual([{ text: 'id' }, { text: 'name' }]);
  expect(sheets.flatMap(({ rows }) => rows.slice(1).map((row) => row[0]))).toEqual(
    rows.map((_, n) => ({ number: n, style: 0 })),
  );
  const bySize = new XlsxEncoder({ header: false }, columns, options, { rows: 1e6, bytes: 100_000 });
  const wide = Array.from({ length: 30 }, (_, n) => [String(n), 'x'.repeat(10_000)]);
  const bySizeSheets = readXlsx(encode(bySize, wide));
  expect(bySizeSheets.length).toBeGreaterThan(1);
  expect(bySizeSheets.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(30);
});

test('no rows make a workbook with one sheet, and more columns than a sheet has are refused', () => {
  const sheets = readXlsx(encode(createEncoder(withHeader, [column('id', 'int4')], options), []));
  expect(sheets).toEqual([{ name: 'Sheet1', rows: [[{ text: 'id' }]] }]);
  const many = Array.from({ length: 16_385 }, (_, n) => column(`c${n}`, 'int4'));
  expect(() => createEncoder(withHeader, many, options)).toThrow('16384 columns');
});

test('the same rows give the same bytes, and each part is named once', () => {
  const make = () => encode(createEncoder(withHeader, [column('id', 'int4')], options), [['1']]);
  expect(make().equals(make())).toBe(true);
  expect([...unzip(make()).keys()]).toEqual([
    '[Content_Types].xml',
    '_rels/.rels',
    'xl/styles.xml',
    'xl/worksheets/sheet1.xml',
    'xl/workbook.xml',
    'xl/_rels/workbook.xml.rels',
  ]);
});
