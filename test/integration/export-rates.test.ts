/** How fast an export says it is. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDelayProxy } from '../servers/delay-proxy.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { exportFolder, table } from './export-driver.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`CREATE TABLE keyed (n int PRIMARY KEY, hash text);
    INSERT INTO keyed SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, 100000) n; ANALYZE`);
});
afterAll(() => server.end());

test('what an earlier run wrote is no speed of the run that goes on', async () => {
  await using home = await exportFolder(server, { checkpointEvery: 50 });
  const run = home.start({ source: table('keyed'), limit: 8_000_000 });
  await run.rows(40_000);
  home.exports.stop(run.id);
  expect(await run.outcome).toEqual({ kind: 'stopped' });
  const before = run.journal?.checkpoint?.bytes ?? 0;
  expect(before).toBeGreaterThan(10_000_000);

  // Far enough for figures to be taken before the file is open.
  await using proxy = await startDelayProxy({ to: server.target.port, rtt: 60 });
  const limit = 500_000;
  const target = { ...server.target, host: '127.0.0.1', port: proxy.port };
  const again = home.start({ source: table('keyed'), limit, target }, run.journal);
  let fastest = 0;
  await expect
    .poll(() => {
      const rate = home.exports.meters().find(({ id }) => id === again.id)?.rate ?? 0;
      fastest = Math.max(fastest, rate);
      return (again.journal?.checkpoint?.bytes ?? 0) - before;
    })
    .toBeGreaterThan(4 * limit);
  expect(fastest).toBeGreaterThan(0);
  expect(fastest).toBeLessThan(8 * limit);
  home.exports.stop(again.id);
  await again.outcome;
});
