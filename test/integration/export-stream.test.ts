/** Rows as a stream of bytes: whole, as slow as the reader, and gone on the server when the reader is. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleOf, streamRows, type StreamSpec } from '../../electron/engine/export/index.ts';
import { usualCsv } from '../../shared/export-formats.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.end());

const query = (sql: string, parameters: (string | null)[] = []): StreamSpec => ({
  target: server.target,
  source: { kind: 'query', sql, parameters, key: null },
  format: { kind: 'ndjson' },
  compression: 'none',
  timeZone: 'UTC',
});
const never = new AbortController().signal;

async function collected(spec: StreamSpec): Promise<{ rows: number; text: string }> {
  const parts: Buffer[] = [];
  const rows = await streamRows(spec, (bytes) => void parts.push(Buffer.from(bytes)), never);
  return { rows, text: Buffer.concat(parts).toString() };
}
const backends = async () =>
  (await server.sql(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'Sluice export' AND state = 'active'`))
    .length;

test('all rows come, in order', async () => {
  const { rows, text } = await collected(query('SELECT n FROM generate_series(1, 200000) n'));
  expect(rows).toBe(200_000);
  expect(text).toBe(Array.from({ length: 200_000 }, (_, n) => `{"n":${n + 1}}\n`).join(''));
});

test('INSERT overrides what the server would give a column, as in a file', async () => {
  await server.sql(
    'CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY, n int); INSERT INTO numbered (n) VALUES (7)',
  );
  const source = { kind: 'table', schema: 'public', name: 'numbered', columns: null, where: null } as const;
  const { text } = await collected({ ...query(''), source, format: { kind: 'sql-insert', table: null, rows: 10 } });
  await server.sql(`TRUNCATE numbered RESTART IDENTITY; ALTER TABLE numbered ALTER id RESTART 5; ${text}`);
  expect(await server.sql('TABLE numbered')).toMatchObject([{ id: '1', n: '7' }]);
});

test('parameters are bound, whatever they hold', async () => {
  const { text } = await collected(query('SELECT $1::text AS v', [`'; DROP TABLE x; --`]));
  expect(text).toBe(`{"v":"'; DROP TABLE x; --"}\n`);
});

test('a reader that stops stops the server, and going away ends the query there', async () => {
  const gone = new AbortController();
  let taken = 0;
  const { promise: stuck, resolve } = Promise.withResolvers<void>();
  const stream = streamRows(
    query(`SELECT repeat('x', 1000) AS v FROM generate_series(1, 2000000)`),
    (bytes) => {
      taken += bytes.length;
      if (taken < 3_000_000) return;
      resolve();
      return new Promise<void>(() => {});
    },
    gone.signal,
  );
  stream.catch(() => {});
  await stuck;
  const memory = process.memoryUsage().rss;
  await expect.poll(backends).toBe(1);
  // Two gigabytes are to come.
  expect(process.memoryUsage().rss - memory).toBeLessThan(200e6);
  gone.abort(new Error('the reader left'));
  await expect.poll(backends).toBe(0);
  await expect(stream).rejects.toThrow('the reader left');
});

test('what the reader throws is what the caller gets', async () => {
  const full = new Error('the pipe is closed');
  const stream = streamRows(query('SELECT n FROM generate_series(1, 3000000) n'), () => Promise.reject(full), never);
  await expect(stream).rejects.toBe(full);
  await expect.poll(backends).toBe(0);
});

test('a mistake in the SQL is told', async () => {
  await expect(collected(query('SELECT * FROM nothing_here'))).rejects.toMatchObject({ code: 'sql-error' });
});

test('a query that fails on its way tells after how many rows', async () => {
  const failing = query('SELECT 1 / (5000 - n) AS v FROM generate_series(1, 10000) n');
  await expect(collected(failing)).rejects.toMatchObject({
    code: 'query-failed',
    failure: { params: { rows: 4999, column: 'v', kept: '' } },
  });
});

test('a sample is the first lines, of a query without end too', async () => {
  const { target, source } = query('SELECT generate_series(1, 1000000000) AS n');
  const text = await sampleOf({ target, source, format: { kind: 'json' }, timeZone: 'UTC' });
  expect(JSON.parse(text)).toEqual(Array.from({ length: 8 }, (_, n) => ({ n: n + 1 })));
  await expect.poll(backends).toBe(0);
});

test('a sample of wide rows waits for no more of them than are shown', async () => {
  // A row is on its way once others follow it; the fifth takes longer than a sample may.
  const { target, source } = query(
    "SELECT repeat('é', 100000) AS t, CASE WHEN n > 4 THEN pg_sleep(3600) END AS p FROM generate_series(1, 8) n",
  );
  const text = await sampleOf({ target, source, format: { kind: 'ndjson' }, timeZone: 'UTC' });
  expect(text).toBe(`{"t":"${'é'.repeat(3994)}…`);
  await expect.poll(backends).toBe(0);
});

const tables = ['one', 'two'].map((name) => ({ schema: 'public', name }));

test.each<[string, Partial<StreamSpec>, RegExp]>([
  ['several tables', { source: { kind: 'tables', tables } }, /Several tables need a folder/],
  [
    'a compressed Parquet',
    { format: { kind: 'parquet', compression: 'zstd' }, compression: 'gzip' },
    /compressed inside/,
  ],
  ['an offset, which PostgreSQL reads the other way round', { timeZone: '+05:30' }, /not a time zone/],
  ['an unknown time zone', { timeZone: 'Mars/Olympus' }, /not a time zone/],
  ['a dialect in which fields cannot be told apart', { format: { ...usualCsv, quote: ',' } }, /has to differ/],
])('%s: refused before anybody is asked', async (_name, more, words) => {
  const spec = { ...query('SELECT 1'), target: { ...server.target, port: 1 }, ...more };
  await expect(collected(spec)).rejects.toThrow(words);
});

test('a sample of several tables is one of the first', async () => {
  await server.sql('CREATE TABLE one AS SELECT 1 AS n; CREATE TABLE two AS SELECT 2 AS n');
  const { format, target, timeZone } = query('');
  expect(await sampleOf({ target, source: { kind: 'tables', tables }, format, timeZone })).toBe('{"n":1}\n');
});
