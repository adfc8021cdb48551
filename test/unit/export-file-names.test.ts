import { expect, test } from 'vitest';
import { extensionOf, numberedFileName, tableFileName } from '../../electron/engine/export/file-names.ts';
import type { CsvFormat } from '../../shared/export.ts';
import { usualCsv } from '../../shared/export-formats.ts';

const csv: CsvFormat = usualCsv;

test('an extension says format and compression', () => {
  expect(extensionOf(csv, 'none')).toBe('.csv');
  expect(extensionOf({ ...csv, delimiter: '\t' }, 'zstd')).toBe('.tsv.zst');
  expect(extensionOf({ kind: 'sql-copy', table: null }, 'gzip')).toBe('.sql.gz');
});

test('a table among several has a file that cannot leave its folder', () => {
  expect(tableFileName({ schema: 'public', name: 'orders' }, csv, 'gzip')).toBe('public.orders.csv.gz');
  expect(tableFileName({ schema: '..', name: '/../etc' }, csv, 'none')).not.toMatch(/[/\\]|^\./);
});

test('numbers go before the whole extension', () => {
  expect(numberedFileName('orders.csv.gz', 1, csv, 'gzip')).toBe('orders-0001.csv.gz');
  expect(numberedFileName('orders.csv', 12_345, csv, 'none')).toBe('orders-12345.csv');
  expect(numberedFileName('orders.txt', 2, csv, 'none')).toBe('orders-0002.txt');
  expect(numberedFileName('orders', 3, csv, 'none')).toBe('orders-0003');
  expect(numberedFileName('v1.2 orders', 3, csv, 'none')).toBe('v1.2 orders-0003');
});
