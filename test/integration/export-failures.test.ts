/** What goes wrong while rows are read and written: said in words, kept, and never a file that looks whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { unframed } from '../torture/export-round.ts';
import { canFillDisks, mountSmallDisk } from '../torture/small-disk.ts';
import { csv, exportFolder, query, table } from './export-driver.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`
    CREATE TABLE keyed (n int PRIMARY KEY, hash text);
    INSERT INTO keyed SELECT n, md5(n::text) FROM generate_series(1, 400000) n;
    ANALYZE;`);
});
afterAll(() => server.end());

test('a query that fails at row 3,000,000', async () => {
  await using home = await exportFolder(server);
  const run = home.start({
    source: query('SELECT n, 1 / (n - 3000001) AS x FROM (SELECT generate_series(1, 3000009) AS n) AS series'),
  });
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({
    kind: 'attention',
    failure: { code: 'query-failed', params: { rows: 3_000_000, detail: expect.stringMatching(/division by zero$/) } },
  });
  expect(await home.list()).toEqual(['rows.csv.sluice']);
});

describe('the server says how many parameters a query has', () => {
  test.each([
    ['more values than that', "SELECT 'Under $5' AS label", null, ['1'], /has 0 parameters .* 1 values/],
    ['fewer', 'SELECT n FROM keyed WHERE n > $1 AND n < $2', ['n'], ['1'], /has 2 parameters .* 1 values/],
  ])('%s are a mistake, and nothing is tried again', async (_, sql, key, values, words) => {
    await using home = await exportFolder(server);
    const outcome = await home.start({ source: query(sql, key, values) }).outcome;
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'bad-input' } });
    expect(JSON.stringify(outcome)).toMatch(words);
    expect(await home.list()).toEqual([]);
  });

  test('values that nobody gave to what is none are left out, also where it goes on after a key', async () => {
    await using home = await exportFolder(server);
    const source = {
      kind: 'query' as const,
      sql: 'SELECT n, 1 / ($1 - n) AS x FROM failing_until /* /* */ $2 */',
      parameters: ['200001', null],
      key: ['n'],
    };
    await server.sql('CREATE VIEW failing_until AS SELECT n FROM keyed');
    const run = home.start({ source });
    expect(await run.outcome).toMatchObject({ kind: 'attention', failure: { code: 'query-failed' } });
    await server.sql('CREATE OR REPLACE VIEW failing_until AS SELECT n FROM keyed WHERE n <> 200001');
    expect(await home.start({ source }, run.journal).outcome).toMatchObject({ kind: 'completed' });
    expect((await home.lines('rows.csv')).slice(199_999, 200_003)).toEqual([
      '199999,0',
      '200000,1',
      '200002,-1',
      '200003,0',
    ]);
  });
});

test('of several tables the one that fails is named, with its own rows', async () => {
  await using home = await exportFolder(server);
  await server.sql(`CREATE TABLE fine AS SELECT n FROM generate_series(1, 1000) n;
    CREATE VIEW broken AS SELECT n, 1 / (n - 8) AS x FROM generate_series(1, 10) n;
    CREATE TABLE foreign_words AS SELECT n, CASE WHEN n < 3 THEN 'é' ELSE 'Ω' END AS word FROM generate_series(1, 10) n`);
  const outcomeWith = (name: string) => {
    const tables = ['fine', name].map((one) => ({ schema: 'public', name: one }));
    const format = { ...csv, encoding: 'iso-8859-1' as const };
    return home.start({ source: { kind: 'tables', tables }, format, name }).outcome;
  };
  expect(await outcomeWith('broken')).toMatchObject({
    kind: 'attention',
    failure: {
      code: 'query-failed',
      params: { rows: 7, column: 'public.broken.x', detail: 'column public.broken.x: division by zero' },
    },
  });
  expect(await outcomeWith('foreign_words')).toMatchObject({
    kind: 'attention',
    failure: { code: 'cannot-encode', params: { row: 3, column: 'public.foreign_words.word' } },
  });
});

