/** Connections as they are kept, and passwords: in the keychain, on their way to their own server, and nowhere else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionDraft } from '../../shared/database.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { makeAuthority, makeCertificate, standBetween } from '../servers/postgres-tls.ts';
import { draftOf, openWorld, query } from './database-world.ts';

let server: TestPostgres;
/** Found wherever it leaked to. */
const PASSWORD = 'Zq7!secret-of-alice';
const SSH_PASSWORD = 'Zq7!secret-of-ssh';

beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`CREATE ROLE alice LOGIN PASSWORD '${PASSWORD}'`);
});
afterAll(async () => {
  await server?.end();
});

const alice = (other: Partial<ConnectionDraft> = {}) =>
  draftOf(server.target, { user: 'alice', password: PASSWORD, sshPassword: null, ...other });
const ssh = {
  host: '127.0.0.1',
  port: 1,
  user: 'tunnel',
  authentication: 'password' as const,
  keyFile: null,
  hostKey: null,
};

describe('a connection', () => {
  test('is kept without its passwords, which the keychain gets', async () => {
    await using world = openWorld();
    const saved = await world.databases.save(alice({ ssh, sshPassword: SSH_PASSWORD, color: 'red' }));
    expect(saved).toMatchObject({
      user: 'alice',
      color: 'red',
      hasPassword: true,
      hasSshPassword: true,
      sample: false,
    });
    expect(world.databases.list()).toEqual([saved]);
    expect(await world.databases.target(saved.id)).toMatchObject({ password: PASSWORD, sshPassword: SSH_PASSWORD });
    expect([...world.secrets.keys()]).toEqual([`connection:${saved.id}`]);
    expect([...world.documents.values()].join()).not.toContain('secret-of');
  });

  test('that is added, changed or removed is told to whoever follows', async () => {
    await using world = openWorld();
    const told: string[][] = [];
    const end = world.databases.subscribe((profiles) => told.push(profiles.map(({ name }) => name)));
    const { id } = await world.databases.save(alice({ name: 'Shop' }));
    await world.databases.save(alice({ id, name: 'Store' }));
    await world.databases.remove(id);
    end();
    await world.databases.save(alice());
    expect(told).toEqual([[], ['Shop'], ['Store'], []]);
  });

  test('that is changed keeps a password that is left out, and forgets one that is null', async () => {
    await using world = openWorld();
    const { id } = await world.databases.save(alice());
    const { password: _, sshPassword: __, ...rest } = alice({ id, name: 'Renamed', database: 'template1' });
    expect(await world.databases.save(rest)).toMatchObject({ id, name: 'Renamed', hasPassword: true });
    expect((await world.databases.preview(id, query('SELECT current_database()'))).rows).toEqual([['template1']]);
    expect(await world.databases.save({ ...rest, password: null })).toMatchObject({ hasPassword: false });
    expect(world.secrets.size).toBe(0);
    await expect(world.databases.preview(id, query('SELECT 1'))).rejects.toMatchObject({ code: 'login-refused' });
  });

  test('that is removed is gone, its passwords too', async () => {
    await using world = openWorld();
    const { id } = await world.databases.save(alice());
    await world.databases.remove(id);
    expect([world.databases.list(), world.documents.size, world.secrets.size]).toEqual([[], 0, 0]);
    for (const ask of [
      () => world.databases.target(id),
      () => world.databases.remove(id),
      () => world.databases.catalog(id),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'unknown-connection' });
    }
    await expect(world.databases.save(alice({ id }))).rejects.toMatchObject({ code: 'unknown-connection' });
  });
});

describe('a kept password cannot be had', () => {
  test('by pointing the connection at another server, user or tunnel', async () => {
    await using world = openWorld();
    const { id } = await world.databases.save(alice());
    const { password: _, ...rest } = alice({ id });
    const tunnel = { ...ssh, host: 'evil.invalid' };
    for (const change of [{ host: 'localhost' }, { port: 1 }, { user: 'postgres' }, { ssh: tunnel }] as const) {
      const { id: other } = await world.databases.save(alice());
      expect(await world.databases.save({ ...rest, id: other, ...change })).toMatchObject({ hasPassword: false });
    }
    await expect(world.databases.test({ ...rest, host: 'localhost' })).rejects.toMatchObject({ code: 'login-refused' });
    expect(await world.databases.test(rest)).toMatchObject({ user: 'alice' });
  });

  test('nor one of .pgpass or a service by naming it for another server', async () => {
    await using world = openWorld();
    const { port } = server.target;
    writeFileSync(join(world.home, '.pgpass'), `127.0.0.1:${port}:*:alice:${PASSWORD}\n`, { mode: 0o600 });
    const [importable] = await world.databases.importable();
    expect(importable).toMatchObject({
      from: 'pgpass',
      hasPassword: true,
      draft: { host: '127.0.0.1', port, user: 'alice' },
    });
    expect(JSON.stringify(importable)).not.toContain('secret-of');
    const draft = { ...importable!.draft, database: 'postgres' };
    expect(await world.databases.test(draft)).toMatchObject({ user: 'alice' });
    const saved = await world.databases.save(draft);
    expect(saved.hasPassword).toBe(true);
    await using evil = await standBetween(port, 'N', null);
    await expect(world.databases.test({ ...draft, port: evil.port })).rejects.toMatchObject({ code: 'login-refused' });
    expect(await world.databases.save({ ...draft, ssh })).toMatchObject({ hasPassword: false });
  });
});

test('the password is in no failure, list, event or log, whatever fails', async () => {
  await using world = openWorld();
  const { databases } = world;
  const ca = await makeAuthority('Other CA');
  await using middleman = await standBetween(server.target.port, 'S', await makeCertificate(ca, 'localhost'));
  const seen: unknown[] = [];
  const watch = async (work: Promise<unknown>) => seen.push(await work.catch((error: unknown) => error));
  const tls = { mode: 'verify-full' as const, ca: null, certificate: null, key: null };
  for (const change of [
    {},
    { port: 1 },
    { host: 'nowhere.invalid' },
    { database: 'nowhere' },
    { user: 'nobody' },
    { tls },
    { host: 'localhost', port: middleman.port, tls },
    { ssh, sshPassword: SSH_PASSWORD },
    { ssh: { ...ssh, authentication: 'key' as const, keyFile: '/nowhere' }, sshPassword: SSH_PASSWORD },
  ]) {
    await watch(databases.test(alice(change)));
    const saved = await databases.save(alice(change));
    seen.push(saved);
    await watch(databases.preview(saved.id, query('SELECT 1')));
    await watch(databases.preview(saved.id, query('SELECT nope')));
    await watch(databases.catalog(saved.id));
  }
  for (const text of [
    `postgresql://alice:${PASSWORD}@:nonsense:/x`,
    `host=x password='${PASSWORD}`,
    PASSWORD,
    `postgres://a:${PASSWORD}%@h/`,
  ]) {
    await watch(Promise.resolve(text).then((text) => ({ ...databases.parse(text), password: null })));
  }
  seen.push(databases.list(), await databases.importable(), [...world.documents]);
  expect(seen.length).toBeGreaterThan(40);
  // Also what hangs below an error: causes, and what they hold.
  const all = inspect(seen, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
  expect(all).not.toContain('secret-of');
  const log = await server.sql(`SELECT query, application_name FROM pg_stat_activity`);
  expect(JSON.stringify(log)).not.toContain('secret-of');
  expect(readFileSync('/proc/self/cmdline', 'latin1')).not.toContain('secret-of');
});
