/** From a query or a table to whole files. */
import { gunzipSync, zstdDecompressSync, brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExportFormat } from '../../shared/export.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { csv, exportFolder, query, table } from './export-driver.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`
    CREATE TABLE orders (shop int, no int, total numeric, note text, PRIMARY KEY (shop, no));
    INSERT INTO orders SELECT n % 7, n, n * 1.10, CASE WHEN n % 3 = 0 THEN NULL ELSE 'a "note", ' || n END
      FROM generate_series(1, 20000) n;
    CREATE VIEW seen AS TABLE orders;
    CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER away FOREIGN DATA WRAPPER nothing;
    CREATE FOREIGN TABLE afar (x int) SERVER away;
    CREATE ROLE reader LOGIN PASSWORD 'x';
    CREATE TABLE guarded (id int PRIMARY KEY, open text, secret text); INSERT INTO guarded VALUES (1, 'o', 's');
    GRANT SELECT (open) ON guarded TO reader;
    CREATE TABLE plain AS SELECT n, md5(n::text) AS hash FROM generate_series(1, 50000) n;
    ANALYZE;`);
});
afterAll(() => server.end());

/** Rows as COPY writes them, which are the truth. */
async function copied(sql: string): Promise<string> {
  const rows = await server.sql(sql);
  return rows.map((row) => Object.values(row).join(',')).join('\n');
}

test('a query becomes a file, whole under its name, and nothing else is left', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: query('SELECT n, hash FROM plain ORDER BY n') });
  expect(await run.outcome).toMatchObject({ kind: 'completed', name: 'rows.csv', proof: 'size' });
  expect(await home.list()).toEqual(['rows.csv']);
  const text = String(await home.read('rows.csv'));
  expect(text).toBe(`n,hash\n${await copied('SELECT n, hash FROM plain ORDER BY n')}\n`);
  expect(run.journal).toMatchObject({
    resumability: 'no-key',
    files: [{ name: 'rows.csv', rows: 50_000, bytes: text.length }],
    columns: [
      { name: 'n', type: 'integer' },
      { name: 'hash', type: 'text' },
    ],
    expected: { exact: false },
  });
});

test('parameters are bound', async () => {
  await using home = await exportFolder(server);
  const source = query('SELECT $1::text AS said, n FROM plain WHERE n < $2', null, [`'; DROP TABLE plain; --`, '3']);
  expect(await home.start({ source }).outcome).toMatchObject({ kind: 'completed' });
  expect(await home.lines('rows.csv')).toEqual(['said,n', `'; DROP TABLE plain; --,1`, `'; DROP TABLE plain; --,2`]);
});

test('a table with a key comes in its order, a part of it without the key too', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('orders', ['total'], 'shop < 3 -- some') });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal).toMatchObject({ resumability: 'key', key: ['shop', 'no'] });
  const truth = await copied('SELECT total FROM orders WHERE shop < 3 ORDER BY shop, no');
  expect(String(await home.read('rows.csv'))).toBe(`total\n${truth}\n`);
});

test('a key that JSON shows otherwise than the server compares it is none there', async () => {
  await server.sql(
    `CREATE TABLE tagged (tags int[] PRIMARY KEY, n int); INSERT INTO tagged VALUES ('{2,1}', 1), ('{10}', 2)`,
  );
  await using home = await exportFolder(server);
  const asText = home.start({ source: table('tagged') });
  expect(await asText.outcome).toMatchObject({ kind: 'completed' });
  expect(asText.journal).toMatchObject({ resumability: 'key', key: ['tags'] });
  for (const kind of ['ndjson', 'json'] as const) {
    const run = home.start({ source: table('tagged'), format: { kind }, name: `rows.${kind}` });
    expect(await run.outcome).toMatchObject({ kind: 'completed' });
    expect(run.journal).toMatchObject({ resumability: 'no-key', key: [] });
  }
  expect(await home.lines('rows.ndjson')).toEqual(['{"tags":[2,1],"n":1}', '{"tags":[10],"n":2}']);
});

