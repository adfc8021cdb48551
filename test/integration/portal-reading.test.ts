/** A portal: pause, cancel, errors and lost connections, as the server sees them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeQuery, exportSnapshot, openPortal } from '../../electron/engine/database/index.ts';
import { beginReading } from '../../electron/engine/database/reading-transaction.ts';
import { createEncoder, fieldText } from '../../electron/engine/export/encode/index.ts';
import { makeAuthority, makeCertificate, turnOnTls } from '../servers/postgres-tls.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { discardingOutput } from '../unit/encode-rows.ts';
import { csv, fileOf, openTexts, readingSession } from './portal-session.ts';

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.end());

/** In the select list, where rows come one by one: in FROM the server would make all of them first. */
const numbers = (count: number) => `SELECT generate_series(1, ${count}) AS n, repeat('x', 200) AS t`;
const nothing = { row: () => {} };

async function activity(pid: number): Promise<Record<string, string | null> | undefined> {
  const [row] = await server.sql(`SELECT state, wait_event FROM pg_stat_activity WHERE pid = ${pid}`);
  return row;
}

describe('rows', () => {
  test('come all and in order, however the chunks fall, and the session is its own again', async () => {
    await using session = await readingSession(server.target);
    const portal = await openTexts(session, numbers(100_000));
    let next = 1;
    let wrong = 0;
    const read = await portal.read({
      row: (chunk, start) => {
        if (fieldText(chunk, start, 0, { oid: 23 }, 0) !== String(next)) wrong += 1;
        next += 1;
      },
    });
    expect({ read, wrong, rows: portal.rows }).toEqual({ read: 100_000, wrong: 0, rows: 100_000 });
    expect((await session.client.query('SELECT 1 AS one')).rows).toEqual([{ one: '1' }]);
  });

  test('come at once too, where a row limit would stop parallel workers', async () => {
    await using session = await readingSession(server.target);
    const portal = await openTexts(session, numbers(50_000), true);
    expect(await portal.read(nothing)).toBe(50_000);
  });

  for (const sql of [
    'VALUES (1), (2)',
    'SHOW TimeZone',
    'EXPLAIN SELECT 1',
    'SELECT 1 WHERE false',
    'TABLE pg_class',
  ]) {
    test(`come from ${sql}`, async () => {
      await using session = await readingSession(server.target);
      const expected = (await session.client.query(sql)).rows.length;
      expect(await (await openTexts(session, sql)).read(nothing)).toBe(expected);
    });
  }

  test('of 50 MB pass between small ones', async () => {
    const sql = `SELECT n, CASE WHEN n % 5 = 0 THEN repeat('0123456789', 5000000) ELSE 'small' END FROM generate_series(1, 12) n`;
    const file = await fileOf(server.target, sql, csv);
    const lines = file.toString('latin1').split('\n');
    expect(lines).toHaveLength(13);
    expect(lines[4]?.length).toBe('5,'.length + 50_000_000);
    expect(lines[5]).toBe('6,small');
  });

  test('of 50 MB need no more than three times their size, however many there are', async () => {
    const widest = `SELECT repeat('0123456789', 5000000) AS t FROM generate_series(1, 6) n`;
    await using session = await readingSession(server.target);
    const encoder = createEncoder(csv, (await describeQuery(session, widest)).columns, {
      timeZone: 'UTC',
      table: [],
      rowsBefore: 0,
    });
    const out = discardingOutput();
    const portal = await openTexts(session, widest);
    const before = process.memoryUsage().rss;
    let most = 0;
    await portal.read({
      row: (chunk, start, end) => {
        encoder.row(chunk, start, end, out);
        most = Math.max(most, process.memoryUsage().rss - before);
      },
    });
    expect(out.position).toBeGreaterThan(300_000_000);
    expect(most / 1e6).toBeLessThan(3 * 50);
  });

  test('the last one is at hand when a portion has passed, for a checkpoint', async () => {
    await using session = await readingSession(server.target);
    const portal = await openTexts(session, numbers(30_000));
    let rows = 0;
    const keys: (string | null)[] = [];
    const expected: string[] = [];
    await portal.read({
      row: () => {
        rows += 1;
      },
      pass: (chunk, start) => {
        keys.push(fieldText(chunk, start, 0, { oid: 23 }, 0));
        expected.push(String(rows));
      },
    });
    expect(keys.length).toBeGreaterThan(50);
    expect(keys).toEqual(expected);
  });

  test('parameters are values, whatever they hold', async () => {
    const sql = 'SELECT $1::text AS a, $2::int AS b, $3::timestamptz AS c';
    const evil = `'; DROP TABLE x; --`;
    const file = await fileOf(server.target, sql, { kind: 'ndjson' }, { parameters: [evil, '7', null] });
    expect(JSON.parse(file.toString())).toEqual({ a: evil, b: 7, c: null });
  });
});

