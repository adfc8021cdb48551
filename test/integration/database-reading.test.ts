/** Questions to a database: catalog, keys, descriptions, previews, estimates, counts; none can write or linger. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExportSource } from '../../shared/database.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { draftOf, openWorld, query, type World } from './database-world.ts';

let server: TestPostgres;
let world: World;
let id: string;

beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`
    CREATE SCHEMA "My Shop";
    CREATE TABLE "My Shop"."Or""ders" (id bigint PRIMARY KEY, "the Total" numeric(12,2) NOT NULL, note text);
    INSERT INTO "My Shop"."Or""ders" SELECT i, i / 7.0, repeat('long ', 100) FROM generate_series(1, 1000) i;
    COMMENT ON TABLE "My Shop"."Or""ders" IS 'all of them';
    CREATE VIEW "My Shop".seen AS SELECT 1 AS one;
    CREATE MATERIALIZED VIEW "My Shop".kept AS SELECT generate_series(1, 10) AS n;
    CREATE TABLE parts (at date NOT NULL, n int NOT NULL, PRIMARY KEY (n, at)) PARTITION BY RANGE (at);
    CREATE TABLE parts_old PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE parts_new PARTITION OF parts FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
    INSERT INTO parts SELECT date '2020-01-01' + i, i FROM generate_series(0, 700) i;
    CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER away FOREIGN DATA WRAPPER nothing;
    CREATE FOREIGN TABLE afar (x int) SERVER away;
    CREATE TABLE secret (x int);
    CREATE ROLE reader LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA "My Shop" TO reader; GRANT SELECT ON parts TO reader;
    CREATE SCHEMA keys;
    CREATE COLLATION keys.fuzzy (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE keys.none (x int UNIQUE);
    CREATE TABLE keys.partial (x int NOT NULL); CREATE UNIQUE INDEX ON keys.partial (x) WHERE x > 5;
    CREATE TABLE keys.expression (x text NOT NULL); CREATE UNIQUE INDEX ON keys.expression (lower(x));
    CREATE TABLE keys.fuzzed (x text COLLATE keys.fuzzy NOT NULL UNIQUE);
    CREATE TABLE keys.late (x int NOT NULL UNIQUE DEFERRABLE);
    CREATE TABLE keys.two (a int NOT NULL, b int NOT NULL, c int NOT NULL UNIQUE, UNIQUE (a, b));
    CREATE TABLE keys.both (a int NOT NULL UNIQUE, b int NOT NULL, c int NOT NULL, PRIMARY KEY (c, b) INCLUDE (a));
    CREATE TABLE keys.other (x text NOT NULL); CREATE UNIQUE INDEX ON keys.other (x COLLATE "POSIX" text_pattern_ops);
    CREATE TABLE keys.parent (x int PRIMARY KEY); CREATE TABLE keys.child () INHERITS (keys.parent);
    INSERT INTO keys.parent VALUES (1); INSERT INTO keys.child VALUES (1);
    CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;
    CREATE TABLE keys.elsewhere (x ext.citext PRIMARY KEY);
    CREATE TYPE keys.pair AS (a int, b int); CREATE TABLE keys.composite (x keys.pair PRIMARY KEY);
    CREATE TABLE keys.registered (x regclass PRIMARY KEY);
    CREATE TABLE keys.varied (a varchar(9), b int[], c inet, d int4range, PRIMARY KEY (a, b, c, d));
    CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;`);
  if (Number.parseInt(server.version, 10) >= 18) {
    await server.sql(`CREATE TABLE keys.unproven (x int UNIQUE); INSERT INTO keys.unproven VALUES (NULL);
      ALTER TABLE keys.unproven ADD CONSTRAINT given NOT NULL x NOT VALID`);
  } else await server.sql('CREATE TABLE keys.unproven (x int UNIQUE)');
  await server.sql('VACUUM ANALYZE');
  world = openWorld();
  ({ id } = await world.databases.save(draftOf(server.target)));
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await server?.end();
});

const orders = { kind: 'table' as const, schema: 'My Shop', name: 'Or"ders', columns: null, where: null };

describe('the catalog', () => {
  test('has every kind of relation with its estimates, and nothing of the system’s', async () => {
    const { schemas } = await world.databases.catalog(id);
    expect(schemas.map(({ name }) => name)).toEqual(['My Shop', 'ext', 'keys', 'public']);
    const [shop, , , common] = schemas;
    expect(shop?.relations).toEqual([
      {
        name: 'Or"ders',
        kind: 'table',
        rows: 1000,
        bytes: expect.any(Number),
        parent: null,
        comment: 'all of them',
        readable: true,
      },
      {
        name: 'kept',
        kind: 'materialized-view',
        rows: 10,
        bytes: expect.any(Number),
        parent: null,
        comment: null,
        readable: true,
      },
      { name: 'seen', kind: 'view', rows: null, bytes: null, parent: null, comment: null, readable: true },
    ]);
    expect(shop?.relations[0]?.bytes).toBeGreaterThan(100_000);
    const short = common?.relations.map(({ name, kind, parent, rows }) => [name, kind, parent, rows]);
    expect(short).toEqual([
      ['afar', 'foreign-table', null, null],
      ['parts', 'partitioned-table', null, 701],
      ['parts_new', 'partition', 'parts', 335],
      ['parts_old', 'partition', 'parts', 366],
      ['secret', 'table', null, 0],
    ]);
    const [, parts, , old] = common?.relations ?? [];
    expect(parts?.bytes).toBeGreaterThan(old?.bytes ?? Infinity);
  });

  test('says what this user may not read', async () => {
    const reader = await world.databases.save(draftOf(server.target, { user: 'reader', password: 'x' }));
    const { schemas } = await world.databases.catalog(reader.id);
    const readable = schemas.flatMap(({ relations }) => relations).filter(({ readable }) => readable);
    expect(readable.map(({ name }) => name)).toEqual(['parts']);
    const secret: ExportSource = { kind: 'table', schema: 'public', name: 'secret', columns: null, where: null };
    await expect(world.databases.preview(reader.id, secret)).rejects.toMatchObject({ code: 'no-permission' });
    expect(Object.keys(await world.databases.completion(reader.id))).toEqual(['public.parts']);
  });

  test('comes also while a table is locked', async () => {
    const locks = `SELECT pid FROM pg_locks WHERE relation = 'secret'::regclass AND granted`;
    const locked = server.sql('BEGIN; LOCK TABLE secret; SELECT pg_sleep(3600)').catch(() => {});
    await expect.poll(() => server.sql(locks)).toHaveLength(1);
    const { schemas } = await world.databases.catalog(id);
    expect(schemas.flatMap(({ relations }) => relations).map(({ name }) => name)).toContain('secret');
    await server.sql(`SELECT pg_cancel_backend(pid) FROM (${locks}) locks`);
    await locked;
  });

  test('has columns for completion, by schema and table', async () => {
    const completion = await world.databases.completion(id);
    expect(completion['My Shop.Or"ders']).toEqual(['id', 'the Total', 'note']);
    expect(completion['public.parts']).toEqual(['at', 'n']);
    expect(completion['public.parts_old']).toBeUndefined();
  });
});

describe('a relation', () => {
  test('has columns with types as PostgreSQL writes them', async () => {
    expect(await world.databases.relation(id, 'My Shop', 'Or"ders')).toEqual({
      columns: [
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'the Total', type: 'numeric(12,2)', nullable: false },
        { name: 'note', type: 'text', nullable: true },
      ],
      key: ['id'],
    });
    await expect(world.databases.relation(id, 'public', 'nothing')).rejects.toMatchObject({ code: 'sql-error' });
  });

  test.each<[string, string, string[] | null, string]>([
    ['public', 'parts', ['n', 'at'], 'the primary key, in the index’s order, also of a partitioned table'],
    ['keys', 'both', ['c', 'b'], 'the primary key before others, without included columns'],
    ['keys', 'two', ['c'], 'the shortest unique key'],
    ['keys', 'none', null, 'none, where the unique column may be NULL'],
    ['keys', 'partial', null, 'none, where the index covers some rows only'],
    ['keys', 'expression', null, 'none, where the index is on an expression'],
    ['keys', 'fuzzed', null, 'none, where the collation takes different texts for equal'],
    ['keys', 'late', null, 'none, where uniqueness is checked late'],
    ['keys', 'other', null, 'none, where the index sorts in another order'],
    ['keys', 'parent', null, 'none, where other tables inherit: their rows are read too'],
    ['My Shop', 'seen', null, 'none of a view'],
    ['keys', 'unproven', null, 'none, where NULLs may be left of before'],
    ['keys', 'elsewhere', null, 'none, where > is the one of another type'],
    ['keys', 'composite', null, 'none, where no parameter can be it'],
    ['keys', 'registered', null, 'none, where a parameter is a number'],
    ['keys', 'varied', ['a', 'b', 'c', 'd'], 'its columns, whatever type’s operators they use'],
  ])('%s.%s has the key %j: %s', async (schema, name, key) => {
    expect((await world.databases.relation(id, schema, name)).key).toEqual(key);
  });
});

describe('a description', () => {
  test('names columns and parameters with their types, and runs nothing', async () => {
    const sql = 'SELECT id, id AS id, $2::text[] AS names FROM "My Shop"."Or""ders" WHERE "the Total" > $1';
    expect(await world.databases.describe(id, sql)).toEqual({
      columns: [
        { name: 'id', type: 'bigint' },
        { name: 'id', type: 'bigint' },
        { name: 'names', type: 'text[]' },
      ],
      parameters: ['numeric', 'text[]'],
    });
    await world.databases.describe(id, 'SELECT pg_sleep(3600)');
    expect(await world.databases.describe(id, 'DROP TABLE secret')).toEqual({ columns: [], parameters: [] });
    expect(await server.sql('SELECT FROM secret')).toEqual([]);
  });

  test('an error says where it is, as an editor counts', async () => {
    const sql = `SELECT '😀😀', 'ä',\n  nope FROM parts`;
    const failure = await world.databases.describe(id, sql).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'sql-error',
      failure: {
        params: { detail: 'column "nope" does not exist', line: 2, column: 3, position: sql.indexOf('nope') + 1 },
      },
    });
    const where: ExportSource = { ...orders, where: 'id > 5 AND nope' };
    for (const ask of ['preview', 'estimate', 'count'] as const) {
      await expect(world.databases[ask](id, where)).rejects.toMatchObject({
        failure: { params: { position: 12, line: 1 } },
      });
    }
    await expect(world.databases.estimate(id, query(sql))).rejects.toMatchObject({ failure: { params: { line: 2 } } });
  });
});

test('what somebody calls like a function of the system does not run in a preview', async () => {
  const { rows } = await world.databases.preview(id, query("SELECT 'own'::text AS word"));
  expect(rows).toEqual([['own']]);
});

test('the server’s words are cut where it repeats a value', async () => {
  const failure = await world.databases
    .preview(id, query("SELECT repeat('x', 1000000)::int"))
    .catch((error: { failure?: { params: { detail: string } } }) => error.failure);
  expect(JSON.stringify(failure).length).toBeLessThan(2000);
  expect(JSON.stringify(failure)).toMatch(/invalid input syntax for type integer.*…/);
});

test('a question that runs while its connection is changed leaves no session of the old one', async () => {
  await server.sql('CREATE DATABASE staging');
  const kept = await world.databases.save(draftOf(server.target));
  const slow = world.databases.preview(kept.id, query('SELECT pg_sleep(0.5), current_database()'));
  const runs = "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.5)%' AND pid <> pg_backend_pid()";
  await expect.poll(() => server.sql(runs)).not.toEqual([]);
  await world.databases.save(draftOf(server.target, { id: kept.id, database: 'staging' }));
  await slow;
  const { rows } = await world.databases.preview(kept.id, query('SELECT current_database()'));
  expect(rows).toEqual([['staging']]);
});

describe('a preview', () => {
  test('has fifty rows, says that there are more, and cuts long values', async () => {
    const preview = await world.databases.preview(id, orders);
    expect(preview.rows).toHaveLength(50);
    expect(preview.more).toBe(true);
    expect(preview.columns.map(({ type }) => type)).toEqual(['bigint', 'numeric(12,2)', 'text']);
    expect(preview.rows[0]?.slice(0, 2)).toEqual(['1', '0.14']);
    expect(preview.rows[0]?.[2]).toBe(`${'long '.repeat(60)}…`);
    const some = { ...orders, columns: ['the Total'], where: 'id <= 3 -- no more' };
    expect(await world.databases.preview(id, some)).toMatchObject({
      rows: [['0.14'], ['0.29'], ['0.43']],
      more: false,
    });
  });

  test('shows values as PostgreSQL writes them', async () => {
    const sql = `SELECT true, 'x'::char(3), '1.2.3.4'::inet, ROW(NULL, NULL), ARRAY[NULL, 'a b'], '\\x00ff'::bytea,
      '2024-01-01 12:00+02'::timestamptz, 0.1::float8 + 0.2::float8, '{"b":  1}'::json, NULL, '', pg_sleep(0), interval '1 mon -1 s' -- ;
      ; `;
    const { rows } = await world.databases.preview(id, query(sql));
    expect(rows).toEqual([
      [
        't',
        'x  ',
        '1.2.3.4',
        '(,)',
        '{NULL,"a b"}',
        '\\x00ff',
        '2024-01-01 10:00:00+00',
        '0.30000000000000004',
        '{"b":  1}',
        null,
        '',
        '',
        '1 mon -00:00:01',
      ],
    ]);
  });

  test('binds parameters, which are never part of the SQL', async () => {
    const { rows } = await world.databases.preview(
      id,
      query('SELECT $1::text, $2::int', [`'; DROP TABLE secret; --`, null]),
    );
    expect(rows).toEqual([[`'; DROP TABLE secret; --`, null]]);
  });

  test('with more values than it has parameters is a mistake, and no lost connection', async () => {
    const source: ExportSource = { kind: 'query', sql: "SELECT 'Under $5' AS label", parameters: ['1'], key: null };
    for (const question of ['preview', 'estimate'] as const) {
      await expect(world.databases[question](id, source)).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining('has 0 parameters') as string,
      });
    }
  });

  test('with what only looks like a parameter works, where nobody gave a value for it', async () => {
    const sql = 'SELECT $1::int AS n /* /* nested */ $2 */';
    const source: ExportSource = { kind: 'query', sql, parameters: ['7', null], key: null };
    expect((await world.databases.preview(id, source)).rows).toEqual([['7']]);
    expect((await world.databases.estimate(id, source)).rows).toBe(1);
    expect(await world.databases.count(id, source)).toBe(1);
  });

  test('of what cannot stand in parentheses works too', async () => {
    expect((await world.databases.preview(id, query('SHOW server_encoding'))).rows).toEqual([['UTF8']]);
    expect((await world.databases.preview(id, query('EXPLAIN SELECT 1'))).rows[0]?.[0]).toContain('Result');
    expect((await world.databases.preview(id, query('TABLE parts'))).more).toBe(true);
  });

  test('of rows that are large takes little from the server', async () => {
    const before = process.memoryUsage().rss;
    const { rows } = await world.databases.preview(
      id,
      query(`SELECT repeat('x', 5000000) FROM generate_series(1, 50)`),
    );
    expect(rows).toHaveLength(50);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  test('ends on the server when it is aborted', async () => {
    const stop = new AbortController();
    const sorting = query('SELECT i FROM generate_series(1, 100000000) AS i ORDER BY md5(i::text)');
    const preview = world.databases.preview(id, sorting, stop.signal);
    const running = `SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%100000000%' AND pid <> pg_backend_pid()`;
    await expect.poll(() => server.sql(`${running} AND state = 'active'`)).toEqual([{ n: '1' }]);
    stop.abort();
    await expect(preview).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => server.sql(running)).toEqual([{ n: '0' }]);
  });

  test('that takes longer than the timeout of the connection is ended by the server', async () => {
    const hasty = await world.databases.save(draftOf(server.target, { statementTimeout: 50 }));
    await expect(world.databases.preview(hasty.id, query('SELECT pg_sleep(3600)'))).rejects.toMatchObject({
      code: 'query-timed-out',
    });
  });
});

