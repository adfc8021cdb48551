/** A capture, live, to any number of readers: in order, replayed where it can be, and honest about what was missed. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServeWorld } from '../../electron/engine/serve/index.ts';
import { serving, type Serving } from './serve-harness.ts';

type Listener = Parameters<ServeWorld['listen']>[2];

const listeners = new Map<Listener, number | null>();
let isRunning = true;
let number = 0;
const ring: { number: number; at: number; data: Buffer }[] = [];

function emit(text: string): void {
  number += 1;
  const record = { number, at: Date.now(), data: Buffer.from(text) };
  ring.push(record);
  if (ring.length > 5) ring.shift();
  for (const listener of listeners.keys()) listener.record(record);
}

let serve: Serving;
let link: URL;
beforeEach(async () => {
  listeners.clear();
  ring.length = 0;
  number = 0;
  isRunning = true;
  const listen: ServeWorld['listen'] = (_job, after, reader) => {
    if (!isRunning) return null;
    listeners.set(reader, after);
    if (after !== null) for (const record of ring) if (record.number > after) reader.record(record);
    return () => void listeners.delete(reader);
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
  const before = listeners.size;
  const path = link.pathname.replace(/[^/]*$/, name);
  socket.write([`GET ${path} HTTP/1.1`, `Host: ${link.host}`, ...fields].join('\r\n') + '\r\n\r\n');
  await expect.poll(() => listeners.size > before || text !== '').toBe(true);
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
  await expect.poll(() => listeners.size).toBe(0);
});

test('server-sent events: ids, and replay after the one that the reader had', async () => {
  for (const text of ['one', 'two', 'three']) emit(text);
  const { text, socket } = await read('feed.sse', 'Last-Event-ID: 1');
  await expect.poll(text).toContain('id: 3\ndata: three\n\n');
  expect(text()).toContain('id: 2\ndata: two\n\n');
  expect(text()).not.toContain('data: one');
  expect(text()).not.toContain('event: missed');
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

test('who comes back too late is told how many were missed', async () => {
  for (let n = 1; n <= 20; n += 1) emit(`record ${n}`);
  // The ring holds 16 to 20; this reader had 10.
  const { text, socket } = await read('feed.sse', 'Last-Event-ID: 10');
  await expect.poll(text).toContain('data: record 20');
  expect(text()).toContain('event: missed\ndata: 5\n\n');
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
    if (how === 'ends') for (const listener of listeners.keys()) listener.end();
    socket.resume();
    const counts = () => ({
      got: text().match(/^id: /gm)?.length ?? 0,
      missed: [...text().matchAll(/event: missed\ndata: (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0),
    });
    await expect.poll(() => counts().got + counts().missed, { timeout: 20_000 }).toBe(COUNT);
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
  for (const listener of listeners.keys()) listener.end();
  await expect.poll(text).toContain('0\r\n\r\n');
  socket.destroy();
});
