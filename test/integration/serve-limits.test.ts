/** Clients that are slow, many or greedy meet a limit with a status of its own; the server stays up for the rest. */
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Limits } from '../../electron/engine/serve/face.ts';
import { converse } from '../conformance/exchange.ts';
import { ask, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

async function start(limits: Partial<Limits>, size = 1000, audience: 'this-computer' | 'network' = 'this-computer') {
  // 127.0.0.2 stands for an address of the network: it is one that only this computer has.
  serve = serving({ limits, addresses: () => [{ address: '127.0.0.2', interface: 'test' }], announcer: quiet });
  const path = join(serve.folder, 'data.bin');
  writeFileSync(path, Buffer.alloc(size));
  return serve.add({ kind: 'file', path }, { audience });
}

const quiet = () => ({ announce() {}, close: () => Promise.resolve() });

async function open(link: URL): Promise<Socket> {
  const socket = connect(Number(link.port), link.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the connection ends. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'close');
  return text;
}

test('a head that comes too slowly gets 408', async () => {
  const { link } = await start({ headTime: 300 });
  const socket = await open(link);
  socket.write('GET / HTTP/1.1\r\nHost: ');
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 408 /);
  expect((await ask(link, link.pathname)).status).toBe(200);
});

test('a head that comes byte by byte gets 408 too: the time is for all of it', async () => {
  const { link } = await start({ headTime: 500 });
  const socket = await open(link);
  socket.write('GET / HTTP/1.1\r\nX: ');
  const drip = setInterval(() => socket.write('X'), 50);
  const text = await rest(socket);
  clearInterval(drip);
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
});

test('a connection that says nothing is closed', async () => {
  const { link } = await start({ headTime: 300, idle: 600 });
  const socket = await open(link);
  await rest(socket);
  expect(socket.destroyed).toBe(true);
});

test('a reader that stops is closed after a while, and others are not held up by it', async () => {
  const { link } = await start({ idle: 700 }, 64 * 2 ** 20);
  const socket = await open(link);
  socket.pause();
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  const detail = () => serve.shares.detail(serve.shares.list()[0]?.id ?? '');
  while (detail().readers.length === 0) await new Promise(setImmediate);
  const other = await ask(link, link.pathname, 'Range: bytes=0-9');
  expect(other.status).toBe(206);
  while (detail().readers.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const logged = detail().log.find(({ status }) => status === 200);
  expect(logged?.sent).toBeLessThan(64 * 2 ** 20);
  socket.destroy();
});

test('stalled readers hold little of the budget', async () => {
  const { link } = await start({ idle: 60_000 }, 64 * 2 ** 20);
  const sockets = await Promise.all(Array.from({ length: 40 }, () => open(link)));
  for (const socket of sockets) {
    socket.pause();
    socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  }
  const id = serve.shares.list()[0]?.id ?? '';
  let last = -1;
  // Until nothing moves any more.
  for (let quietFor = 0; quietFor < 5;) {
    const sent = serve.shares.list()[0]?.sent ?? 0;
    quietFor = sent === last && sent > 0 ? quietFor + 1 : 0;
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { queue, readers } = serve.shares.detail(id);
  expect(readers).toHaveLength(40);
  expect(queue.used).toBeLessThanOrEqual(queue.size);
  expect(queue.used / 40).toBeLessThanOrEqual(512 * 1024);
  for (const socket of sockets) socket.destroy();
});

test('too many connections in all get 503', async () => {
  const { link } = await start({ connections: 3 });
  const held = [await open(link), await open(link), await open(link)];
  const socket = await open(link);
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After/);
  for (const one of held) {
    one.destroy();
    await once(one, 'close');
  }
  await expect.poll(async () => (await ask(link, link.pathname).catch(() => null))?.status).toBe(200);
});

test('too many connections from one address of the network get 429; this computer is not counted so', async () => {
  const { link } = await start({ perAddress: 2 }, 1000, 'network');
  expect(link.hostname).toBe('127.0.0.2');
  const held = [await open(link), await open(link)];
  const socket = await open(link);
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 429 [\s\S]*Retry-After/);
  for (const one of held) one.destroy();
  const local = new URL(serve.shares.list()[0]?.links.at(-1) ?? '');
  expect(local.hostname).toBe('127.0.0.1');
  const many = await Promise.all(Array.from({ length: 5 }, () => open(local)));
  expect((await ask(local, local.pathname)).status).toBe(200);
  for (const one of many) one.destroy();
});

test('after so many requests a connection ends', async () => {
  const { link } = await start({ requestsPerConnection: 3 });
  const one = `GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`;
  const { answers, closed } = await converse(Number(link.port), one.repeat(3));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(answers[2]?.fields['connection']).toBe('close');
  expect(closed).toBe(true);
});

test('a body that nobody asked for is not read', async () => {
  const { link } = await start({});
  const socket = await open(link);
  socket.write(`POST ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nContent-Length: 1000000000\r\n\r\n`);
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 405 /);
});

test('bytes that are no HTTP get an answer or an end, and the next reader its file', async () => {
  const { link } = await start({});
  for (const junk of [
    '\0\0\0\0\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01',
    'GET\r\n\r\n',
    '\r\n\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ]) {
    await converse(Number(link.port), junk, { patience: 300 });
  }
  expect((await ask(link, link.pathname)).status).toBe(200);
});

test('an upload that stops is closed after a while', async () => {
  await start({ idle: 500 });
  const folder = { kind: 'folder', path: serve.folder, hidden: false, uploads: true, uploadQuota: null } as const;
  const { link } = await serve.add(folder);
  const socket = await open(link);
  socket.write(`PUT ${link.pathname}new.bin HTTP/1.1\r\nHost: ${link.host}\r\nContent-Length: 1000\r\n\r\nhello`);
  await rest(socket);
  await expect.poll(() => readdirSync(serve.folder)).toEqual(['data.bin']);
});
