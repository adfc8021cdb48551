/** `sluice capture`, as a person types it: an endless feed into files until Ctrl-C. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type FeedServer, startFeedServer } from '../servers/feed-server.ts';
import { mountSmallDisk } from '../torture/small-disk.ts';
import { Sandbox } from './cli-process.ts';

const started = async (total: number): Promise<FeedServer & AsyncDisposable> => {
  const server = await startFeedServer({ total, retry: 10 });
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
};
const numbers = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { data: { n: number } }).data.n);

test('events go into numbered files, over a cut connection; Ctrl-C finishes the last one', async () => {
  await using server = await started(100);
  await using box = new Sandbox();
  const url = `${server.origin}/events`;
  const args = ['-o', 'feed', '--name', 'events', '--rotate-size', '4K', '--compression', 'gzip', '--json'];
  const run = box.run('capture', url, '--sse', '--header', 'Authorization: Bearer s3cret', ...args);
  await run.event((event) => event.event === 'progress' && event['rows'] === 100);
  server.cut();
  server.publish(50);
  await run.event((event) => event.event === 'progress' && event['rows'] === 150);
  await run.event((event) => event.event === 'gap' && event['why'] === 'disconnected' && event['to'] !== null);
  run.kill('SIGINT');
  expect(await run.ended).toBe(0);
  expect(run.events.at(-1)).toMatchObject({ event: 'completed', folder: box.path('feed'), rows: 150, dropped: 0 });
  const files = readdirSync(box.path('feed')).filter((name) => name.endsWith('.gz'));
  expect(files.length).toBeGreaterThan(1);
  const all = files.toSorted().flatMap((name) => numbers(gunzipSync(readFileSync(box.path('feed', name))).toString()));
  expect(all).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  expect(new Set(server.secrets)).toEqual(new Set(['Bearer s3cret']));
  expect([...run.stdout, ...run.stderr].join('')).not.toContain('s3cret');
});

test('in a terminal, records are seen as they come, and a gap when it is over', async () => {
  await using server = await started(3);
  await using box = new Sandbox();
  const run = box.run('capture', `${server.origin}/events`, '--sse', '-o', 'feed', '--show');
  const told = () => run.stderr.join('\n');
  await expect.poll(told).toContain('"n":3,');
  server.cut();
  server.publish(2);
  await expect.poll(told).toContain('"n":5,');
  await expect.poll(told).toMatch(/\d\d:\d\d:\d\d disconnected, \d+ s/);
  run.kill('SIGINT');
  expect(await run.ended).toBe(0);
  const seen = [...told().matchAll(/"n":(\d+),/g)].map(([, n]) => Number(n));
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});

test('without --json, what was written is told in a sentence, and the folder is the result', async () => {
  await using server = await started(10);
  await using box = new Sandbox();
  const run = box.run('capture', `${server.origin}/events`, '--sse', '-o', 'feed');
  const written = () =>
    existsSync(box.path('feed'))
      ? readdirSync(box.path('feed')).map((name) => readFileSync(box.path('feed', name), 'utf8'))
      : [];
  await expect.poll(written).toContainEqual(expect.stringContaining('"n":10,'));
  run.kill('SIGINT');
  expect(await run.ended).toBe(0);
  expect(run.stdout).toEqual([box.path('feed')]);
  expect(run.stderr.at(-1)).toMatch(/^10 records in 1 files?, /);
});

test.runIf(process.getuid?.() === 0)('a full disk is told, and waited for or not, as was said', async () => {
  await using server = await started(20_000);
  await using box = new Sandbox();
  mkdirSync(box.path('feed'));
  const disk = mountSmallDisk(box.path('feed'), 8 * 1024 * 1024);
  if (!disk) return;
  try {
    disk.fill(100_000);
    const args = ['capture', `${server.origin}/events`, '--sse', '-o', 'feed', '--json'];
    const failing = box.run(...args, '--name', 'failing', '--when-disk-full', 'fail');
    expect(await failing.ended).toBe(4);
    expect(failing.events.at(-1)).toMatchObject({ event: 'failed', code: 'disk-full' });
    const run = box.run(...args, '--name', 'waiting');
    await run.event((event) => event.event === 'disk' && event['full'] === true);
    disk.empty();
    await run.event((event) => event.event === 'disk' && event['full'] === false);
    await run.event((event) => event.event === 'progress' && event['rows'] === 20_000);
    run.kill('SIGINT');
    expect(await run.ended).toBe(0);
    expect(run.events.at(-1)).toMatchObject({ event: 'completed', rows: 20_000, dropped: 0 });
  } finally {
    disk.unmount();
  }
});

test.each([
  ['nothing', []],
  ['a link and a channel', ['http://127.0.0.1:9/', '--channel', 'x']],
  ['a size that is none', ['http://127.0.0.1:9/', '--rotate-size', 'big']],
])('%s is refused with exit code 2', async (_, args) => {
  await using box = new Sandbox();
  expect(await box.run('capture', ...args).ended).toBe(2);
});
