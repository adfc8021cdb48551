/** The sample database: a real server that comes when it is asked for and goes with Sluice. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { embeddedPrograms } from '../../electron/engine/database/postgres-server.ts';
import { SampleDatabase } from '../../electron/engine/database/sample-database.ts';
import { connect } from '../../electron/engine/database/index.ts';
import { openWorld, query, type World } from './database-world.ts';

const installed = (() => {
  try {
    return existsSync(embeddedPrograms().postgres);
  } catch {
    return false;
  }
})();

let world: World;
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

/** Process id of the sample's server in a home, as its data folder notes it; null where none runs. */
function serverOf(home: string): number | null {
  const own = join(home, 'sample-database');
  const note = join(own, 'folder');
  const folder = existsSync(note) ? readFileSync(note, 'utf8') : own;
  const file = join(folder, 'data-18/postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : null;
}

test.skipIf(!installed)('it is made once, has something of everything, and answers like any other', async () => {
  world = openWorld();
  const { databases } = world;
  const sample = await databases.sample();
  expect(sample).toMatchObject({ sample: true, readOnly: true, hasPassword: false });
  expect(await databases.sample()).toEqual(sample);
  const { schemas } = await databases.catalog(sample.id);
  const relations = schemas.flatMap(({ relations }) => relations);
  expect(new Set(relations.map(({ kind }) => kind))).toEqual(
    new Set(['table', 'view', 'materialized-view', 'partitioned-table', 'partition']),
  );
  const orders = { kind: 'table', schema: 'shop', name: 'orders', columns: null, where: null } as const;
  expect(await databases.count(sample.id, orders)).toBe(200_000);
  expect((await databases.relation(sample.id, 'shop', 'measurements')).key).toEqual(['sensor', 'at']);
  // A test of it finds it where it runs now, whatever port is kept.
  expect(await databases.test({ ...sample, port: 1 })).toMatchObject({ user: 'sluice', readOnly: true });
  // The same on every computer.
  const sums = `SELECT sum(hashtext(o::text)::bigint) FROM shop.orders o UNION ALL SELECT sum(hashtext(e::text)::bigint) FROM shop.events e`;
  expect((await databases.preview(sample.id, query(sums))).rows).toEqual(SUMS);
  await expect(databases.preview(sample.id, query('DELETE FROM shop.orders RETURNING id'))).rejects.toMatchObject({
    code: 'sql-error',
  });
});

const SUMS = [['-611557745673'], ['455057356251']];

test.skipIf(!installed)(
  'its password is a new one at each start, kept nowhere, and nobody gets in without it',
  async () => {
    const [{ id } = { id: '' }] = world.databases.list();
    const first = await world.databases.target(id);
    await expect(connect({ ...first, password: 'password' })).rejects.toMatchObject({ code: 'login-refused' });
    await expect(connect({ ...first, user: 'postgres' })).rejects.toMatchObject({ code: 'login-refused' });
    expect([...world.documents.values(), ...world.secrets.values()].join()).not.toContain(first.password);
    const server = serverOf(world.home);
    await world.databases.close();
    expect(serverOf(world.home)).toBeNull();
    expect(isAlive(server ?? 0)).toBe(false);
    const again = new SampleDatabase(join(world.home, 'sample-database'));
    const place = await again.start();
    expect(place.password).not.toBe(first.password);
    const session = await connect({ ...first, ...place });
    expect((await session.client.query('SELECT count(*) AS n FROM shop.orders')).rows).toEqual([{ n: '200000' }]);
    await session.end();
    await again.stop();
  },
);

test.skipIf(!installed)(
  'it ends with a Sluice that is killed, and a server that was left behind is ended before the next starts',
  async () => {
    const entry = fileURLToPath(new URL('../../electron/engine/database/sample-database.ts', import.meta.url));
    const script = `
    const { SampleDatabase } = await import(${JSON.stringify(entry)});
    await new SampleDatabase(process.argv[1]).start();
    process.stdout.write('up');
    setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, join(world.home, 'sample-database')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const pid = serverOf(world.home) ?? 0;
    expect(pid).toBeGreaterThan(0);
    // Left behind: still running, its Sluice cut off from it.
    const next = new SampleDatabase(join(world.home, 'sample-database'));
    await next.start();
    expect(isAlive(pid)).toBe(false);
    await next.stop();
    child.kill('SIGKILL');
    await once(child, 'exit');

    const other = spawn(process.execPath, ['--input-type=module', '-e', script, join(world.home, 'sample-database')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    const second = serverOf(world.home) ?? 0;
    other.kill('SIGKILL');
    await expect.poll(() => isAlive(second)).toBe(false);
  },
);

test.skipIf(!installed)('a process that only has the number of an old server is left alone', async () => {
  const own = join(world.home, 'sample-database');
  const note = join(own, 'folder');
  const folder = existsSync(note) ? readFileSync(note, 'utf8') : own;
  const bystander = spawn('sleep', ['60']);
  writeFileSync(join(folder, 'data-18/postmaster.pid'), `${bystander.pid}\n${folder}/data-18\n0\n0\n\n127.0.0.1\n0\n`);
  const next = new SampleDatabase(own);
  await next.start();
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
  await next.stop();
  bystander.kill();
});

test('where it cannot be had, the failure says so', async () => {
  const blocked = join(mkdtempSync(join(tmpdir(), 'sluice-blocked-')), 'file');
  writeFileSync(blocked, '');
  await expect(new SampleDatabase(join(blocked, 'x')).start()).rejects.toMatchObject({ code: 'no-sample' });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
