import { describe, expect, test } from 'vitest';
import type { Checkpoint, ExportFile, ExportJournal } from '../../electron/engine/export/index.ts';
import { startOf } from '../../electron/engine/export/resume.ts';
import { pageRanges } from '../../electron/engine/export/sql.ts';

const file = (name: string, rows: number, table = 0): ExportFile => ({
  name,
  rows,
  bytes: rows * 10,
  table,
  inode: name,
  endsTable: false,
});

function journal(files: readonly ExportFile[], checkpoint: Partial<Checkpoint> | null): ExportJournal {
  const none = { at: 0, rows: 0, bytes: 0, after: [], encoder: null, compressor: null };
  return {
    name: 'x',
    files,
    resumability: 'key',
    key: ['id'],
    columns: [],
    checkpoint: checkpoint && { ...none, ...checkpoint },
    expected: null,
    newerSnapshot: false,
  };
}

describe('where an export goes on', () => {
  test('nothing is there: at the beginning', () => {
    expect(startOf(null)).toEqual({ table: 0, rows: 0, after: null, kept: [], middle: null, anew: [] });
  });

  test('in the middle of its last file', () => {
    const files = [file('a', 5), file('b', 3)];
    const start = startOf(journal(files, { rows: 8, bytes: 30, after: ['8'] }));
    expect(start).toMatchObject({ rows: 8, after: ['8'], kept: [files[0]], anew: [] });
    expect(start.middle?.file).toBe(files[1]);
  });

  test('at the beginning of a file: that is written anew, after the key', () => {
    const files = [file('a', 5), file('b', 0)];
    const start = startOf(journal(files, { rows: 5, bytes: 0, after: ['5'] }));
    expect(start).toMatchObject({ rows: 5, after: ['5'], kept: [files[0]], middle: null, anew: [files[1]] });
  });

  test('without a key all its files are written anew', () => {
    const files = [file('a', 5), file('b', 5), file('c', 1)];
    expect(startOf(journal(files, null))).toMatchObject({ rows: 0, after: null, kept: [], anew: files });
  });

  test('of several tables those before the last one stay', () => {
    const files = [file('a', 5, 0), file('b', 5, 1), file('c', 5, 1), file('d', 2, 2)];
    expect(startOf(journal(files, null))).toMatchObject({
      table: 2,
      rows: 15,
      kept: files.slice(0, 3),
      anew: [files[3]],
    });
    expect(startOf(journal(files.slice(0, 3), null))).toMatchObject({ table: 1, rows: 5, kept: [files[0]] });
  });
});

describe('a table that is whole', () => {
  const whole = { ...file('b', 5, 1), endsTable: true };

  test('is not read again, be its checkpoint from before its end', () => {
    const files = [{ ...file('a', 5), endsTable: true }, whole];
    const start = startOf(journal(files, { rows: 8, bytes: 30, after: ['8'] }));
    expect(start).toEqual({ table: 2, rows: 10, after: null, kept: files, middle: null, anew: [] });
  });
});

describe('a table in parts', () => {
  test.each([
    [0, 1],
    [1, 3],
    [7, 3],
    [100, 2],
    [1_000_000, 4],
  ])('%i pages for %i sessions: each page once, and no end', (pages, sessions) => {
    const ranges = pageRanges(pages, sessions);
    expect(ranges[0]?.from).toBe(0);
    expect(ranges.at(-1)?.to).toBe(null);
    for (const [n, { to }] of ranges.slice(0, -1).entries()) expect(ranges[n + 1]?.from).toBe(to);
    expect(Math.max(...ranges.map(({ from, to }) => (to ?? pages) - from))).toBeLessThanOrEqual(Math.max(1, 8192));
  });
});