describe('estimates and counts', () => {
  test('an estimate runs nothing and tells rows, width, and whether workers take part', async () => {
    const estimate = await world.databases.estimate(id, orders);
    expect(estimate).toMatchObject({ rows: 1000, parallel: false, plan: expect.stringContaining('Seq Scan') });
    expect(estimate.width).toBeGreaterThan(100);
    const eager = ['min_parallel_table_scan_size', 'parallel_setup_cost', 'parallel_tuple_cost'];
    for (const name of eager) await server.sql(`ALTER DATABASE postgres SET ${name} = 0`);
    const parallel = await world.databases.save(draftOf(server.target));
    const counting = query('SELECT max(note) FROM "My Shop"."Or""ders"');
    expect((await world.databases.estimate(parallel.id, counting)).parallel).toBe(true);
    await server.sql('ALTER DATABASE postgres RESET ALL');
  });

  test('a count is exact, of one and of several tables', async () => {
    expect(await world.databases.count(id, { ...orders, where: 'id % 2 = 0' })).toBe(500);
    const tables = [
      { schema: 'public', name: 'parts' },
      { schema: 'My Shop', name: 'Or"ders' },
    ];
    expect(await world.databases.count(id, { kind: 'tables', tables })).toBe(1701);
    expect(await world.databases.count(id, query('SELECT 1 AS a, 2 AS a; '))).toBe(1);
    expect(await world.databases.count(id, query("SELECT ';' AS a; -- one\n/* two; */"))).toBe(1);
    expect((await world.databases.estimate(id, { kind: 'tables', tables })).rows).toBe(1701);
  });
});

