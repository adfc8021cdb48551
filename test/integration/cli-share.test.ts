/** `sluice share`, as a person types it: a link that works until Ctrl-C. */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startPostgres } from '../servers/postgres.ts';
import { type CliRun, Sandbox } from './cli-process.ts';

const linkOf = async (run: CliRun) => {
  const { links } = await run.event('shared');
  return String((links as string[])[0]);
};

test('a file is served whole and in ranges, until Ctrl-C', async () => {
  await using box = new Sandbox();
  writeFileSync(box.path('film.mp4'), Buffer.alloc(100_000, 'x'));
  const run = box.run('share', 'film.mp4', '--json');
  const link = await linkOf(run);
  expect(await (await fetch(link)).text()).toHaveLength(100_000);
  const part = await fetch(link, { headers: { Range: 'bytes=10-19' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/100000']);
  run.kill('SIGINT');
  expect(await run.ended).toBe(0);
  await expect(fetch(link)).rejects.toThrow('fetch failed');
});

test('the token of a link is in no file that Sluice keeps, whatever was asked for with it', async () => {
  await using box = new Sandbox();
  mkdirSync(box.path('docs'));
  writeFileSync(box.path('docs', 'a.txt'), 'hello');
  const run = box.run('share', 'docs', '--json');
  const link = await linkOf(run);
  const token = new URL(link).pathname.split('/')[2] ?? '';
  expect(token.length).toBeGreaterThan(40);
  for (const path of ['a.txt', 'none.txt', '?zip=1', '%00', '../..']) await fetch(`${link}${path}`);
  run.kill('SIGINT');
  expect(await run.ended).toBe(0);
  const files = readdirSync(box.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toContain('sluice.log');
  for (const { parentPath, name } of files) {
    expect([name, readFileSync(join(parentPath, name)).includes(token)]).toEqual([name, false]);
  }
});

test('a folder with a password from stdin lets nobody in without it', async () => {
  await using box = new Sandbox();
  mkdirSync(box.path('docs'));
  writeFileSync(box.path('docs', 'a.txt'), 'hello');
  const run = box.runWith('open sesame\n', 'share', 'docs', '--password-stdin', '--json');
  const link = await linkOf(run);
  expect((await fetch(link)).status).toBe(401);
  const headers = { Authorization: `Basic ${btoa(':open sesame')}` };
  expect(await (await fetch(`${link}a.txt`, { headers })).text()).toBe('hello');
  expect([...run.stdout, ...run.stderr].join('')).not.toContain('open sesame');
});

test('what another command shared is not served by this one, and its link is gone', async () => {
  await using box = new Sandbox();
  writeFileSync(box.path('a'), 'a');
  const first = box.run('share', 'a', '--json');
  const link = await linkOf(first);
  first.kill('SIGKILL');
  await first.ended;
  const second = box.run('share', 'a', '--json');
  await linkOf(second);
  const answer = await fetch(link).catch(() => null);
  expect(answer === null || answer.status === 404).toBe(true);
});

test('the rows of a query, as the link’s ending says, with its parameter bound', async () => {
  await using server = Object.assign(await startPostgres(), {
    async [Symbol.asyncDispose]() {
      await server.end();
    },
  });
  const { user, password, host, port, database } = server.target;
  const url = `postgresql://${user}:${encodeURIComponent(password ?? '')}@${host}:${port}/${database}?sslmode=disable`;
  await using box = new Sandbox();
  const sql = 'SELECT n FROM generate_series(1, $1::int) n';
  const run = box.run('share', '--query', sql, '--param', 'up=3', '--url', url, '--name', 'numbers', '--json');
  const link = new URL(await linkOf(run));
  const base = link.href.replace(/\.(?:ndjson|csv)$/, '').replace(/\/$/, '');
  expect(await (await fetch(`${base}.csv`)).text()).toBe('n\r\n1\r\n2\r\n3\r\n');
  expect(await (await fetch(`${base}.ndjson?up=2`)).text()).toBe('{"n":1}\n{"n":2}\n');
  expect((await fetch(`${base}.ndjson?up=2;DROP`)).status).toBe(422);
});

test('a link that fails for a moment stays shared, and readers never see its credentials', async () => {
  let isBroken = true;
  const asked: (string | undefined)[] = [];
  const upstream = http.createServer((request, response) => {
    asked.push(request.headers.authorization);
    if (isBroken) response.writeHead(503).end();
    else response.writeHead(200, { 'content-length': 5, etag: '"1"' }).end('hello');
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  await using _ = { [Symbol.asyncDispose]: () => promisify(upstream.close.bind(upstream))() };
  await using box = new Sandbox();
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/data.bin`;
  const run = box.run('share', url, '--header', 'Authorization: Bearer s3cret', '--cache', '1M', '--json');
  const link = await linkOf(run);
  expect((await fetch(link)).ok).toBe(false);
  await run.event((event) => event.event === 'trouble' && event['message'] !== null);
  isBroken = false;
  expect(await (await fetch(link)).text()).toBe('hello');
  await run.event((event) => event.event === 'trouble' && event['message'] === null);
  expect(new Set(asked)).toEqual(new Set(['Bearer s3cret']));
  run.kill('SIGINT');
  expect(await run.ended).toBe(0);
  expect([...run.stdout, ...run.stderr].join('')).not.toContain('s3cret');
});

test('files are taken into a folder up to its quota', async () => {
  await using box = new Sandbox();
  mkdirSync(box.path('inbox'));
  const run = box.run('share', 'inbox', '--upload', '--upload-quota', '1000', '--json');
  const link = await linkOf(run);
  const put = (name: string, size: number) => fetch(`${link}${name}`, { method: 'PUT', body: Buffer.alloc(size, 'x') });
  expect((await put('small', 600)).status).toBe(201);
  expect((await put('large', 600)).ok).toBe(false);
  expect(readdirSync(box.path('inbox'))).toEqual(['small']);
});

test('a share ends by itself after its deliveries, and after its time', async () => {
  await using box = new Sandbox();
  writeFileSync(box.path('a'), 'a');
  const single = box.run('share', 'a', '--deliveries', '1', '--json');
  // What was sent counts as delivered once its reader has closed, or asked for more.
  await fetch(await linkOf(single), { headers: { connection: 'close' } }).then((response) => response.text());
  expect(await single.ended).toBe(0);
  const brief = box.run('share', 'a', '--expires', '1s', '--json');
  await brief.event('shared');
  expect(await brief.ended).toBe(0);
});

test('a running share is listed, looked into, changed and revoked from another terminal', async () => {
  await using box = new Sandbox();
  writeFileSync(box.path('a.txt'), 'hello');
  const run = box.run('share', 'a.txt', '--json');
  const link = await linkOf(run);
  await fetch(link).then((response) => response.text());
  const others = async (...args: string[]) => {
    const other = box.run('shares', ...args, '--json');
    expect(await other.ended).toBe(0);
    return other.events;
  };
  const [share] = await others();
  expect(share).toMatchObject({ name: 'a.txt', links: [link], state: { kind: 'on' } });
  const id = String(share?.['id']);
  expect(await others('show', id)).toMatchObject([{ log: [{ method: 'GET', status: 200, sent: 5 }] }]);
  expect(await others('change', id, '--deliveries', '7', '--limit', '2M')).toMatchObject([
    { deliveries: 7, limit: 2_000_000 },
  ]);
  expect(await box.run('shares', 'change', id).ended).toBe(2);
  expect(await box.run('shares', 'revoke', 'nothing').ended).toBe(2);
  await others('revoke', id.slice(0, 4));
  expect((await fetch(link).catch(() => ({ status: 404 }))).status).toBe(404);
  expect(await run.ended).toBe(0);
});

test.each([
  ['nothing', [], 'Say what to share'],
  ['an empty name, which as a path is this folder,', [''], 'Say what to share'],
  ['what is not there', ['nothing-here'], 'There is no file, folder or job “nothing-here”.'],
  ['uploads into a file', ['a', '--upload'], 'go with a folder'],
  ['a quota of a file', ['a', '--upload-quota', '1G'], 'go with a folder'],
  ['header fields for a file', ['a', '--header', 'X: y'], 'go with a link'],
  ['a time that is none', ['a', '--expires', 'soon'], 'soon'],
])('%s is refused with exit code 2', async (_, args, sentence) => {
  await using box = new Sandbox();
  writeFileSync(box.path('a'), 'a');
  const run = box.run('share', ...args);
  expect(await run.ended).toBe(2);
  expect(run.stderr.join('')).toContain(sentence);
  expect(readdirSync(box.root)).toContain('a');
});
