/** A capture, live, to any number of readers: in order, replayed where it can be, and honest about what was missed. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LiveRing } from '../../electron/engine/capture/live-ring.ts';
import type { ServeWorld } from '../../electron/engine/serve/index.ts';
import { serving, type Serving } from './serve-harness.ts';

let readers = 0;
let isRunning = true;
let number = 0;
let ring: LiveRing;

function emit(text: string): void {
  number += 1;
  ring.add({ number, at: Date.now(), data: Buffer.from(text) });
}

/** The capture as it goes on after it was stopped, or has crashed: what was durable ended with number `from`. */
function goOn(id: string, from: number, earlier = ring.epochs): void {
  ring.close();
  ring = new LiveRing({ id, from }, earlier);
  number = from;
}

let serve: Serving;
let link: URL;
beforeEach(async () => {
  readers = 0;
  number = 0;
  isRunning = true;
  ring = new LiveRing({ id: 'first', from: 0 });
  const listen: ServeWorld['listen'] = (_job, after, reader) => {
    if (!isRunning) return null;
    const leave = ring.listen(after, reader);
    readers += 1;
    return () => {
      readers -= 1;
      leave();
    };
  };
  serve = serving({}, { listen });
  ({ link } = await serve.add({ kind: 'feed', job: 'c1' }));
});
afterEach(() => serve[Symbol.asyncDispose]());

async function read(name: string, ...fields: string[]): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(Number(link.port), link.hostname);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(socket, 'connect');
  const path = link.pathname.replace(/[^/]*$/, name);
  socket.write([`GET ${path} HTTP/1.1`, `Host: ${link.host}`, ...fields].join('\r\n') + '\r\n\r\n');
  // It listens before its head is sent.
  await expect.poll(() => text).toContain('\r\n\r\n');
  return { socket, text: () => text };
}

test('NDJSON: one line a record; what is no JSON becomes a string', async () => {
  const { text, socket } = await read('feed.ndjson');
  emit('{"a":1}');
  emit('plain words');
  emit('two\nlines');
  await expect.poll(text).toContain('"two\\nlines"\n');
  expect(text()).toContain('{"a":1}\n');
  expect(text()).toContain('"plain words"\n');
  expect(text()).toContain('application/x-ndjson');
  socket.destroy();
  await expect.poll(() => readers).toBe(0);
});

test('server-sent events: ids, and replay after the one that the reader had', async () => {
  for (const text of ['one', 'two', 'three']) emit(text);
  const { text, socket } = await read('feed.sse', 'Last-Event-ID: first-1');
  await expect.poll(text).toContain('id: first-3\ndata: three\n\n');
  expect(text()).toContain('id: first-2\ndata: two\n\n');
  expect(text()).not.toContain('data: one');
  expect(text()).not.toContain('event: missed');
  socket.destroy();
});

test.each([
  ['text/event-stream', 'text/event-stream'],
  ['application/x-ndjson, text/event-stream;q=0.5', 'application/x-ndjson'],
  ['text/event-stream;q=0, */*', 'application/x-ndjson'],
])('a reader that takes %s gets %s', async (accept, type) => {
  const { text, socket } = await read('feed.ndjson', `Accept: ${accept}`);
  expect(text().toLowerCase()).toContain(`content-type: ${type}`);
  socket.destroy();
});

test('a record cannot break out of its event', async () => {
  const { text, socket } = await read('feed.sse');
  emit('x\n\nevent: evil\ndata: y\r\rid: 9');
  await expect.poll(text).toContain('data: id: 9\n');
  const body = text()
    .slice(text().indexOf('\r\n\r\n') + 4)
    .replace(/^[0-9a-f]+\r\n/gm, '');
  expect(body).not.toMatch(/^event: evil/m);
  expect(body).not.toMatch(/^id: 9/m);
  socket.destroy();
});

test('who comes back gets all that the ring still has, however much that is at once', async () => {
  const data = JSON.stringify('x'.repeat(500));
  for (let n = 0; n < 4_000; n += 1) emit(data);
  const { text, socket } = await read('feed.ndjson', 'Last-Event-ID: first-1000');
  await expect.poll(() => text().match(/^"x/gm)?.length ?? 0).toBe(3_000);
  expect(text()).not.toContain('missed');
  socket.destroy();
});

test('a record is formed once at most, however many read', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => read('feed.ndjson')));
  let formed = 0;
  const COUNT = 100;
  for (let n = 0; n < COUNT; n += 1) {
    const data = Buffer.from('"watched"');
    data.toString = () => {
      formed += 1;
      return '"watched"';
    };
    number += 1;
    ring.add({ number, at: Date.now(), data });
  }
  await expect.poll(() => all.every(({ text }) => text().match(/"watched"/g)?.length === COUNT)).toBe(true);
  expect(formed).toBe(COUNT);
  for (const { socket } of all) socket.destroy();
});

