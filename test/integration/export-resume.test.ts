/** An export that was interrupted goes on, and its file is the one that an uninterrupted run gives. */
import { link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createExports, type ExportJournal, type ExportSpec } from '../../electron/engine/export/index.ts';
import type { ExportSource } from '../../shared/database.ts';
import type { ExportFormat } from '../../shared/export.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { unframed } from '../torture/export-round.ts';
import { csv, exportFolder, query, table, type ExportFolder } from './export-driver.ts';

// They wait for their limits: side by side that is no time.
vi.setConfig({ maxConcurrency: 6 });

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`
    CREATE TABLE orders (shop int, no bigint, placed timestamptz, total numeric, note text, tags text[], PRIMARY KEY (shop, no));
    INSERT INTO orders SELECT n % 7, n, '2024-01-01'::timestamptz + n * interval '1.000001 s', n * 1.10,
        CASE WHEN n % 3 = 0 THEN NULL ELSE 'a "note", ' || n END, ARRAY['x', n::text]
      FROM generate_series(1, 30000) n;
    CREATE TABLE other (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), note text);
    INSERT INTO other (note) SELECT 'n' || n FROM generate_series(1, 15000) n;
    CREATE TABLE plain AS SELECT n, md5(n::text) AS hash FROM generate_series(1, 30000) n;
    CREATE TABLE numbered (n int PRIMARY KEY);
    INSERT INTO numbered SELECT generate_series(1, 30000);
    CREATE TYPE mood AS ENUM ('z', 'a');
    CREATE DOMAIN whole AS int;
    CREATE EXTENSION IF NOT EXISTS citext;
    ANALYZE;`);
});
afterAll(async () => {
  await Promise.all([usual.close(), quick.close()]);
  await server.end();
});

// Two threads for all.
const usual = createExports();
const quick = createExports({ checkpointEvery: 10 });

type Asked = Partial<ExportSpec> & { source: ExportSource };

/** Runs an export that is stopped again and again, each time in a new place. Resolves to how often. */
async function interrupted(
  home: ExportFolder,
  spec: Asked,
  each: number,
): Promise<{ stops: number; journal: ExportJournal }> {
  let journal: ExportJournal | null = null;
  for (let stops = 0; stops < 200; stops += 1) {
    const before = journal?.checkpoint?.rows ?? 0;
    const run = home.start({ limit: 900_000, ...spec }, journal);
    const reached = run.event(
      (event) => event.kind === 'committed' && (event.journal.checkpoint?.rows ?? 0) >= before + each,
    );
    await Promise.race([reached, run.outcome]).catch(() => {});
    home.exports.stop(run.id);
    const outcome = await run.outcome;
    ({ journal } = run);
    if (!journal) throw new Error(`no journal: ${JSON.stringify(outcome)}`);
    // What the last journal forgets is lost: a run that ends keeps its file in it.
    expect(journal.files.length).toBeGreaterThan(0);
    if (outcome.kind === 'completed') return { stops, journal };
    expect(outcome).toEqual({ kind: 'stopped' });
  }
  throw new Error('never ends');
}

const formats: [string, ExportFormat][] = [
  ['csv', csv],
  ['ndjson', { kind: 'ndjson' }],
  ['json', { kind: 'json' }],
  ['sql-insert', { kind: 'sql-insert', table: null, rows: 100 }],
  ['sql-copy', { kind: 'sql-copy', table: null }],
];

test.concurrent.each(formats)('%s', async (_name, format) => {
  await using whole = await exportFolder(server, usual);
  expect(await whole.start({ source: table('orders'), format, name: 'file' }).outcome).toMatchObject({
    kind: 'completed',
  });
  await using home = await exportFolder(server, quick);
  const { stops, journal } = await interrupted(home, { source: table('orders'), format, name: 'file' }, 4500);
  expect(stops).toBeGreaterThan(0);
  expect(journal.newerSnapshot).toBe(true);
  expect(journal.files).toMatchObject([{ rows: 30_000 }]);
  expect((await home.read('file')).equals(await whole.read('file'))).toBe(true);
  expect(await home.list()).toEqual(['file']);
});

