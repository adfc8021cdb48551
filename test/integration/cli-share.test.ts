/** `sluice share`, as a person types it: a link that works until Ctrl-C. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
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

test.each([
  ['nothing', []],
  ['what is not there', ['nothing-here']],
  ['uploads into a file', ['a', '--upload']],
  ['a time that is none', ['a', '--expires', 'soon']],
])('%s is refused with exit code 2', async (_, args) => {
  await using box = new Sandbox();
  writeFileSync(box.path('a'), 'a');
  expect(await box.run('share', ...args).ended).toBe(2);
  expect(readdirSync(box.root)).toContain('a');
});
