/** A saved query behind a link: run for each reader, at that reader's speed, with bound parameters only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { lacks } from '../bench/programs.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { ask, serving, type Serving } from './serve-harness.ts';

let database: TestPostgres;
let serve: Serving;
beforeAll(async () => {
  database = await startPostgres();
});
afterAll(() => database.end());
beforeEach(() => {
  serve = serving({}, { target: () => Promise.resolve({ ...database.target, readOnly: false }) });
});
afterEach(() => serve[Symbol.asyncDispose]());

type Parameters = { name: string; value: string | null }[];
const share = (sql: string, parameters: Parameters = []) =>
  serve.add({ kind: 'query', connection: 'c1', sql, parameters });
const named = (link: URL, name: string) => link.pathname.replace(/[^/]*$/, name);

/** Sessions that run this very query now. */
async function running(mark: string): Promise<number> {
  const rows = await database.sql(
    `SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%${mark}%' AND query NOT LIKE '%pg_stat_activity%' AND state <> 'idle'`,
  );
  return Number(rows[0]?.['n']);
}

test('NDJSON and CSV, by the suffix or by Accept', async () => {
  const { link } = await share("SELECT 1 AS id, 'a,b' AS text UNION ALL SELECT 2, NULL ORDER BY 1");
  const json = await ask(link, named(link, 'rows.ndjson'));
  expect(json.fields['content-type']).toMatch(/^application\/x-ndjson/);
  const lines = json.body.toString().trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { id: 1, text: 'a,b' },
    { id: 2, text: null },
  ]);
  const csv = await ask(link, named(link, 'rows.csv'));
  expect(csv.fields['content-type']).toMatch(/^text\/csv/);
  expect(csv.body.toString()).toBe('id,text\r\n1,"a,b"\r\n2,\r\n');
  for (const [accept, type] of [
    ['text/csv', 'text/csv'],
    ['text/*', 'text/csv'],
    ['application/x-ndjson;q=0.5, text/csv', 'text/csv'],
    ['application/x-ndjson, text/csv;q=0.5', 'application/x-ndjson'],
    ['text/csv;q=0, */*', 'application/x-ndjson'],
    ['*/*', 'application/x-ndjson'],
    ['image/png', 'application/x-ndjson'],
    [';;,q=', 'application/x-ndjson'],
  ]) {
    const answer = await ask(link, named(link, 'rows'), `Accept: ${accept}`);
    expect([accept, answer.fields['content-type']?.split(';')[0], answer.fields['vary']]).toEqual([
      accept,
      type,
      'Accept',
    ]);
  }
  expect((await ask(link, named(link, 'rows.exe'))).status).toBe(404);
});

test('parameters are values, whatever they look like', async () => {
  const { link } = await share('SELECT $1::text AS said, $2::int AS number', [
    { name: 'said', value: null },
    { name: 'number', value: '7' },
  ]);
  const get = (query: string) => ask(link, `${named(link, 'rows.ndjson')}?${query}`);
  for (const said of ["'; DROP TABLE x; --", '$2', '"', "' OR '1'='1", '\\', '☃']) {
    const answer = await get(new URLSearchParams({ said }).toString());
    expect(JSON.parse(answer.body.toString())).toEqual({ said, number: 7 });
  }
  expect(JSON.parse((await get('said=x&number=42')).body.toString())).toEqual({ said: 'x', number: 42 });
  expect((await get('said=x&number=1;select')).status).toBe(422);
  expect((await get('number=1')).status).toBe(400);
  expect((await get('said=x&other=1')).status).toBe(400);
  expect((await get('said=x&said=y')).status).toBe(400);
  expect((await get('said=%00')).status).toBe(400);
});

test('a reader that goes away cancels the query on the server', async () => {
  const { link } = await share("SELECT 'gone-mark', n FROM generate_series(1, 50000000) AS n");
  const socket = connect(Number(link.port), link.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  await once(socket, 'data');
  expect(await running('gone-mark')).toBe(1);
  socket.destroy();
  await expect.poll(() => running('gone-mark')).toBe(0);
});

test.skipIf(lacks('curl'))('a slow reader is waited for by the cursor, and memory stays flat', async () => {
  const { link } = await share("SELECT 'slow-mark', n, repeat('x', 200) FROM generate_series(1, 5000000) AS n");
  const before = process.memoryUsage().rss;
  const curl = spawn('curl', ['--silent', '--limit-rate', '2M', '--output', '/dev/null', link.href]);
  try {
    await expect.poll(() => serve.shares.list()[0]?.sent ?? 0).toBeGreaterThan(4_000_000);
    await expect
      .poll(() => serve.shares.detail(serve.shares.list()[0]?.id ?? '').readers[0]?.waited.reader ?? 0)
      .toBeGreaterThan(0.3);
    // A gigabyte is to come; what is on its way is bounded by sockets and a few buffers.
    expect(serve.shares.list()[0]?.sent ?? 0).toBeLessThan(100_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    expect(await running('slow-mark')).toBe(1);
  } finally {
    curl.kill();
  }
  await expect.poll(() => running('slow-mark')).toBe(0);
});

test('a query that fails before its first row says so; one that fails later ends the connection', async () => {
  const { link } = await share('SELECT 1 / $1::int AS x', [{ name: 'by', value: '0' }]);
  const answer = await ask(link, link.pathname);
  expect(answer.status).toBe(422);
  expect(answer.body.toString()).not.toMatch(/SELECT|division/);
  const late = await share('SELECT 1 / (3000000 - n) AS x FROM generate_series(1, 3000001) AS n');
  const broken = await ask(late.link, late.link.pathname);
  expect(broken.status).toBe(200);
  expect(broken.complete).toBe(false);
});

test('a link cannot write, also where its connection may', async () => {
  await database.sql('CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)');
  const { link } = await share('DELETE FROM kept RETURNING n');
  await ask(link, link.pathname).catch(() => null);
  expect((await database.sql('SELECT count(*) AS n FROM kept'))[0]?.['n']).toBe('1');
});