test.concurrent.each([
  ['gzip', gunzipSync],
  ['zstd', unframed],
] as const)('%s', async (compression, decompress) => {
  await using whole = await exportFolder(server, usual);
  expect(await whole.start({ source: table('orders') }).outcome).toMatchObject({ kind: 'completed' });
  await using home = await exportFolder(server, quick);
  const spec = { source: table('orders'), compression, limit: 300_000 };
  const { stops } = await interrupted(home, spec, 4500);
  expect(stops).toBeGreaterThan(0);
  expect(decompress(await home.read('rows.csv')).equals(await whole.read('rows.csv'))).toBe(true);
});

test.concurrent('split into files', async () => {
  await using whole = await exportFolder(server, usual);
  const spec = { source: table('orders'), split: { rows: 3500 } };
  expect(await whole.start(spec).outcome).toMatchObject({ kind: 'completed' });
  await using home = await exportFolder(server, quick);
  const { stops } = await interrupted(home, spec, 4500);
  expect(stops).toBeGreaterThan(0);
  const names = await whole.list();
  expect(names.length).toBe(9);
  expect(await home.list()).toEqual(names);
  for (const name of names) expect((await home.read(name)).equals(await whole.read(name))).toBe(true);
});

test.concurrent('split by bytes: a file that went on is as long as the others', async () => {
  await using whole = await exportFolder(server, usual);
  const spec = { source: table('orders'), split: { bytes: 450_000 } };
  expect(await whole.start(spec).outcome).toMatchObject({ kind: 'completed' });
  await using home = await exportFolder(server, quick);
  await interrupted(home, spec, 4500);
  const names = await whole.list();
  expect(await home.list()).toEqual(names);
  for (const name of names) expect((await home.read(name)).equals(await whole.read(name))).toBe(true);
});

test.concurrent('several tables: what is finished stays, also where one has no key', async () => {
  await using whole = await exportFolder(server, usual);
  const tables = ['plain', 'orders', 'other'].map((name) => ({ schema: 'public', name }));
  const spec: Asked = { source: { kind: 'tables', tables }, name: 'all' };
  expect(await whole.start(spec).outcome).toMatchObject({ kind: 'completed' });
  await using home = await exportFolder(server, quick);
  // The table without a key is left to come to its end.
  const first = home.start({ limit: 750_000, ...spec });
  await first.event((event) => event.kind === 'committed' && event.journal.files.length === 2);
  home.exports.stop(first.id);
  expect(await first.outcome).toEqual({ kind: 'stopped' });
  let { journal } = first;
  for (let run = first; (await run.outcome).kind !== 'completed';) {
    const rows = journal?.checkpoint?.rows ?? 0;
    run = home.start({ limit: 750_000, ...spec }, journal);
    const reached = run.event(
      (event) => event.kind === 'committed' && (event.journal.checkpoint?.rows ?? 0) > rows + 4500,
    );
    await Promise.race([reached, run.outcome]).catch(() => {});
    home.exports.stop(run.id);
    await run.outcome;
    ({ journal } = run);
  }
  const names = await whole.list();
  expect(await home.list()).toEqual(names);
  for (const name of names.slice(1)) expect((await home.read(name)).equals(await whole.read(name))).toBe(true);
});

