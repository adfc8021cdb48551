/** TRUNCATE and ALTER TABLE leave an older snapshot an empty table: an export has the old rows or the new ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createExports } from '../../electron/engine/export/index.ts';
import { lockTables } from '../../electron/engine/export/lock-tables.ts';
import { exportError, outcomeOf } from '../../electron/engine/export/outcomes.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { exportFolder, query, table } from './export-driver.ts';

let server: TestPostgres;
const exports = createExports();
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`CREATE TABLE first AS SELECT n, repeat('x', 100) AS t FROM generate_series(1, 60000) n;
    CREATE TABLE altered AS SELECT n FROM generate_series(1, 1000) n;
    CREATE TABLE reloaded AS SELECT n FROM generate_series(1, 1000) n;
    CREATE TABLE whole (n int) PARTITION BY RANGE (n); CREATE TABLE part PARTITION OF whole DEFAULT;
    INSERT INTO whole SELECT generate_series(1, 1000);
    CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER away FOREIGN DATA WRAPPER nothing;
    CREATE MATERIALIZED VIEW kept AS SELECT n FROM generate_series(1, 10) n;
    CREATE ROLE someone LOGIN PASSWORD 'x'; GRANT SELECT (n) ON reloaded TO someone;
    ANALYZE;`);
});
afterAll(async () => {
  await exports.close();
  await server.end();
});

/** A session that rewrites tables beside an export. */
async function another() {
  const { port, user, password, database } = server.target;
  const client = new Client({ host: server.socketFolder, port, user, password: password ?? '', database });
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

/** Resolves when a session waits for a lock: an export, or `who`. */
async function waits(who = 'Sluice export'): Promise<void> {
  const sql = `SELECT FROM pg_stat_activity WHERE application_name = '${who}' AND wait_event_type = 'Lock'`;
  while ((await server.sql(sql)).length === 0) await sleep(10);
}

test('of several tables, those that are rewritten while the first is read come with their rows', async () => {
  await using home = await exportFolder(server, exports);
  await using other = await another();
  const names = ['first', 'altered', 'reloaded', 'kept'];
  const tables = names.map((name) => ({ schema: 'public', name }));
  const run = home.start({ source: { kind: 'tables', tables }, name: 'all', limit: 4_000_000 });
  await run.rows(1000);
  // They wait for the export.
  await other.client.query(`SET application_name = 'other'`);
  const rewritten = other.client.query('ALTER TABLE altered ALTER n TYPE bigint; TRUNCATE reloaded');
  await waits('other');
  home.exports.setLimit(run.id, null);
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  await rewritten;
  expect(run.journal?.files.map(({ rows }) => rows)).toEqual([60_000, 1000, 1000, 10]);
  await other.client.query('INSERT INTO reloaded SELECT generate_series(1, 1000)');
});

test.each([
  ['a table', table('reloaded'), 'reloaded'],
  ['a query', query('SELECT * FROM reloaded WHERE n > $1', null, ['0']), 'reloaded'],
  ['a table’s partition', table('whole'), 'part'],
  ['a query’s partition', query('(TABLE whole); -- all'), 'part'],
])('%s that is being reloaded is waited for', async (_, source, name) => {
  await using home = await exportFolder(server, exports);
  await using other = await another();
  await other.client.query(`BEGIN; TRUNCATE ${name}; INSERT INTO ${name} SELECT generate_series(1, 900)`);
  const run = home.start({ source });
  await waits();
  await other.client.query('COMMIT');
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(run.journal?.files).toMatchObject([{ rows: 900 }]);
});

test('a further session of an export does not wait for who waits for the first one', async () => {
  await using one = await another();
  await using waiting = await another();
  await using two = await another();
  const spec = { source: table('altered') };
  await one.client.query('BEGIN');
  await lockTables(one, spec, false);
  await waiting.client.query(`SET application_name = 'altering'`);
  const altered = waiting.client.query('BEGIN; LOCK TABLE altered; ROLLBACK');
  await waits('altering');
  await two.client.query('BEGIN');
  const failure: unknown = await lockTables(two, spec, true).catch((error: unknown) => error);
  const outcome = outcomeOf(exportError(failure, server.target, { rows: 0 }), { begun: false, progressed: false });
  expect(outcome).toMatchObject({ kind: 'retry', failure: { code: 'database-lost' } });
  await one.client.query('ROLLBACK');
  await altered;
});

test('who may not lock a table may still read what it may', async () => {
  await using home = await exportFolder(server, exports);
  const target = { ...server.target, user: 'someone', password: 'x' };
  const run = home.start({ target, source: table('reloaded', ['n']) });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
});

test('a timeout of transactions, which the server has for others, is none of an export', async ({ skip }) => {
  skip(Number.parseInt(server.version, 10) < 17, 'there is none before PostgreSQL 17');
  await using home = await exportFolder(server, exports);
  await server.sql(
    `ALTER ROLE someone SET transaction_timeout = '300ms'; ALTER ROLE someone SET lock_timeout = '100ms'`,
  );
  const target = { ...server.target, user: 'someone', password: 'x' };
  const run = home.start({ target, source: query('SELECT pg_sleep(0.6), 1 AS n') });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
});
