import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { startRangeServer } from '../servers/range-server.ts';
import { Sandbox } from './cli-process.ts';

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

it('get --json tells what happens, at most twice a second, and the file is whole', async () => {
  await using server = await startRangeServer({ size: 6_000_000, totalRate: 4_000_000 });
  await using box = new Sandbox();
  const checksum = `sha-256:${await server.sha256()}`;
  const began = performance.now();
  const run = box.run('get', server.url, '-o', 'dl', '--json', '--checksum', checksum);
  expect(await run.ended).toBe(0);
  const seconds = (performance.now() - began) / 1000;

  const file = box.path('dl', 'file.bin');
  expect(sha256(file)).toBe(await server.sha256());
  const { id } = run.events[0] as unknown as { id: string };
  expect(run.events[0]).toEqual({
    event: 'added',
    id,
    url: server.url,
    folder: box.path('dl'),
    name: 'file.bin',
    resumed: false,
  });
  expect(run.events.at(-1)).toEqual({ event: 'completed', id, path: file, size: 6_000_000, proof: 'checksum' });
  const states = run.events.filter(({ event }) => event === 'state').map((event) => event['state']);
  expect(states).toEqual(expect.arrayContaining(['running', 'completed']));
  const progress = run.events.filter(({ event }) => event === 'progress');
  expect(progress.length).toBeGreaterThanOrEqual(2);
  expect(progress.length).toBeLessThanOrEqual(2 * seconds + 2);
  expect(progress.at(-1)).toMatchObject({ id, size: 6_000_000, done: expect.any(Number) as number });
  expect(run.stderr).toEqual([]);
});

it('without a terminal, stdout has the path of each file and nothing has escape codes', async () => {
  await using server = await startRangeServer({ size: 100_000 });
  await using box = new Sandbox();
  const run = box.run(
    'get',
    server.url,
    `sluice:${server.url.replace('file', 'other')}?size=5000`,
    '--home',
    'elsewhere',
  );
  expect(await run.ended).toBe(0);
  expect(run.stdout.toSorted()).toEqual([box.path('file.bin'), box.path('other.bin')]);
  expect([...run.stdout, ...run.stderr].join('')).not.toContain('\u001b');
  expect(readdirSync(box.root).toSorted()).toEqual(['elsewhere', 'file.bin', 'other.bin']);
});

it('header fields and the number of connections reach the server', async () => {
  await using server = await startRangeServer({ size: 4_000_000, connectionRate: 2_000_000 });
  await using box = new Sandbox();
  const run = box.run('get', server.url, '--header', 'Authorization: Bearer s3cret', '--connections', '3');
  expect(await run.ended).toBe(0);
  expect(server.requests.every(({ headers }) => headers.authorization === 'Bearer s3cret')).toBe(true);
  expect(server.connections.peak).toBeLessThanOrEqual(3);
});

it('a file that does not match its checksum needs attention (4), and is kept', async () => {
  await using server = await startRangeServer({ size: 10_000 });
  await using box = new Sandbox();
  const run = box.run('get', server.url, '--checksum', `sha-256:${'0'.repeat(64)}`, '--json');
  expect(await run.ended).toBe(4);
  expect(run.events.at(-1)).toMatchObject({ event: 'failed', code: 'checksum-mismatch', kept: true });
  expect(readdirSync(box.root)).not.toContain('file.bin');
  const list = box.run('list', '--json');
  await list.ended;
  expect(JSON.parse(list.stdout[0] ?? '')).toMatchObject({ state: { kind: 'attention' }, done: 10_000 });
});

it('what needs the person is kept with its choices, even where nothing has arrived', async () => {
  const portal = http.createServer((_, response) => response.writeHead(511, { 'content-type': 'text/html' }).end('Hi'));
  portal.listen(0, '127.0.0.1');
  await once(portal, 'listening');
  await using box = new Sandbox();
  try {
    const run = box.run('get', `http://127.0.0.1:${(portal.address() as AddressInfo).port}/file.bin`, '--json');
    expect(await run.ended).toBe(4);
    expect(run.events.at(-1)).toMatchObject({ event: 'failed', code: 'captive-page', kept: true });
    expect(run.events.at(-1)?.['choices']).toContain('retry');
    const list = box.run('list', '--json');
    expect(await list.ended).toBe(0);
    expect(list.stdout).toHaveLength(1);
  } finally {
    portal.close();
  }
});

it('--limit holds', async () => {
  await using server = await startRangeServer({ size: 2_000_000 });
  await using box = new Sandbox();
  const before = performance.now();
  expect(await box.run('get', server.url, '--limit', '1M').ended).toBe(0);
  expect(performance.now() - before).toBeGreaterThan(1200);
});