describe.concurrent('a query with a declared key', () => {
  const sql = 'SELECT no * 2 AS id, note FROM orders WHERE no > $1; -- all';

  test('goes on after it', async () => {
    await using whole = await exportFolder(server, usual);
    const spec = { source: query(sql, ['id'], ['5000']), limit: 300_000 };
    expect(await whole.start(spec).outcome).toMatchObject({ kind: 'completed' });
    await using home = await exportFolder(server, quick);
    const { stops } = await interrupted(home, spec, 4500);
    expect(stops).toBeGreaterThan(0);
    expect((await home.read('rows.csv')).equals(await whole.read('rows.csv'))).toBe(true);
  });

  test.each([
    ['there twice', 'SELECT no % 25000 AS id FROM orders', /row 3 is there twice \(1\)/],
    ['missing', 'SELECT NULLIF(no, 15000) AS id FROM orders', /row 30000 has no value/],
    ['twice in two columns', "SELECT no % 9999 AS id, 'x' AS note FROM orders", /is there twice \(0\)/],
  ])('that is %s is none: rows could be lost', async (_name, sql, words) => {
    await using home = await exportFolder(server, usual);
    const outcome = await home.start({ source: query(sql, ['id']) }).outcome;
    expect(outcome).toMatchObject({ failure: { code: 'query-failed' } });
    expect(JSON.stringify(outcome)).toMatch(words);
    expect(await home.list()).toEqual(['rows.csv.sluice']);
  });

  /** A run that failed behind the row 1000 of `name`; from now on there are those of `rows` in it. */
  async function failedAt1000(home: ExportFolder, name: string, rows: string): Promise<ExportJournal> {
    await server.sql(`CREATE VIEW ${name} AS SELECT n AS id, 1 / (n - 1001) AS x FROM numbered`);
    const run = home.start({ source: query(`SELECT * FROM ${name}`, ['id']) });
    expect(await run.outcome).toMatchObject({ failure: { code: 'query-failed' } });
    expect(run.journal?.checkpoint).toMatchObject({ after: ['1000'] });
    await server.sql(`CREATE OR REPLACE VIEW ${name} AS ${rows}`);
    if (!run.journal) throw new Error('no journal');
    return run.journal;
  }

  test.each([
    ['twice', 'SELECT n AS id, 1 AS x FROM numbered UNION ALL SELECT 1000, 2', /row 1001 is there twice \(1000\)/],
    ['missing', 'SELECT n AS id, 1 AS x FROM numbered UNION ALL SELECT NULL, 2', /key id .* has no value/],
  ])('that turns out to be %s where it goes on is none', async (how, rows, words) => {
    await using home = await exportFolder(server, quick);
    const journal = await failedAt1000(home, `later_${how}`, rows);
    const outcome = await home.start({ source: query(`SELECT * FROM later_${how}`, ['id']) }, journal).outcome;
    expect(outcome).toMatchObject({ failure: { code: 'query-failed' } });
    expect(JSON.stringify(outcome)).toMatch(words);
    expect(await home.list()).toEqual(['rows.csv.sluice']);
  });

  test('goes on also where the row before it is gone', async () => {
    await using home = await exportFolder(server, quick);
    const journal = await failedAt1000(home, 'later_gone', 'SELECT n AS id, 1 AS x FROM numbered WHERE n <> 1000');
    const run = home.start({ source: query('SELECT * FROM later_gone', ['id']) }, journal);
    expect(await run.outcome).toMatchObject({ kind: 'completed' });
    const numbers = (await home.lines('rows.csv')).slice(1).map((line) => Number.parseInt(line, 10));
    expect(numbers).toEqual(Array.from({ length: 30_000 }, (_, n) => n + 1));
  });
});

test.concurrent.each([
  ['numeric', 'n / 2 * CASE n % 2 WHEN 0 THEN 1.0 ELSE 1.00 END', 'numeric'],
  ['float8', "CASE n % 2 WHEN 0 THEN '-0'::float8 ELSE 0 END * n", 'double precision'],
  ['citext', "CASE n % 2 WHEN 0 THEN 'a' || n / 2 ELSE 'A' || n / 2 END::citext", 'citext'],
  ['interval', "CASE n % 2 WHEN 0 THEN n * interval '1 day' ELSE (n - 1) * interval '24 h' END", 'interval'],
  ['jsonb', 'to_jsonb(n / 2 * CASE n % 2 WHEN 0 THEN 1.0 ELSE 1.00 END)', 'jsonb'],
  ['numeric[]', 'ARRAY[n / 2 * CASE n % 2 WHEN 0 THEN 1.0 ELSE 1.00 END]', 'numeric[]'],
  ['char without a length', "CASE n % 2 WHEN 0 THEN 'a' ELSE 'a ' END::bpchar", 'bpchar'],
])('a declared key of %s, whose equal values may look different, is none', async (_name, value, type) => {
  await using home = await exportFolder(server, quick);
  const run = home.start({ source: query(`SELECT ${value} AS k, n FROM generate_series(2, 9) n`, ['k']) });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal).toMatchObject({ resumability: 'no-key', key: [], checkpoint: null });
  const told = run.events.flatMap((event) => (event.kind === 'activity' ? event.text : []));
  expect(told.join()).toContain(`key k (${type})`);
  expect((await home.lines('rows.csv')).length).toBe(9);
});