describe('whoever tries to write', () => {
  const tries = [
    `INSERT INTO secret VALUES (1) RETURNING x`,
    `WITH w AS (INSERT INTO secret VALUES (1) RETURNING x) SELECT * FROM w`,
    `SELECT set_config('transaction_read_only', 'off', true), set_config('default_transaction_read_only', 'off', false)`,
    `SET TRANSACTION READ WRITE`,
    `COMMIT`,
    `SELECT 1; COMMIT; INSERT INTO secret VALUES (1)`,
    `SELECT lo_create(0)`,
    `SELECT nextval('counter')`,
    `COPY (SELECT 1) TO PROGRAM 'touch /tmp/sluice-was-here'`,
    `DO $$ BEGIN INSERT INTO secret VALUES (1); END $$`,
    `EXPLAIN ANALYZE INSERT INTO secret VALUES (1)`,
    `ANALYZE secret`,
  ];
  test.each(tries)('by a query gets nowhere: %s', async (sql) => {
    await server.sql('CREATE SEQUENCE IF NOT EXISTS counter');
    for (const ask of ['preview', 'count', 'estimate'] as const) {
      const outcome = await world.databases[ask](id, query(sql)).catch((error: unknown) => error);
      if (ask === 'preview') expect(outcome).toMatchObject({ code: 'sql-error' });
    }
    // The session that was lent is as it was for the next one.
    const after = await world.databases.preview(id, query(`SELECT current_setting('transaction_read_only')`));
    expect(after.rows).toEqual([['on']]);
    expect(await server.sql('SELECT x FROM secret')).toEqual([]);
    expect(await server.sql('SELECT is_called FROM counter')).toEqual([{ is_called: 'f' }]);
    expect(existsSync('/tmp/sluice-was-here')).toBe(false);
  });

  test.each([
    `true); DELETE FROM parts; --`,
    `true) ; COMMIT; DELETE FROM parts WHERE (true`,
    `n IN (WITH d AS (DELETE FROM parts RETURNING n) SELECT n FROM d)`,
    `set_config('transaction_read_only', 'off', true) = 'off' AND lo_create(0) > 0`,
  ])('by a condition gets nowhere: %s', async (where) => {
    const source: ExportSource = { kind: 'table', schema: 'public', name: 'parts', columns: null, where };
    for (const ask of ['preview', 'count', 'estimate'] as const) {
      const outcome = await world.databases[ask](id, source).catch((error: unknown) => error);
      if (ask !== 'estimate') expect(outcome).toMatchObject({ code: 'sql-error' });
    }
    expect(await server.sql('SELECT count(*) AS n FROM parts')).toEqual([{ n: '701' }]);
  });
});

