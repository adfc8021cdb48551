/** Stopping over a way to the server that is silent, or that loses the cancels. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SessionPool } from '../../electron/engine/database/session-pool.ts';
import { streamRows } from '../../electron/engine/export/index.ts';
import { lossyWay } from '../servers/lossy-way.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { csv, exportFolder, query, table } from './export-driver.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`CREATE TABLE plain AS SELECT n, md5(n::text) AS hash FROM generate_series(1, 300000) n; ANALYZE`);
});
afterAll(() => server.end());
// A server whose client fell silent does not know of it. What still ended would be taken for the next test's.
afterEach(() =>
  server.sql(
    `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL`,
  ),
);

const sleeping = query('SELECT pg_sleep(1000)');

/** Sessions that sleep. */
const asleep = () => server.sql(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
const patient = { interval: 10 };

test.each([
  ['rows are read', { source: table('plain'), limit: 500_000 }],
  ['the first row is waited for', { source: sleeping }],
  ['rows are counted', { source: sleeping, exactCount: true }],
])('a stop ends while %s over a way that has fallen silent', async (_name, asked) => {
  await using way = await lossyWay(server.target.port);
  await using home = await exportFolder(server);
  const run = home.start({ ...asked, target: { ...server.target, port: way.port } });
  if (asked.source === sleeping) await expect.poll(asleep, patient).toHaveLength(1);
  else await run.rows(5000);
  way.silence();
  home.exports.stop(run.id);
  expect(await run.outcome).toEqual({ kind: 'stopped' });
});

test('so does a stream whose reader leaves', async () => {
  await using way = await lossyWay(server.target.port);
  const target = { ...server.target, port: way.port };
  const leaving = new AbortController();
  const spec = { target, source: table('plain'), format: csv, compression: 'none', timeZone: 'UTC' } as const;
  const rows = streamRows(
    spec,
    () => {
      way.silence();
      leaving.abort(new Error('left'));
    },
    leaving.signal,
  );
  await expect(rows).rejects.toThrow('left');
});

test('so does a question that nobody waits for any more', async () => {
  await using way = await lossyWay(server.target.port);
  const pool = new SessionPool();
  const leaving = new AbortController();
  const target = { ...server.target, port: way.port };
  const work = pool.use(target, leaving.signal, ({ client }) => client.query('SELECT pg_sleep(1000)'));
  await expect.poll(asleep, patient).toHaveLength(1);
  way.silence();
  leaving.abort(new Error('left'));
  await expect(work).rejects.toThrow('left');
  await pool.close();
});

test.each([
  ['the first row is waited for', false],
  ['rows are counted', true],
])('a stop while %s is asked for until the server has heard it', async (_name, exactCount) => {
  await using way = await lossyWay(server.target.port);
  await using home = await exportFolder(server);
  const { swallowed } = way.swallowCancels(2);
  const run = home.start({ source: sleeping, exactCount, target: { ...server.target, port: way.port } });
  await expect.poll(asleep, patient).toHaveLength(1);
  home.exports.stop(run.id);
  // An end before that would be one that the server has not heard of.
  expect(await Promise.race([swallowed, run.outcome])).toBeUndefined();
  await expect.poll(asleep, patient).toEqual([]);
  expect(await run.outcome).toEqual({ kind: 'stopped' });
});