test.concurrent.each([
  ['numeric(9,2)', '(n / 7.0)::numeric(9,2)'],
  ['enum', "CASE n WHEN 1 THEN 'z' ELSE 'a' END::mood"],
  ['text', "'x' || n"],
  ['char(5)', 'n::char(5)'],
  ['timestamptz', "now() + n * interval '1 s'"],
  ['domain over int', 'n::whole'],
])('a declared key of %s is one', async (_name, value) => {
  await using home = await exportFolder(server, quick);
  const run = home.start({ source: query(`SELECT ${value} AS k FROM generate_series(1, 2) n`, ['k']) });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal).toMatchObject({ resumability: 'key', key: ['k'] });
});

describe.concurrent('keys of many types', () => {
  test.each([
    ['uuid', 'gen_random_uuid()'],
    ['timestamptz', "CASE n WHEN 5 THEN '-infinity' ELSE '0044-03-15 BC'::timestamptz + n * interval '1.000001 h' END"],
    ['timestamp', "'1999-12-31'::timestamp + n * interval '7 h'"],
    ['date', "CASE n WHEN 5 THEN 'infinity' ELSE '4000-01-01 BC'::date + n END"],
    ['numeric', "CASE n WHEN 5 THEN 'NaN' ELSE (n - 4000) / 7.0 END"],
    ['float8', "CASE n WHEN 5 THEN 'NaN' WHEN 6 THEN '-Infinity' ELSE (n - 4000) / 7.0 END"],
    ['text', "CASE n WHEN 5 THEN '' ELSE chr(33 + n % 90) || E'\\'\"\\\\,' || n END"],
    ['text COLLATE "und-x-icu"', 'chr(65 + n % 58) || n'],
    ['varchar(20)', 'chr(65 + n % 58) || n'],
    ['char(12)', 'chr(65 + n % 58) || n'],
    ['bytea', "decode(md5(n::text), 'hex')"],
    ['inet', "'10.0.0.0'::inet + n"],
    ['interval', "n * interval '1 h'"],
    ['int4range', 'int4range(n, n + 5)'],
    ['int[]', 'ARRAY[n % 7, n]'],
    ['numeric(20,4)', 'n * 0.0001'],
  ])('%s', async (type, value) => {
    const name = `keyed by ${type.replaceAll('"', '')}`;
    await server.sql(`CREATE TABLE "${name}" (k ${type} PRIMARY KEY, n int);
      INSERT INTO "${name}" SELECT ${value}, n FROM generate_series(1, 12000) n`);
    await using whole = await exportFolder(server, usual);
    expect(await whole.start({ source: table(name) }).outcome).toMatchObject({ kind: 'completed' });
    await using home = await exportFolder(server, quick);
    // A limit that holds it up in many places.
    const { stops } = await interrupted(home, { source: table(name), limit: 80_000 }, 1);
    expect(stops).toBeGreaterThan(0);
    expect((await home.read('rows.csv')).equals(await whole.read('rows.csv'))).toBe(true);
  });
});