test.each([
  ['the first row', "SELECT 'a' AS word, n, 1 / (n - 1) AS x FROM keyed WHERE n < 4", 'sql-error', 'x'],
  ['columns of one name', 'SELECT n, n AS x, 1 / (n - 3) AS x, n AS x FROM keyed WHERE n < 4', 'query-failed', 'x'],
  ['no column, but the condition', 'SELECT n FROM keyed WHERE 1 / (n - 3) >= -1 AND n < 4', 'query-failed', undefined],
])('the column that a query fails with is named: %s', async (_, sql, code, column) => {
  await using home = await exportFolder(server);
  const outcome = await home.start({ source: query(sql) }).outcome;
  const failure = 'failure' in outcome ? outcome.failure : null;
  expect([failure?.code, failure?.params['column']]).toEqual([code, column]);
});

test('text that is no UTF-8 in a database without an encoding says how to convert it', async () => {
  await using home = await exportFolder(server);
  await server.sql(`CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`);
  const target = { ...server.target, database: 'bytes' };
  const latin = `convert_from('\\xe974e9'::bytea, 'SQL_ASCII')`;
  const source = query(`SELECT n, CASE WHEN n < 5 THEN 'plain' ELSE ${latin} END AS name FROM generate_series(1, 9) n`);
  const outcome = await home.start({ target, source }).outcome;
  expect(outcome).toMatchObject({
    kind: 'attention',
    failure: { code: 'query-failed', params: { rows: 4, column: 'name' } },
  });
  const { failure } = outcome as Extract<typeof outcome, { kind: 'attention' }>;
  const advice = /Convert such a column: (.*)\.$/.exec(String(failure.params['hint']))?.[1] ?? '';
  const converted = query(`SELECT ${advice} FROM (SELECT ${latin} AS name) AS t`);
  expect(await home.start({ target, source: converted, name: 'converted.csv' }).outcome).toMatchObject({
    kind: 'completed',
  });
  expect((await home.lines('converted.csv'))[1]).toBe('été');
});

test('a server whose disk is full', async () => {
  // What a sort that does not fit in memory says.
  await server.sql(`CREATE FUNCTION spill(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    IF n = 200001 THEN RAISE 'could not write to file "base/pgsql_tmp/1": No space left on device' USING ERRCODE = '53100'; END IF;
    RETURN n; END $$`);
  await using home = await exportFolder(server);
  const outcome = await home.start({ source: query('SELECT spill(n) FROM keyed') }).outcome;
  expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'database-full' } });
  expect(JSON.stringify(outcome)).toMatch(/The disk of 127\.0\.0\.1 is full: could not write/);
});

test('with a key, what came before is kept as a checkpoint', async () => {
  await using home = await exportFolder(server);
  await server.sql('CREATE VIEW failing AS SELECT n, 1 / (n - 200001) AS x FROM keyed');
  const run = home.start({ source: query('SELECT * FROM failing', ['n']) });
  expect(await run.outcome).toMatchObject({
    kind: 'attention',
    failure: { code: 'query-failed', params: { rows: 200_000, column: 'x' } },
  });
  expect(run.journal?.checkpoint).toMatchObject({ rows: 200_000, after: ['200000'] });
  await server.sql('CREATE OR REPLACE VIEW failing AS SELECT n, 1 / (n + 1) AS x FROM keyed');
  expect(await home.start({ source: query('SELECT * FROM failing', ['n']) }, run.journal).outcome).toMatchObject({
    kind: 'completed',
  });
  expect((await home.lines('rows.csv')).length).toBe(400_001);
});

test('a session that the admin ends is tried again, and goes on', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('keyed'), limit: 1_000_000 });
  await run.rows(20_000);
  await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Sluice export'`);
  expect(await run.outcome).toMatchObject({ kind: 'retry', failure: { code: 'database-lost' }, progressed: true });
  expect(await home.start({ source: table('keyed') }, run.journal).outcome).toMatchObject({ kind: 'completed' });
  const numbers = (await home.lines('rows.csv')).slice(1).map((line) => Number.parseInt(line, 10));
  expect(numbers).toEqual(Array.from({ length: 400_000 }, (_, n) => n + 1));
});