test('who comes back too late is told how many were missed', async () => {
  goOn('second', 15);
  for (let n = 16; n <= 20; n += 1) emit(`record ${n}`);
  // The ring holds 16 to 20; this reader had 10.
  const { text, socket } = await read('feed.sse', 'Last-Event-ID: first-10');
  await expect.poll(text).toContain('data: record 20');
  expect(text()).toContain('event: missed\ndata: 5\n\n');
  expect(text()).not.toContain('taken-back');
  socket.destroy();
});

test('who had records that a crash took back is told so, and gets those that have their numbers now', async () => {
  for (let n = 1; n <= 8; n += 1) emit(`lost ${n}`);
  // Durable were 5; the source does not replay.
  goOn('second', 5);
  for (let n = 6; n <= 10; n += 1) emit(`new ${n}`);
  const { text, socket } = await read('feed.sse', 'Last-Event-ID: first-8');
  await expect.poll(text).toContain('id: second-10\ndata: new 10\n\n');
  expect(text()).toContain('event: taken-back\ndata: 3\n\n');
  expect(text()).toContain('id: second-6\ndata: new 6\n\n');
  expect(text()).not.toContain('event: missed');
  socket.destroy();
});

test('who comes back before anything new has come is told at once what was missed', async () => {
  goOn('second', 15);
  const { text, socket } = await read('feed.ndjson', 'Last-Event-ID: first-10');
  await expect.poll(text).toContain('{"sluice":"missed","records":5}\n');
  emit('"next"');
  await expect.poll(text).toContain('"next"\n');
  expect(text().match(/missed/g)).toHaveLength(1);
  socket.destroy();
});

test.each(['falls silent', 'ends'])(
  'a slow reader is told of what it missed last, also where the capture %s',
  async (how) => {
    const { text, socket } = await read('feed.sse');
    socket.pause();
    const COUNT = 3_000;
    for (let n = 0; n < COUNT; n += 1) {
      emit('x'.repeat(10_000));
      if (n % 20 === 0) await new Promise(setImmediate);
    }
    if (how === 'ends') ring.close();
    socket.resume();
    const counts = () => ({
      got: text().match(/^id: /gm)?.length ?? 0,
      missed: [...text().matchAll(/event: missed\ndata: (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0),
    });
    await expect.poll(() => counts().got + counts().missed).toBe(COUNT);
    expect(counts().missed).toBeGreaterThan(0);
    socket.destroy();
  },
);

test('a slow reader misses, is told so, holds little, and holds nobody up', async () => {
  const slow = await read('feed.ndjson');
  slow.socket.pause();
  const fast = await read('feed.ndjson');
  const data = JSON.stringify('x'.repeat(10_000));
  const COUNT = 3_000;
  for (let n = 0; n < COUNT; n += 1) {
    emit(data);
    if (n % 20 === 0) await new Promise(setImmediate);
  }
  emit('"last"');
  await expect.poll(fast.text).toContain('"last"');
  slow.socket.resume();
  const lines = () =>
    slow
      .text()
      .split(/\r?\n/)
      .filter((line) => line.startsWith('{"sluice":"missed"') || line.startsWith('"x'));
  await expect.poll(() => lines().length).toBeGreaterThan(10);
  // Told with the next record after there is room again.
  await expect
    .poll(() => {
      emit('"again"');
      return slow.text().includes('"sluice":"missed"');
    })
    .toBe(true);
  slow.socket.destroy();
  fast.socket.destroy();
});

test('a capture that does not run is 503, and other names are not there', async () => {
  isRunning = false;
  const { text, socket } = await read('feed.ndjson');
  await expect.poll(text).toMatch(/^HTTP\/1\.1 503 /);
  socket.destroy();
  const other = await read('feed.exe');
  await expect.poll(other.text).toMatch(/^HTTP\/1\.1 404 /);
  other.socket.destroy();
});

test('the end of the capture is the end of the answer', async () => {
  const { text, socket } = await read('feed.ndjson');
  emit('1');
  ring.close();
  await expect.poll(text).toContain('0\r\n\r\n');
  socket.destroy();
});