test('never over a file that is there', async () => {
  await using home = await exportFolder(server);
  await home.start({ source: query('SELECT 1 AS a') }).outcome;
  expect(await home.start({ source: query('SELECT 2 AS a') }).outcome).toMatchObject({ name: 'rows (1).csv' });
  expect(await home.lines('rows.csv')).toEqual(['a', '1']);
});

test.each([
  ['gzip', gunzipSync],
  ['zstd', zstdDecompressSync],
  ['brotli', brotliDecompressSync],
] as const)('%s', async (compression, decompress) => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('orders'), compression, name: 'rows.csv.x' });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal?.resumability).toBe(compression === 'brotli' ? 'format' : 'key');
  const text = String(decompress(await home.read('rows.csv.x')));
  expect(text.split('\n').length).toBe(20_002);
});

describe('split', () => {
  test('by rows: each file is whole by itself', async () => {
    await using home = await exportFolder(server);
    const run = home.start({ source: table('plain'), split: { rows: 20_000 } });
    expect(await run.outcome).toMatchObject({ kind: 'completed', name: 'rows-0001.csv' });
    expect(await home.list()).toEqual(['rows-0001.csv', 'rows-0002.csv', 'rows-0003.csv']);
    expect(run.journal?.files.map(({ rows }) => rows)).toEqual([20_000, 20_000, 10_000]);
    const parts = await Promise.all(['1', '2', '3'].map((n) => home.lines(`rows-000${n}.csv`)));
    expect(parts.map(([head]) => head)).toEqual(['n,hash', 'n,hash', 'n,hash']);
    expect(parts.flatMap(([, ...rows]) => rows).join('\n')).toBe(await copied('SELECT n, hash FROM plain'));
  });

  test('exactly at the end: no file stays empty', async () => {
    await using home = await exportFolder(server);
    await home.start({ source: table('plain'), split: { rows: 25_000 } }).outcome;
    expect(await home.list()).toEqual(['rows-0001.csv', 'rows-0002.csv']);
  });

  test('by bytes, before they are compressed', async () => {
    await using home = await exportFolder(server);
    const run = home.start({
      source: table('plain'),
      split: { bytes: 500_000 },
      compression: 'gzip',
      name: 'r.csv.gz',
    });
    await run.outcome;
    const names = await home.list();
    expect(names.length).toBeGreaterThan(2);
    const sizes = await Promise.all(names.map(async (name) => gunzipSync(await home.read(name)).length));
    for (const size of sizes.slice(0, -1)) expect(size - 500_000).toBeLessThan(50);
  });
});

test.each<[ExportFormat, string | RegExp]>([
  [{ kind: 'ndjson' }, '{"shop":0,"no":7,"total":7.70,"note":"a \\"note\\", 7"}'],
  [{ kind: 'json' }, '{"shop":0,"no":7,"total":7.70,"note":"a \\"note\\", 7"}'],
  [{ kind: 'sql-insert', table: null, rows: 100 }, 'INSERT INTO "public"."orders"'],
  [{ kind: 'sql-copy', table: 'Copy' }, 'COPY "Copy"'],
  [{ kind: 'parquet', compression: 'snappy' }, /^PAR1[^]*PAR1$/],
  [{ kind: 'xlsx', header: true }, /^PK/],
  [{ kind: 'markdown' }, '| shop |'],
  [{ kind: 'html' }, '<table'],
])('$kind from end to end', async (format, holds) => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('orders', null, 'no <= 7000'), format, name: 'file' });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal?.files).toMatchObject([{ name: 'file', rows: 7000 }]);
  const bytes = (await home.read('file')).toString('latin1');
  if (typeof holds === 'string') expect(bytes).toContain(holds);
  else expect(bytes).toMatch(holds);
});

