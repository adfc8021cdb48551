import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ExportFlags, toExport } from '../../electron/cli/export-request.ts';

let cwd: string;
beforeAll(() => {
  cwd = join(mkdtempSync(join(tmpdir(), 'sluice-export-')), 'my.project');
  mkdirSync(join(cwd, 'dump.2026'), { recursive: true });
});
afterAll(() => rmSync(join(cwd, '..'), { recursive: true, force: true }));

describe('what -o means', () => {
  const destination = (output?: string) => {
    const flags: ExportFlags = { table: ['t'], format: 'csv', ...(output !== undefined && { output }) };
    return toExport(flags, cwd).destination;
  };
  const folder = (...path: string[]) => ({ kind: 'file', folder: join(cwd, ...path) });

  test('a folder where it can be no file, whatever dots are in its name', () => {
    expect(destination()).toEqual(folder());
    expect(destination('.')).toEqual(folder());
    expect(destination('..')).toEqual(folder('..'));
    expect(destination('dump.2026/..')).toEqual(folder());
    expect(destination('new.dir/')).toEqual(folder('new.dir'));
    expect(destination('dump.2026')).toEqual(folder('dump.2026'));
    expect(destination('orders')).toEqual(folder('orders'));
  });

  test('a file where its name has an ending', () => {
    expect(destination('orders.csv')).toEqual({ ...folder(), name: 'orders.csv' });
    expect(destination('dump.2026/a.csv.gz')).toEqual({ ...folder('dump.2026'), name: 'a.csv.gz' });
    expect(destination('-')).toEqual({ kind: 'stdout' });
  });
});

describe('a flag of another format is refused, not left out', () => {
  test.each<[ExportFlags, string, string]>([
    [{ delimiter: ';' }, 'ndjson', '--delimiter goes with csv or tsv, not with ndjson'],
    [{ null: 'N' }, 'json', '--null'],
    [{ bom: true }, 'xlsx', '--bom'],
    [{ header: false }, 'parquet', '--no-header'],
    [{ into: 't' }, 'csv', '--into goes with sql or copy'],
    [{ batch: '5' }, 'copy', '--batch goes with sql'],
    [{ parquetCompression: 'gzip' }, 'csv', '--parquet-compression'],
  ])('%j with %s', (flags, format, words) => {
    expect(() => toExport({ table: ['t'], format, ...flags }, cwd)).toThrow(words);
  });

  test.each<[ExportFlags, string]>([
    [{ delimiter: ';', null: 'N', header: false, formulaGuard: true }, 'tsv'],
    [{ header: false }, 'xlsx'],
    [{ header: true }, 'html'],
    [{ into: 't', batch: '5' }, 'sql'],
    [{ parquetCompression: 'gzip' }, 'parquet'],
  ])('%j goes with %s', (flags, format) => {
    expect(toExport({ table: ['t'], format, ...flags }, cwd).request.format.kind).toContain(
      format.slice(0, 2).replace('ts', 'cs'),
    );
  });
});