describe.concurrent('what was made of it meanwhile', () => {
  /** A run that was stopped in the middle. */
  async function stopped(home: ExportFolder, source = table('orders')): Promise<ExportJournal> {
    const run = home.start({ source, limit: 1_000_000 });
    await run.event((event) => event.kind === 'committed' && (event.journal.checkpoint?.rows ?? 0) > 0);
    home.exports.stop(run.id);
    await run.outcome;
    if (!run.journal?.checkpoint) throw new Error('no checkpoint');
    return run.journal;
  }

  test('a part file that is gone is a question', async () => {
    await using home = await exportFolder(server, quick);
    const journal = await stopped(home);
    await rm(join(home.folder, 'rows.csv.sluice'));
    const outcome = await home.start({ source: table('orders') }, journal).outcome;
    expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'part-missing' } });
  });

  test.each([
    ['none', 'rows.csv'],
    ['zstd', 'rows.csv.zst'],
  ] as const)('so is one whose end is not as it was left (%s)', async (compression, name) => {
    await using home = await exportFolder(server, quick);
    const run = home.start({ source: table('orders'), limit: 200_000, compression, name });
    await run.event((event) => event.kind === 'committed' && (event.journal.checkpoint?.bytes ?? 0) > 0);
    home.exports.stop(run.id);
    await run.outcome;
    const { bytes = 0 } = run.journal?.checkpoint ?? {};
    const handle = await open(join(home.folder, `${name}.sluice`), 'r+');
    await handle.write('\0', bytes - 1);
    await handle.close();
    const outcome = await home.start({ source: table('orders'), compression, name }, run.journal).outcome;
    expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'part-missing' } });
    expect(await home.list()).toEqual([`${name}.sluice`]);
  });

  test('so are other columns', async () => {
    await server.sql(
      'DROP TABLE IF EXISTS changing; CREATE TABLE changing AS TABLE orders; ALTER TABLE changing ADD PRIMARY KEY (no)',
    );
    await using home = await exportFolder(server, quick);
    const journal = await stopped(home, table('changing'));
    await server.sql('ALTER TABLE changing ALTER total TYPE double precision');
    const outcome = await home.start({ source: table('changing') }, journal).outcome;
    expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'columns-changed' } });
    expect(await home.list()).toEqual(['rows.csv.sluice']);
  });

  test.each([
    ['type', 'int', 'bigint', /: bigint$/],
    ['collation', 'text COLLATE "C"', 'text COLLATE "en-x-icu"', /: text COLLATE pg_catalog."en-x-icu" \S+$/],
  ])('so is another %s of the key, also where it is not written', async (of, type, other, told) => {
    const name = `turning_${of}`;
    await server.sql(`CREATE TABLE ${name} (k ${type} PRIMARY KEY, note text);
      INSERT INTO ${name} SELECT n, repeat('x', 60) FROM generate_series(1, 30000) n`);
    await using home = await exportFolder(server, quick);
    const source = table(name, ['note']);
    const journal = await stopped(home, source);
    await server.sql(`ALTER TABLE ${name} ALTER k TYPE ${other}`);
    const outcome = await home.start({ source }, journal).outcome;
    const detail = expect.stringMatching(told) as string;
    expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'columns-changed', params: { detail } } });
  });

  test('a file that had its name before the journal knew is taken back', async () => {
    await using whole = await exportFolder(server, usual);
    expect(await whole.start({ source: table('orders') }).outcome).toMatchObject({ kind: 'completed' });
    await using home = await exportFolder(server, quick);
    const journal = await stopped(home);
    // What a crash leaves between the last name and its record.
    await rename(join(home.folder, 'rows.csv.sluice'), join(home.folder, 'rows.csv'));
    expect(await home.start({ source: table('orders') }, journal).outcome).toMatchObject({
      kind: 'completed',
      name: 'rows.csv',
    });
    expect(await home.list()).toEqual(['rows.csv']);
    expect((await home.read('rows.csv')).equals(await whole.read('rows.csv'))).toBe(true);
  });

  test('a file that was getting its name is seen under that name no more, until it is whole', async () => {
    await using home = await exportFolder(server, quick);
    const journal = await stopped(home);
    // What a crash leaves between the link to the last name and the end of the other.
    await link(join(home.folder, 'rows.csv.sluice'), join(home.folder, 'rows.csv'));
    const run = home.start({ source: table('orders'), limit: 500_000 }, journal);
    await run.event(({ kind }) => kind === 'started');
    expect(await home.list()).toEqual(['rows.csv.sluice']);
    home.exports.setLimit(run.id, null);
    expect(await run.outcome).toMatchObject({ kind: 'completed', name: 'rows.csv' });
    expect(await home.list()).toEqual(['rows.csv']);
  });

  test('without a key it starts over in the same files, the finished ones too', async () => {
    await using home = await exportFolder(server, usual);
    const spec = { source: table('plain'), split: { rows: 5000 } };
    const run = home.start({ ...spec, limit: 500_000 });
    await run.event((event) => event.kind === 'committed' && event.journal.files.length === 3);
    home.exports.stop(run.id);
    expect(await run.outcome).toEqual({ kind: 'stopped' });
    // The stop may come a file later: all but the last are finished.
    const left = await home.list();
    const names = left.map((_, n) => `rows-000${n + 1}.csv${n === left.length - 1 ? '.sluice' : ''}`);
    expect(left.length).toBeGreaterThanOrEqual(3);
    expect(left).toEqual(names);
    // Fewer rows are there now: what is left over goes.
    const fewer = { ...spec, source: table('plain', null, 'n <= 7500') };
    expect(await home.start(fewer, run.journal).outcome).toMatchObject({ kind: 'completed' });
    expect(await home.list()).toEqual(['rows-0001.csv', 'rows-0002.csv']);
    expect((await home.lines('rows-0002.csv')).length).toBe(2501);
  });
});
