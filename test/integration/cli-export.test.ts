/** `sluice export` and `sluice connections`, as a person types them. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { makeSshKey, startSshServer } from '../servers/postgres-ssh.ts';
import { type CliRun, Sandbox } from './cli-process.ts';

let server: TestPostgres;
let url: string;
let bare: string;
beforeAll(async () => {
  server = await startPostgres();
  const { host, port, user, database, password } = server.target;
  url = `postgresql://${user}:${encodeURIComponent(password ?? '')}@${host}:${port}/${database}?sslmode=disable`;
  bare = `postgresql://${user}@${host}:${port}/${database}?sslmode=disable`;
  await server.sql(`
    CREATE TABLE orders AS SELECT n AS id, 'order ' || n AS name, n * 1.50 AS total FROM generate_series(1, 20000) n;
    ALTER TABLE orders ADD PRIMARY KEY (id);
    CREATE TABLE "My Items" (id int PRIMARY KEY);
    INSERT INTO "My Items" VALUES (1), (2);
    ANALYZE`);
});
afterAll(() => server.end());

test('a query goes to stdout, and nothing else does', async () => {
  await using box = new Sandbox();
  const run = box.run(
    'export',
    '--url',
    url,
    '--query',
    'SELECT $1::int AS n',
    '--param',
    '42',
    '--format',
    'ndjson',
    '-o',
    '-',
  );
  expect(await run.ended).toBe(0);
  expect(run.stdout).toEqual(['{"n":42}']);
  expect(run.stderr).toEqual(['1 rows.']);
});

test('a reader of stdout who had enough ends the query, without a word of an error', async () => {
  await using box = new Sandbox();
  const query = 'SELECT n FROM generate_series(1, 50000000) n';
  const run = box.run('export', '--url', url, '--query', query, '--format', 'ndjson', '-o', '-');
  await run.event(({ n }) => n === 1);
  run.hangUp();
  expect([await run.ended, run.stderr]).toEqual([130, []]);
});

test('the ending of -o says the format and the compression; the password is asked of no one again', async () => {
  await using box = new Sandbox();
  const run = box.run('export', '--url', url, '--table', 'orders', '-o', 'out/orders.csv.gz', '--json');
  expect(await run.ended).toBe(0);
  expect(run.events.at(-1)).toMatchObject({ event: 'completed', rows: 20_000, path: box.path('out', 'orders.csv.gz') });
  const lines = gunzipSync(readFileSync(box.path('out', 'orders.csv.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  expect([lines[0], lines[1], lines.length]).toEqual(['id,name,total', '1,order 1,1.50', 20_001]);
  // The connection is kept, without its password where people look.
  const list = box.run('connections', '--json');
  expect(await list.ended).toBe(0);
  expect(list.events).toMatchObject([{ event: 'connection', hasPassword: true }]);
  expect([...list.stdout, ...run.stdout, ...run.stderr].join('\n')).not.toContain(server.target.password);
});

test('several tables go into a folder; a quoted name is one', async () => {
  await using box = new Sandbox();
  const tables = ['--table', 'public.orders', '--table', 'public."My Items"'];
  const run = box.run('export', '--url', url, ...tables, '--format', 'ndjson', '-o', 'all/');
  expect(await run.ended).toBe(0);
  const [folder = ''] = readdirSync(box.path('all'));
  expect(readdirSync(box.path('all', folder)).toSorted()).toEqual(['public.My Items.ndjson', 'public.orders.ndjson']);
});

test('what is in a database is listed by the names that export takes', async () => {
  await using box = new Sandbox();
  const list = box.run('connections', 'tables', '--url', url);
  expect(await list.ended).toBe(0);
  expect(list.stdout).toContainEqual(expect.stringMatching(/^public\.orders {2}table, ≈ 20,000 rows, /));
  const [quoted = ''] = list.stdout.find((line) => line.includes('My Items'))?.split('  ') ?? [];
  const run = box.run('export', '--url', url, '--table', quoted, '--format', 'csv', '-o', '-');
  expect([await run.ended, run.stdout]).toEqual([0, ['id', '1', '2']]);
});

test('a service that this computer knows is listed and taken over, with its password', async () => {
  await using box = new Sandbox();
  const { host, port, user, database, password } = server.target;
  const file = box.path('services.conf');
  writeFileSync(file, `[shop]\nhost=${host}\nport=${port}\nuser=${user}\ndbname=${database}\npassword=${password}\n`);
  const env = { HOME: box.root, PGSYSCONFDIR: box.root, PGSERVICEFILE: file };
  const list = box.runIn(env, 'connections', 'import');
  expect(await list.ended).toBe(0);
  expect(list.stdout).toEqual([`service:shop  ${user}@${host}:${port}/${database}`]);
  expect(await box.runIn(env, 'connections', 'import', 'shop').ended).toBe(0);
  expect(await box.run('connections', 'test', 'shop').ended).toBe(0);
  expect(await box.runIn(env, 'connections', 'import', 'other').ended).toBe(2);
});

test('connections go through an SSH server whose key was accepted, with tag and timeouts', async () => {
  await using box = new Sandbox();
  const own = makeSshKey();
  await using ssh = await startSshServer({ hostKey: makeSshKey().private, password: '', publicKey: own.public });
  const key = box.path('id');
  writeFileSync(key, own.private, { mode: 0o600 });
  const flags = ['--url', url, '--ssh', `tunnel@127.0.0.1:${ssh.port}`, '--ssh-key', key];
  const unknown = box.run('connections', 'test', ...flags);
  expect(await unknown.ended).not.toBe(0);
  const [fingerprint = ''] = /SHA256:[\w+/]+/.exec(unknown.stderr.join('\n')) ?? [];
  const more = [
    '--ssh-host-key',
    fingerprint,
    '--color',
    'red',
    '--timeout',
    '30s',
    '--export-timeout',
    '2h',
    '--json',
  ];
  const added = box.run('connections', 'add', 'Far', ...flags, ...more);
  expect(await added.ended).toBe(0);
  expect(added.events.at(-1)).toMatchObject({
    color: 'red',
    statementTimeout: 30_000,
    exportTimeout: 7_200_000,
    ssh: { host: '127.0.0.1', port: ssh.port, user: 'tunnel', authentication: 'key', hostKey: fingerprint },
  });
  const run = box.run('export', '--connection', 'Far', '--query', 'SELECT 1 AS one', '--format', 'csv', '-o', '-');
  expect([await run.ended, run.stdout]).toEqual([0, ['one', '1']]);
  expect(await box.run('connections', 'add', 'Wrong', '--url', url, '--ssh', 'nobody').ended).toBe(2);
});

test('Parquet’s pages are compressed as asked', async () => {
  await using box = new Sandbox();
  const flags = [
    'export',
    '--url',
    url,
    '--query',
    `SELECT repeat('x', 1000) AS x`,
    '--parquet-compression',
    'none',
    '-o',
    'x.parquet',
  ];
  const run = box.run(...flags);
  expect(await run.ended).toBe(0);
  expect(readFileSync(box.path('x.parquet'), 'latin1')).toContain('x'.repeat(1000));
});

test('connections are added with a password from stdin, tested, used by name, removed', async () => {
  await using box = new Sandbox();
  const password = `${server.target.password}\n`;
  expect(await box.runWith(password, 'connections', 'add', 'Shop', '--url', bare, '--password-stdin').ended).toBe(0);
  const tested = box.run('connections', 'test', 'shop');
  expect(await tested.ended).toBe(0);
  expect(tested.stdout[0]).toContain('PostgreSQL');
  const run = box.run('export', '--connection', 'Shop', '--query', 'SELECT 1 AS one', '--format', 'csv', '-o', '-');
  expect([await run.ended, run.stdout]).toEqual([0, ['one', '1']]);
  expect(await box.run('connections', 'remove', 'Shop').ended).toBe(0);
  expect(await box.run('connections', 'test', 'Shop').ended).toBe(2);
});

test.each([
  ['no format', ['--query', 'SELECT 1'], /Say the format/],
  ['both a query and a table', ['--query', 'SELECT 1', '--table', 'x', '--format', 'csv'], /--query SQL, or --table/],
  ['several tables to stdout', ['--table', 'a', '--table', 'b', '--format', 'csv', '-o', '-'], /Only one table goes/],
  [
    'a limit of stdout',
    ['--table', 'orders', '--limit', '1M', '--format', 'csv', '-o', '-'],
    /--limit goes with a file/,
  ],
  ['a mistake in the SQL', ['--query', 'SELEC 1', '--format', 'csv', '-o', '-'], /syntax error/],
])('%s is told with exit code 2', async (_, flags, words) => {
  await using box = new Sandbox();
  const run = box.run('export', '--url', url, ...flags);
  expect(await run.ended).toBe(2);
  expect(run.stderr.join('\n')).toMatch(words);
});

test('progress is told in rows of those expected, and where an export would start over', async () => {
  await using box = new Sandbox();
  const flags = ['--url', url, '--limit', '400K', '--json'];
  const keyed = box.run('export', ...flags, '--table', 'orders', '--count', '-o', 'orders.ndjson');
  expect(await keyed.ended).toBe(0);
  expect(keyed.events.findLast(({ event }) => event === 'progress')).toMatchObject({
    rows: expect.any(Number) as number,
    rowRate: expect.any(Number) as number,
    expected: { rows: 20_000, exact: true },
  });
  const resumability = (run: CliRun) => run.events.findLast(({ event }) => event === 'state')?.['resumability'];
  expect(resumability(keyed)).toBe('key');
  const query = ['--query', 'SELECT name FROM orders LIMIT 10', '-o', 'names.csv'];
  const unkeyed = box.run('export', '--url', url, ...query);
  expect(await unkeyed.ended).toBe(0);
  expect(unkeyed.stderr.join('\n')).toMatch(/if it is interrupted, it starts over, because nothing unique/);
});

test('Ctrl-C pauses an export to a file, and resume finishes it', async () => {
  await using box = new Sandbox();
  const slow = ['--limit', '200K', '--json'];
  const run = box.run('export', '--url', url, '--table', 'orders', '-o', 'orders.ndjson', ...slow);
  const { id } = await run.event('added');
  await run.event((event) => event.event === 'progress' && Number(event['done']) > 0);
  run.kill('SIGINT');
  expect(await run.ended).toBe(130);
  expect(run.events.at(-1)).toMatchObject({ event: 'paused' });
  expect(await box.run('limit', 'none', String(id)).ended).toBe(0);
  expect(await box.run('resume', String(id)).ended).toBe(0);
  const lines = readFileSync(box.path('orders.ndjson'), 'utf8').trimEnd().split('\n');
  expect(new Set(lines).size).toBe(20_000);
});

test('--url leaves a kept connection to the same database as it was', async () => {
  await using box = new Sandbox();
  expect(await box.run('connections', 'add', 'Shop', '--url', bare, '--write').ended).toBe(0);
  expect(await box.run('export', '--url', url, '--table', 'My Items', '-o', 'items.csv').ended).toBe(0);
  const list = box.run('connections', 'list', '--json');
  expect(await list.ended).toBe(0);
  expect(list.events.find(({ name }) => name === 'Shop')).toMatchObject({ readOnly: false });
});
