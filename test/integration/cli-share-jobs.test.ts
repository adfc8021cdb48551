/** `sluice share` of what another command is at: a download with its full size at once, a capture live; and the port. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startFeedServer } from '../servers/feed-server.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { type CliEvent, type CliRun, Sandbox } from './cli-process.ts';

const linkOf = async (run: CliRun) => String(((await run.event('shared'))['links'] as string[])[0]);

test('a download is served under its id while it runs, and the file is whole at the end', async () => {
  const size = 8_000_000;
  await using server = await startRangeServer({ size, held: [2_000_000, 6_000_000] });
  await using box = new Sandbox();
  // With the engine of the first command its readers would be cut off when that command ends.
  await box.host();
  const get = box.run('get', server.url, '-o', 'dl', '--json', '--connections', '2');
  const { id } = await get.event('added');
  await get.event((event) => event.event === 'progress' && Number(event['done']) > 0);
  const run = box.run('share', String(id).slice(0, 8), '--json');
  const link = await linkOf(run);
  expect((await fetch(link, { method: 'HEAD' })).headers.get('content-length')).toBe(String(size));
  const end = await fetch(link, { headers: { Range: 'bytes=-1000' } });
  expect([end.status, (await end.arrayBuffer()).byteLength]).toEqual([206, 1000]);
  expect(get.events.some(({ event }) => event === 'completed')).toBe(false);
  const whole = fetch(link).then((answer) => answer.arrayBuffer());
  server.set({ held: null });
  const sum = createHash('sha256')
    .update(Buffer.from(await whole))
    .digest('hex');
  expect(sum).toBe(await server.sha256());
  expect(await get.ended).toBe(0);
});

test('a capture is served under its id, live', async () => {
  const feed = await startFeedServer({ retry: 10 });
  await using box = new Sandbox();
  await box.host();
  try {
    const capture = box.run('capture', `${feed.origin}/events`, '--sse', '-o', 'feed', '--json');
    const { id } = await capture.event('added');
    await expect.poll(() => feed.open).toBe(1);
    feed.publish(1);
    await capture.event((event) => event.event === 'progress' && event['rows'] === 1);
    const run = box.run('share', String(id), '--json');
    const answer = await fetch(await linkOf(run), { headers: { Accept: 'text/event-stream' } });
    const text = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    feed.publish(1);
    let heard = '';
    while (!heard.includes('record 2')) heard += (await text?.read())?.value ?? '';
    expect(heard).toMatch(/^id: \w+-2$/m);
    await text?.cancel();
  } finally {
    await feed.close();
  }
});

test('what another command’s engine served goes on here when that one ends', async () => {
  await using box = new Sandbox();
  for (const name of ['a.txt', 'b.txt']) writeFileSync(box.path(name), name);
  const first = box.run('share', 'a.txt', '--json');
  await first.event('shared');
  const second = box.run('share', 'b.txt', '--json');
  const link = await linkOf(second);
  first.kill('SIGINT');
  expect(await first.ended).toBe(0);
  const isNew = (event: CliEvent) => event.event === 'shared' && !(event['links'] as string[]).includes(link);
  const { links } = await second.event(isNew);
  expect(await (await fetch(String((links as string[])[0]))).text()).toBe('b.txt');
  second.kill('SIGINT');
  expect(await second.ended).toBe(0);
});

test('a port that is asked for is the link’s, or is refused where it is taken', async () => {
  await using box = new Sandbox();
  writeFileSync(box.path('a.txt'), 'hello');
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const refused = box.run('share', 'a.txt', '--port', String(port));
  expect(await refused.ended).toBe(2);
  expect(refused.stderr.join('\n')).toContain(String(port));
  taken.close();
  await once(taken, 'close');
  const run = box.run('share', 'a.txt', '--port', String(port));
  await run.note(/served until Ctrl-C/);
  const [link = ''] = run.stdout;
  expect(new URL(link).port).toBe(String(port));
  expect(await (await fetch(link)).text()).toBe('hello');
});
