/** Sessions: what they are set to, how they are cancelled, and how each step to them fails. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect, databaseFailure, type ConnectTarget } from '../../electron/engine/database/index.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { draftOf, openWorld } from './database-world.ts';

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`
    CREATE ROLE shut LOGIN PASSWORD 'x' CONNECTION LIMIT 0;
    CREATE ROLE stranger LOGIN PASSWORD 'x'`);
  await server.sql('CREATE DATABASE private');
  await server.sql('REVOKE CONNECT ON DATABASE private FROM PUBLIC');
  await server.sql(`CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0`);
});
afterAll(async () => {
  await server?.end();
});

async function settings(target: ConnectTarget, options: Parameters<typeof connect>[1] = {}) {
  const session = await connect(target, options);
  const names = ['default_transaction_read_only', 'statement_timeout', 'application_name', 'client_encoding'];
  const { rows } = await session.client.query<{ value: string }>(
    `SELECT current_setting(name) AS value FROM unnest($1::text[]) AS name`,
    [`{${names.join()}}`],
  );
  await session.end();
  return rows.map(({ value }) => value);
}

describe('a session', () => {
  test('is read-only, has the timeout of its purpose, a name, and UTF-8', async () => {
    const target = { ...server.target, statementTimeout: 5000, exportTimeout: 7000 };
    expect(await settings(target)).toEqual(['on', '5s', 'Sluice', 'UTF8']);
    const forExport = { exportSession: true, applicationName: 'Sluice export' };
    expect(await settings({ ...target, database: 'old' }, forExport)).toEqual(['on', '7s', 'Sluice export', 'UTF8']);
    expect(await settings({ ...target, readOnly: false })).toEqual(['off', '5s', 'Sluice', 'UTF8']);
  });

  test('takes nothing from PG* variables and .pgpass behind the person’s back', async () => {
    vi.stubEnv('PGOPTIONS', '-c statement_timeout=1');
    vi.stubEnv('PGPASSWORD', server.target.password ?? '');
    vi.stubEnv('PGSSLMODE', 'require');
    expect(await settings(server.target)).toEqual(['on', '0', 'Sluice', 'UTF8']);
    await expect(connect({ ...server.target, password: null })).rejects.toMatchObject({ code: 'login-refused' });
    vi.unstubAllEnvs();
  });

  test('gives values as the server writes them', async () => {
    const session = await connect(server.target);
    const { rows } = await session.client.query({
      text: `SELECT 9007199254740993, 1.10::numeric, 'infinity'::timestamptz, '{1,NULL}'::int[], '{"a":1.0}'::json, true, NULL`,
      rowMode: 'array',
    });
    expect(rows).toEqual([['9007199254740993', '1.10', 'infinity', '{1,NULL}', '{"a":1.0}', 't', null]]);
    await session.end();
  });

  test('is cancelled on the server while it sorts', async () => {
    const session = await connect(server.target);
    const sorting = session.client
      .query('SELECT i FROM generate_series(1, 100000000) AS i ORDER BY md5(i::text)')
      .catch((error: unknown) => databaseFailure(error, server.target));
    const state = `SELECT state FROM pg_stat_activity WHERE pid = ${session.backend}`;
    await expect.poll(() => server.sql(state)).toEqual([{ state: 'active' }]);
    await session.cancel();
    await expect.poll(() => server.sql(state)).toEqual([{ state: 'idle' }]);
    expect(await sorting).toMatchObject({ code: 'query-cancelled' });
    await session.end();
    await expect.poll(() => server.sql(state)).toEqual([]);
  });

  test('that the administrator ends is lost, and says so', async () => {
    const session = await connect(server.target);
    const sleeping = session.client
      .query('SELECT pg_sleep(3600)')
      .catch((error: unknown) => databaseFailure(error, server.target));
    await server.sql(`SELECT pg_terminate_backend(${session.backend})`);
    expect(await sleeping).toMatchObject({ code: 'database-lost' });
    await session.end();
  });
});

describe('each step has a failure of its own', () => {
  const failing: [string, Partial<ConnectTarget>, string][] = [
    ['the name', { host: 'nowhere.invalid' }, 'host-not-found'],
    ['the way', { port: 1 }, 'connection-refused'],
    ['a socket that is not there', { host: '/nowhere' }, 'connection-refused'],
    ['the password', { password: 'wrong' }, 'login-refused'],
    ['no password', { password: null }, 'login-refused'],
    ['the user', { user: 'nobody' }, 'login-refused'],
    ['the database', { database: 'nowhere' }, 'no-such-database'],
    ['the right to it', { user: 'stranger', password: 'x', database: 'private' }, 'no-permission'],
    ['too many sessions', { user: 'shut', password: 'x' }, 'database-busy'],
  ];
  test.each(failing)('%s', async (_, other, code) => {
    await using world = openWorld();
    const draft = draftOf({ ...server.target, ...other });
    await expect(world.databases.test(draft)).rejects.toMatchObject({ code });
  });

  test('a server that never answers, when it is given up', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
      const gone = new AbortController();
      silent.once('connection', () => gone.abort(new DOMException('late', 'TimeoutError')));
      return gone.signal;
    });
    await expect(connect({ ...server.target, port })).rejects.toMatchObject({ code: 'connection-timed-out' });
    const mine = new AbortController();
    silent.once('connection', () => mine.abort());
    timeout.mockImplementation(() => new AbortController().signal);
    await expect(connect({ ...server.target, port }, mine)).rejects.toMatchObject({ name: 'AbortError' });
    timeout.mockRestore();
    silent.close();
  });

  test('what answers and is no PostgreSQL', async () => {
    const other = createServer((socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const tls = { mode: 'prefer' as const, ca: null, certificate: null, key: null };
    await expect(connect({ ...server.target, port, tls })).rejects.toMatchObject({ code: 'tls-failed' });
    await expect(connect({ ...server.target, port })).rejects.toMatchObject({ code: 'database-lost' });
    other.close();
  });

  test('and a test that works says who answers', async () => {
    await using world = openWorld();
    expect(await world.databases.test(draftOf(server.target))).toEqual({
      server: `PostgreSQL ${server.version}`,
      latency: expect.any(Number),
      tls: null,
      user: 'postgres',
      database: 'postgres',
      readOnly: true,
      pooler: false,
    });
  });
});
