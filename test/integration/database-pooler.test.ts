/** What works behind pgbouncer in transaction mode, where it takes no settings and lends its sessions to others. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginReading, connect, exportSnapshot, openPortal } from '../../electron/engine/database/index.ts';
import { lacks } from '../bench/programs.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { type Pooler, startPooler } from '../servers/postgres-pooler.ts';
import { draftOf, openWorld, query } from './database-world.ts';

describe.skipIf(lacks('pgbouncer'))('pgbouncer in transaction mode', () => {
  let server: TestPostgres;
  let pooler: Pooler;

  beforeAll(async () => {
    server = await startPostgres();
    await server.sql('CREATE TABLE things (id int PRIMARY KEY); INSERT INTO things SELECT generate_series(1, 100000)');
    pooler = await startPooler(server);
  });
  afterAll(async () => {
    await pooler?.[Symbol.asyncDispose]();
    await server?.end();
  });

  const target = () => ({ ...server.target, port: pooler.port });

  test('a session is opened without the settings that pgbouncer refuses, and says that it is a pooler’s', async () => {
    const session = await connect(target());
    expect(session.pooler).toBe(true);
    await session.end();
  });

  test('a connection test sees the pooler, also one that is told to ignore settings', async () => {
    await using world = openWorld();
    const draft = draftOf(target());
    expect(await world.databases.test(draft)).toMatchObject({ pooler: true });
    expect(await world.databases.test(draftOf(server.target))).toMatchObject({ pooler: false });
    await using quiet = await startPooler(server, 'ignore_startup_parameters = options,extra_float_digits');
    expect(await world.databases.test({ ...draft, port: quiet.port })).toMatchObject({ pooler: true });
  });

  test('previews, counts, estimates and the catalog work, stay read-only, and leave no setting to the next client', async () => {
    await using world = openWorld();
    const { id } = await world.databases.save(draftOf(target(), { statementTimeout: 7777 }));
    const { databases } = world;
    const set = `SELECT set_config('statement_timeout', '1', false), set_config('application_name', 'left behind', false)`;
    await databases.preview(id, query(set));
    for (let n = 0; n < 4; n++) {
      const found = await databases.preview(
        id,
        query(`SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')`),
      );
      expect(found.rows).toEqual([['7777ms', 'on']]);
    }
    expect(await databases.count(id, query('SELECT * FROM things'))).toBe(100_000);
    expect((await databases.estimate(id, query('SELECT * FROM things'))).rows).toBeGreaterThan(1000);
    expect((await databases.relation(id, 'public', 'things')).key).toEqual(['id']);
    await expect(databases.count(id, query('SELECT lo_create(0)'))).rejects.toMatchObject({ code: 'sql-error' });
    const left = await server.sql(`SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'left behind'`);
    expect(left).toEqual([{ n: '0' }]);
  });

  test('an export reads through it: a portal, in the snapshot of another session', async () => {
    const [one, two] = await Promise.all([connect(target()), connect(target())]);
    const options = { timeZone: 'UTC', statementTimeout: 0 };
    await beginReading(one, { ...options, snapshot: null });
    const snapshot = await exportSnapshot(one);
    await server.sql('INSERT INTO things VALUES (-1)');
    await beginReading(two, { ...options, snapshot });
    const asked = { sql: 'SELECT id FROM things', parameters: [], formats: [0 as const], atOnce: false };
    const portal = await openPortal(two, asked);
    expect(await portal.read({ row() {} })).toBe(100_000);
    await Promise.all([one.end(), two.end()]);
    await server.sql('DELETE FROM things WHERE id = -1');
  });

  test('a cancel reaches the server through it', async () => {
    await using world = openWorld();
    const { id } = await world.databases.save(draftOf(target()));
    const stop = new AbortController();
    const counting = world.databases.count(id, query('SELECT pg_sleep(3600)'), stop.signal);
    const active = `SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND state = 'active' AND pid <> pg_backend_pid()`;
    await expect.poll(() => server.sql(active)).toEqual([{ n: '1' }]);
    stop.abort();
    await expect(counting).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => server.sql(active)).toEqual([{ n: '0' }]);
  });
});