test.each(['sql-insert', 'sql-copy'] as const)('%s of what the server computes can be loaded', async (kind) => {
  await using home = await exportFolder(server);
  await server.sql(`DROP TABLE IF EXISTS computed;
    CREATE TABLE computed (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, d int GENERATED ALWAYS AS (n * 2) STORED);
    INSERT INTO computed (n) SELECT n FROM generate_series(5, 7) n`);
  const before = await server.sql('TABLE computed');
  const format = kind === 'sql-copy' ? { kind, table: null } : { kind, table: null, rows: 10 };
  expect(await home.start({ source: table('computed'), format }).outcome).toMatchObject({ kind: 'completed' });
  const text = (await home.read('rows.csv')).toString();
  expect(text).toContain('("id", "n")');
  if (kind === 'sql-copy') return;
  await server.sql(`TRUNCATE computed; ${text}`);
  expect(await server.sql('TABLE computed')).toEqual(before);
});

test('SQL of two columns of one name, which no table has, is refused before a file is made', async () => {
  await using home = await exportFolder(server);
  const format = { kind: 'sql-insert', table: null, rows: 10 } as const;
  const outcome = await home.start({ source: query('SELECT 1 AS a, 2 AS a'), format }).outcome;
  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'bad-input' } });
  expect(await home.list()).toEqual([]);
});

test('of several tables, one without columns is named', async () => {
  await using home = await exportFolder(server);
  await server.sql('CREATE TABLE IF NOT EXISTS hollow ()');
  const tables = [{ schema: 'public', name: 'hollow' }];
  const outcome = await home.start({ source: { kind: 'tables', tables }, name: 'all' }).outcome;
  expect(JSON.stringify(outcome)).toMatch(/public\.hollow has no columns/);
});

test('several tables go into a folder, each into its file', async () => {
  await using home = await exportFolder(server);
  const tables = ['orders', 'plain'].map((name) => ({ schema: 'public', name }));
  const run = home.start({ source: { kind: 'tables', tables }, name: 'shop', exactCount: true });
  expect(await run.outcome).toMatchObject({ kind: 'completed', name: 'shop' });
  expect(await home.list()).toEqual(['shop', 'shop/public.orders.csv', 'shop/public.plain.csv']);
  expect(run.journal).toMatchObject({ name: 'shop', expected: { rows: 70_000, exact: true } });
  expect((await home.lines('shop/public.plain.csv')).length).toBe(50_001);
});

test('several sessions give every row once', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('plain'), parallel: 3, format: { ...csv, header: false } });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal?.resumability).toBe('parallel');
  const numbers = (await home.lines('rows.csv')).map((line) => Number.parseInt(line, 10)).toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 50_000 }, (_, n) => n + 1));
});

test.each(['seen', 'afar'])(
  'several sessions of %s, which has no pages, are refused before a file is made',
  async (name) => {
    await using home = await exportFolder(server);
    const outcome = await home.start({ source: table(name), parallel: 2 }).outcome;
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'bad-input' } });
    expect(JSON.stringify(outcome)).toContain(`public.${name} is none: choose one session`);
    expect(await home.list()).toEqual([]);
  },
);

test('columns that a user may read are exported though the key is not among them', async () => {
  await using home = await exportFolder(server);
  const target = { ...server.target, user: 'reader', password: 'x' };
  const run = home.start({ target, source: table('guarded', ['open']) });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal?.resumability).toBe('no-key');
  expect(await home.lines('rows.csv')).toEqual(['open', 'o']);
});

test('a query without rows gives a file with a head', async () => {
  await using home = await exportFolder(server);
  expect(await home.start({ source: query('SELECT 1 AS a WHERE false') }).outcome).toMatchObject({ kind: 'completed' });
  expect(await home.lines('rows.csv')).toEqual(['a']);
});

test('a query with a mistake makes no file', async () => {
  await using home = await exportFolder(server);
  const outcome = await home.start({ source: query('SELECT nothing FROM nowhere') }).outcome;
  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'sql-error' } });
  expect(await home.list()).toEqual([]);
});

test('one statement, whatever is typed', async () => {
  await using home = await exportFolder(server);
  const outcome = await home.start({ source: query('SELECT 1; DROP TABLE plain') }).outcome;
  expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'sql-error' } });
});