test('one session answers one question after the other, also after an error in the SQL', async () => {
  const backend = async () => (await world.databases.preview(id, query('SELECT pg_backend_pid()'))).rows;
  const first = await backend();
  for (const sql of [
    'SELECT nope',
    'SELECT 1/0',
    'SELECT pg_advisory_lock(1), 1/(n - 7) FROM generate_series(1, 9) n',
  ]) {
    await expect(world.databases.preview(id, query(sql))).rejects.toMatchObject({ code: 'sql-error' });
    await expect(world.databases.describe(id, 'SELECT nope')).rejects.toMatchObject({ code: 'sql-error' });
  }
  expect(await backend()).toEqual(first);
  expect(await server.sql(`SELECT FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([]);
});

test('after a restart of the server the next question works, on a new session', async () => {
  await world.databases.catalog(id);
  await server.restart();
  expect((await world.databases.preview(id, query('SELECT 1'))).rows).toEqual([['1']]);
});

test('closing ends every session, also one that is at work', async () => {
  const own = openWorld();
  const { id } = await own.databases.save(draftOf(server.target));
  await own.databases.preview(id, query('SELECT 1'));
  const busy = own.databases.count(id, query('SELECT pg_sleep(3600)')).catch((error: unknown) => error);
  const sessions = `SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()`;
  await expect.poll(() => server.sql(`${sessions} AND state = 'active'`)).toEqual([{ n: '1' }]);
  await own.databases.close();
  expect(await busy).toMatchObject({ code: 'query-cancelled' });
  await expect.poll(() => server.sql(sessions)).toEqual([{ n: '0' }]);
});