test('a row with another number of fields than was asked for is refused', async () => {
  await using session = await readingSession(server.target);
  const query = { sql: 'SELECT 1, 2', parameters: [], formats: [0 as const], atOnce: false };
  // One format is for all columns (PostgreSQL manual, 55.7): to us it is one column.
  const portal = await openPortal(session, query);
  await expect(portal.read(nothing)).rejects.toThrow(/2 fields instead of 1/);
});

test('a query is described without running it', async () => {
  await using session = await readingSession(server.target);
  const { columns, parameters } = await describeQuery(
    session,
    'SELECT 1.5::numeric(12,2) AS price, ARRAY[1] AS "many", $1::date AS day, pg_sleep(100)::text AS slow',
  );
  expect(columns.map(({ name, type, nested }) => [name, type, nested])).toEqual([
    ['price', 'numeric(12,2)', false],
    ['many', 'integer[]', true],
    ['day', 'date', false],
    ['slow', 'text', false],
  ]);
  expect(parameters).toEqual(['date']);
});

test('a paused portal stops the server, and goes on where it was', async () => {
  await using session = await readingSession(server.target);
  const portal = await openTexts(session, numbers(200_000));
  let wasPaused = false;
  const done = portal.read({
    row: () => {},
    pass: () => {
      if (portal.rows > 1000 && !wasPaused) portal.pause();
      wasPaused ||= portal.paused;
    },
  });
  await expect.poll(() => portal.paused).toBe(true);
  const waits = { wait_event: expect.stringMatching(/^Client(Read|Write)$/) as string };
  await expect.poll(() => activity(session.backend)).toMatchObject(waits);
  const held = portal.rows;
  // Long enough for more to come, if it did.
  await sleep(200);
  expect(portal.rows).toBe(held);
  expect(held).toBeLessThan(5000);
  portal.resume();
  expect(await done).toBe(200_000);
});

describe('cancel', () => {
  test('ends a query that has not given a row yet, on the server', async () => {
    await using session = await readingSession(server.target);
    const portal = await openTexts(session, 'SELECT pg_sleep(600)::text');
    const outcome = portal.read(nothing).catch((error: unknown) => error);
    await expect.poll(() => activity(session.backend)).toMatchObject({ wait_event: 'PgSleep' });
    await portal.cancel();
    expect(await outcome).toMatchObject({ code: 'query-cancelled' });
    expect((await activity(session.backend))?.['state']).toMatch(/^idle in transaction/);
    await session.client.query('ROLLBACK');
    expect((await session.client.query('SELECT 1 AS one')).rows).toEqual([{ one: '1' }]);
  });

  test('that could not be delivered may be asked for again', async () => {
    await using session = await readingSession(server.target);
    const refused = { ...session, cancel: (): Promise<void> => Promise.reject(new Error('refused')) };
    const portal = await openTexts(refused, 'SELECT pg_sleep(600)::text');
    const outcome = portal.read(nothing).catch((error: unknown) => error);
    await expect.poll(() => activity(session.backend)).toMatchObject({ wait_event: 'PgSleep' });
    await expect(portal.cancel()).rejects.toThrow('refused');
    refused.cancel = () => session.cancel();
    await portal.cancel();
    expect(await outcome).toMatchObject({ code: 'query-cancelled' });
  });

  for (const state of ['running', 'paused', 'not begun'] as const) {
    test(`ends one that is ${state}`, async () => {
      await using session = await readingSession(server.target);
      const portal = await openTexts(session, numbers(100_000_000));
      const outcome =
        state === 'not begun'
          ? null
          : portal
              .read({ row: () => {}, pass: () => state === 'paused' && portal.pause() })
              .catch((error: unknown) => error);
      await expect.poll(() => portal.rows > 0).toBe(outcome !== null);
      await portal.cancel();
      if (outcome !== null) expect(await outcome).toMatchObject({ code: 'query-cancelled' });
      await session.client.query('ROLLBACK');
      expect((await activity(session.backend))?.['state']).toBe('idle');
    });
  }
});