test('a query that somebody else cancels', async () => {
  await using home = await exportFolder(server);
  // Between two portions of rows a server has nothing to cancel; this one is always at it.
  const run = home.start({ source: query('SELECT n, pg_sleep(0.0005) FROM keyed') });
  await run.rows(1);
  await server.sql(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'Sluice export'`);
  expect(await run.outcome).toMatchObject({ kind: 'attention', failure: { code: 'query-cancelled' } });
});

test('a statement timeout', async () => {
  await using home = await exportFolder(server);
  const target = { ...server.target, exportTimeout: 300 };
  const run = home.start({ target, source: query('SELECT pg_sleep(0.01), n FROM keyed') });
  expect(await run.outcome).toMatchObject({ failure: { code: 'query-timed-out' } });
  expect(await home.list()).toEqual(['rows.csv.sluice']);
});

test('a server that is not there, first and later', async () => {
  await using home = await exportFolder(server);
  const own = await startPostgres();
  await own.sql('CREATE TABLE keyed (n int PRIMARY KEY); INSERT INTO keyed SELECT generate_series(1, 400000)');
  const asked = { target: own.target, source: table('keyed') };
  const run = home.start({ ...asked, limit: 250_000 });
  await run.rows(20_000);
  await own.stopHard();
  expect(await run.outcome).toMatchObject({ kind: 'retry', failure: { code: 'database-lost' }, progressed: true });
  const again = home.start(asked, run.journal);
  expect(await again.outcome).toMatchObject({ kind: 'retry', progressed: false });
  await own.restart();
  expect(await home.start(asked, run.journal).outcome).toMatchObject({ kind: 'completed' });
  expect((await home.lines('rows.csv')).length).toBe(400_001);
  await own.end();
  const fresh = await home.start(asked).outcome;
  expect(fresh).toMatchObject({ kind: 'failed', failure: { code: 'connection-refused' } });
});

test('a value that the encoding lacks names row and column', async () => {
  await using home = await exportFolder(server);
  const sql = `SELECT n, CASE n WHEN 2345 THEN 'Ω' ELSE 'o' END AS letter FROM keyed ORDER BY n`;
  const run = home.start({ source: query(sql), format: { ...csv, encoding: 'iso-8859-1' } });
  expect(await run.outcome).toMatchObject({
    kind: 'attention',
    failure: { code: 'cannot-encode', params: { row: 2345, column: 'letter' } },
  });
  expect(await home.list()).toEqual(['rows.csv.sluice']);
});

test.runIf(canFillDisks())('a disk that fills up asks, and the export goes on when there is room', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-full-'));
  using disk = mountSmallDisk(join(root, 'disk'), 32 << 20);
  if (!disk) throw new Error('the disk could be mounted before');
  await using home = await exportFolder(server, { checkpointEvery: 50 });
  const asked = { source: table('keyed'), folder: disk.path };
  const run = home.start({ ...asked, limit: 2_000_000 });
  await run.event((event) => event.kind === 'committed' && event.journal.checkpoint !== null);
  disk.fill();
  expect(await run.outcome).toMatchObject({ kind: 'attention', failure: { code: 'disk-full' } });
  disk.empty();
  expect(await home.start({ ...asked, name: 'unused' }, run.journal).outcome).toMatchObject({ kind: 'completed' });
  await using other = await exportFolder(server);
  await other.start({ source: table('keyed') }).outcome;
  expect((await readFile(join(disk.path, 'rows.csv'))).equals(await other.read('rows.csv'))).toBe(true);
  disk.unmount();
  rmSync(root, { recursive: true, force: true });
});

test.runIf(canFillDisks()).each(['gzip', 'zstd'] as const)('a disk that fills up under %s', async (compression) => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-full-'));
  using disk = mountSmallDisk(join(root, 'disk'), 32 << 20);
  if (!disk) throw new Error('the disk could be mounted before');
  await using home = await exportFolder(server, { checkpointEvery: 50 });
  const asked = { source: table('keyed'), folder: disk.path, compression };
  const run = home.start({ ...asked, limit: 1_000_000 });
  await run.event((event) => event.kind === 'committed' && event.journal.checkpoint !== null);
  disk.fill();
  expect(await run.outcome).toMatchObject({ kind: 'attention', failure: { code: 'disk-full' } });
  disk.empty();
  expect(await home.start(asked, run.journal).outcome).toMatchObject({ kind: 'completed' });
  await using other = await exportFolder(server);
  await other.start({ source: table('keyed') }).outcome;
  const bytes = await readFile(join(disk.path, 'rows.csv'));
  const plain = compression === 'gzip' ? gunzipSync(bytes) : unframed(bytes);
  expect(plain.equals(await other.read('rows.csv'))).toBe(true);
  disk.unmount();
  rmSync(root, { recursive: true, force: true });
});

test('a folder that is not there', async () => {
  await using home = await exportFolder(server);
  const outcome = await home.start({ source: table('keyed'), folder: join(home.folder, 'none') }).outcome;
  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'folder-missing' } });
});
