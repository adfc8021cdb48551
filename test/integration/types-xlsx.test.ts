/** XLSX from Sluice holds what PostgreSQL holds: as a number or a date where a spreadsheet keeps it whole, else as its text. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { fileOf } from './portal-session.ts';
import { TYPES_ROWS, TYPES_TABLE } from './types-table.ts';
import { readXlsx, type Cell } from './xlsx-reader.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(TYPES_TABLE);
});
afterAll(() => server.end());

test('every value of every type comes back', async () => {
  const file = await fileOf(server.target, 'SELECT * FROM types ORDER BY id', { kind: 'xlsx', header: true });
  const [sheet] = readXlsx(file);
  const [names, ...rows] = sheet?.rows ?? [];
  const theirs = await server.sql(`SET TimeZone = 'UTC'; SELECT * FROM types ORDER BY id`);
  expect(rows).toHaveLength(TYPES_ROWS);
  for (const [index, cell] of names?.entries() ?? []) {
    const name = cell !== null && typeof cell === 'object' && 'text' in cell ? cell.text : '';
    const expected = theirs.map((row) => row[name] ?? null);
    expect([name, ...rows.map((row, n) => asText(row[index] ?? null, expected[n] ?? ''))]).toEqual([name, ...expected]);
  }
});

/** What a cell says, in PostgreSQL's words: a number may be written in another way, which has to mean the same. */
function asText(cell: Cell, expected: string): string | null {
  if (cell === null) return null;
  if (typeof cell === 'boolean') return cell ? 't' : 'f';
  if ('text' in cell) return cell.text;
  if (cell.style === 0) return isSameDecimal(cell.number, expected) ? expected : `number ${cell.number}`;
  const day = Math.floor(cell.number);
  const sinceMidnight = Math.round((cell.number - day) * 86_400_000_000);
  const iso = new Date((day - 25_569) * 86_400_000 + Math.floor(sinceMidnight / 1000)).toISOString();
  if (cell.style === 1) return iso.slice(0, 10);
  const micros = sinceMidnight % 1_000_000;
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
  const zone = expected.endsWith('+00') ? '+00' : '';
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction}${zone}`;
}

/** True where no digit was lost on the way into a double: its shortest form is the text, without zeros at its end. */
function isSameDecimal(number: number, text: string): boolean {
  return digits(String(number)) === digits(text) && number === Number(text);
}

/** Significant digits. */
function digits(text: string): string {
  const [mantissa = ''] = text.split('e');
  return mantissa.replaceAll(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
}