describe('a failure', () => {
  test('in the SQL is the server’s, with its position', async () => {
    await using session = await readingSession(server.target);
    await expect(openTexts(session, 'SELECT nonsense')).rejects.toMatchObject({ code: '42703', position: '8' });
  });

  test('in a row comes after the rows before it, and leaves the session usable', async () => {
    await using session = await readingSession(server.target);
    const portal = await openTexts(session, `SELECT n, 1 / (30000 - n) FROM generate_series(1, 100000) n`);
    await expect(portal.read(nothing)).rejects.toMatchObject({ code: '22012' });
    expect(portal.rows).toBe(29_999);
    await session.client.query('ROLLBACK');
    expect((await session.client.query('SELECT 1 AS one')).rows).toEqual([{ one: '1' }]);
  });

  test('of whoever reads ends the query on the server and is the outcome', async () => {
    await using session = await readingSession(server.target);
    const portal = await openTexts(session, numbers(100_000_000));
    const read = portal.read({
      row: () => {
        if (portal.rows === 5000) throw new Error('no room');
      },
    });
    await expect(read).rejects.toThrow('no room');
    expect(portal.rows).toBe(5000);
    await session.client.query('ROLLBACK');
    expect((await activity(session.backend))?.['state']).toBe('idle');
  });

  for (const paused of [false, true]) {
    test(`of the connection ${paused ? 'while paused ' : ''}ends the reading`, async () => {
      await using session = await readingSession(server.target);
      const portal = await openTexts(session, numbers(100_000_000));
      let pauses = paused;
      const pass = () => {
        if (pauses) portal.pause();
        pauses = false;
      };
      const outcome = portal.read({ row: () => {}, pass }).catch((error: unknown) => error);
      await expect.poll(() => portal.rows).toBeGreaterThan(0);
      await server.sql(`SELECT pg_terminate_backend(${session.backend})`);
      portal.resume();
      expect(await outcome).toBeInstanceOf(Error);
    });
  }

  test('by the server’s own timeout is no cancel of ours', async () => {
    await using session = await readingSession(server.target);
    await session.client.query('SET LOCAL statement_timeout = 50');
    const error: unknown = await (await openTexts(session, 'SELECT pg_sleep(600)::text')).read(nothing).catch((e) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: '57014' });
  });
});

test('rows come whole over TLS', async () => {
  const secure = await startPostgres();
  try {
    const ca = await makeAuthority('Test CA');
    await turnOnTls(secure, ca, await makeCertificate(ca, 'localhost'));
    const target = { ...secure.target, tls: { ...secure.target.tls, mode: 'require' as const } };
    const sql = `SELECT n, md5(n::text) AS t, repeat('y', n % 3000) AS u FROM generate_series(1, 10000) n`;
    const plain = await fileOf({ ...target, tls: { ...target.tls, mode: 'disable' } }, sql, csv);
    const encrypted = await fileOf(target, sql, csv);
    expect(plain.length).toBeGreaterThan(14_000_000);
    expect(encrypted.equals(plain)).toBe(true);
  } finally {
    await secure.end();
  }
});

test('two sessions read from one snapshot, and nothing can be written', async () => {
  await server.sql('CREATE TABLE seen (n int); INSERT INTO seen VALUES (1)');
  await using first = await readingSession(server.target);
  const snapshot = await exportSnapshot(first);
  await server.sql('INSERT INTO seen VALUES (2)');
  await using second = await readingSession(server.target);
  await second.client.query('ROLLBACK');
  await beginReading(second, { timeZone: 'UTC', statementTimeout: 0, snapshot });
  expect(await (await openTexts(second, 'SELECT * FROM seen')).read(nothing)).toBe(1);
  const write = openPortal(second, {
    sql: 'DELETE FROM seen RETURNING n',
    parameters: [],
    formats: [0],
    atOnce: false,
  });
  await expect(write.then((portal) => portal.read(nothing))).rejects.toMatchObject({ code: '25006' });
});
