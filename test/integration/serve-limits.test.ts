/** Clients that are slow, many or greedy meet a limit with a status of its own; the server stays up for the rest. */
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Limits } from '../../electron/engine/serve/face.ts';
import { MOST_WAITING } from '../../electron/engine/serve/turns.ts';
import { converse } from '../conformance/exchange.ts';
import { ask, folderTarget, serving, type Serving } from './serve-harness.ts';

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
  // However it ends: a write that comes too late is an error.
  await new Promise((resolve) => socket.once('close', resolve));
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

test('connections that are too many are not held for long either, however many they are', async () => {
  const { link } = await start({ connections: 1 });
  const held = await open(link);
  // None of them ends by itself.
  const refused = Array.from({ length: 400 }, () =>
    connect({ port: Number(link.port), host: link.hostname, allowHalfOpen: true }),
  );
  const closed = refused.map((socket) => {
    socket.on('error', () => {});
    socket.resume();
    return new Promise((resolve) => socket.once('close', resolve));
  });
  const more = setInterval(() => refused.forEach((socket) => socket.write('X: y\r\n')), 50);
  await Promise.all(closed);
  clearInterval(more);
  held.destroy();
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

test('the network cannot take the places of this computer', async () => {
  const { link } = await start({ connections: 8 }, 1000, 'network');
  const held = await Promise.all(Array.from({ length: 6 }, () => open(link)));
  expect(await rest(await open(link))).toMatch(/^HTTP\/1\.1 503 /);
  const local = new URL(serve.shares.list()[0]?.links.at(-1) ?? '');
  expect((await ask(local, local.pathname)).status).toBe(200);
  for (const one of held) one.destroy();
});

test('after so many requests a connection ends', async () => {
  const { link } = await start({ requestsPerConnection: 3 });
  const one = `GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`;
  const { answers, closed } = await converse(Number(link.port), one.repeat(3));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(answers[2]?.fields['connection']).toBe('close');
  expect(closed).toBe(true);
});

test('however many requests come at once, a connection has one answer and one connection upstream at a time', async () => {
  const { link } = await start({});
  const size = 2 ** 30;
  let [upstream, most] = [0, 0];
  const remote = createServer((request, response) => {
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const fields = {
      ETag: '"a"',
      'Content-Range': `bytes ${start}-${size - 1}/${size}`,
      'Content-Length': size - start,
    };
    response.writeHead(206, fields);
    // It begins, and goes on for ever.
    response.write(Buffer.alloc(64 * 1024));
  });
  remote.on('connection', (socket) => {
    upstream += 1;
    most = Math.max(most, upstream);
    socket.on('error', () => {});
    socket.once('close', () => (upstream -= 1));
  });
  await once(remote.listen(0, '127.0.0.1'), 'listening');
  const { port } = remote.address() as AddressInfo;
  const proxied = await serve.add({ kind: 'remote', url: `http://127.0.0.1:${port}/data.bin`, cache: 0 });
  const socket = await open(link);
  socket.write(`GET ${proxied.link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`.repeat(100));
  const share = () => serve.shares.list().find(({ id }) => id === proxied.id);
  const seen: number[] = [];
  await expect
    .poll(() => {
      seen.push(share()?.readers ?? 0);
      return share()?.sent ?? 0;
    })
    .toBeGreaterThanOrEqual(64 * 1024);
  // All of them have come by now: another connection that was opened after them is answered.
  expect((await ask(link, link.pathname)).status).toBe(200);
  expect(Math.max(...seen, share()?.readers ?? 0)).toBe(1);
  // What asks what is there, and what reads.
  expect(most).toBeLessThanOrEqual(2);
  socket.destroy();
  await expect.poll(() => upstream).toBe(0);
  expect(share()?.readers).toBe(0);
  remote.close();
});

test('requests that are sent at once are answered in order; too many are refused after those', async () => {
  const { link } = await start({});
  const one = (from: number) =>
    `GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nRange: bytes=${from}-${from}\r\n\r\n`;
  const requests = Array.from({ length: 100 }, (_, from) => one(from)).join('');
  const { answers, closed } = await converse(Number(link.port), requests);
  expect(closed).toBe(true);
  expect(answers.at(-1)).toMatchObject({ status: 429, fields: { connection: 'close' } });
  const served = answers.slice(0, -1);
  // The first is answered at once, the others wait.
  expect(served.length).toBeGreaterThan(MOST_WAITING);
  expect(served.map(({ fields }) => fields['content-range'])).toEqual(
    served.map((_, from) => `bytes ${from}-${from}/1000`),
  );
  expect((await ask(link, link.pathname)).status).toBe(200);
});

test('whoever sends requests on and on and reads no answer is cut off', async () => {
  const { link } = await start({}, 64 * 2 ** 20);
  const socket = await open(link);
  socket.pause();
  const one = `GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`;
  socket.write(one);
  await expect.poll(() => serve.shares.list()[0]?.sent ?? 0).toBeGreaterThan(0);
  socket.write(one.repeat(5_000));
  await expect.poll(() => serve.shares.list()[0]?.readers).toBe(0);
  socket.destroy();
});

test('a body that nobody asked for is not read', async () => {
  const { link } = await start({});
  const socket = await open(link);
  socket.write(`POST ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nContent-Length: 1000000000\r\n\r\n`);
  expect(await rest(socket)).toMatch(/^HTTP\/1\.1 405 /);
});

/** A client that goes on sending when the server has said that it will say no more. */
async function openStubborn(link: URL) {
  const socket = connect({ port: Number(link.port), host: link.hostname, allowHalfOpen: true });
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  await once(socket, 'connect');
  const answer = new Promise<string>((resolve) => socket.once('end', () => resolve(text)));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return { socket, errors, answer, closed };
}

const unwanted = (link: URL) =>
  `PUT ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nContent-Length: 4000000\r\n\r\n`;

test.each([
  ['a body that nobody wants', unwanted, 405],
  ['no HTTP', () => 'junk\r\n\r\n', 501],
] as const)(
  'a refusal of %s ends in order: what still comes is dropped, for a reset could take the answer',
  async (...of) => {
    const [, head, status] = of;
    const { link } = await start({});
    const { socket, errors, answer, closed } = await openStubborn(link);
    socket.write(head(link));
    expect(await answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (let sent = 0; sent < 10; sent += 1) {
      await new Promise((resolve) => socket.write(Buffer.alloc(100_000), resolve));
      // As slowly as a network is.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    socket.end();
    await closed;
    expect(errors).toEqual([]);
  },
);

test('whoever sends on and on after a refusal is cut off', async () => {
  const { link } = await start({});
  const { socket, errors, answer, closed } = await openStubborn(link);
  socket.write(unwanted(link));
  await answer;
  const more = setInterval(() => socket.write(Buffer.alloc(10_000)), 20);
  await closed;
  clearInterval(more);
  expect(errors).toMatchObject([{ code: expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/) }]);
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
  const { link } = await serve.add(folderTarget(serve.folder, { uploads: true }));
  const socket = await open(link);
  socket.write(`PUT ${link.pathname}new.bin HTTP/1.1\r\nHost: ${link.host}\r\nContent-Length: 1000\r\n\r\nhello`);
  await rest(socket);
  await expect.poll(() => readdirSync(serve.folder)).toEqual(['data.bin']);
});

/** Writes a byte now and then until the connection ends, and returns what came. */
async function drip(socket: Socket, ms: number): Promise<string> {
  const timer = setInterval(() => socket.write('a'), ms);
  const text = await rest(socket);
  clearInterval(timer);
  return text;
}

test('an upload that comes byte by byte gets 408, for ever is not waited, and nothing of it stays', async () => {
  await start({ idle: 500 });
  const { link } = await serve.add(folderTarget(serve.folder, { uploads: true }));
  const socket = await open(link);
  socket.write(`PUT ${link.pathname}new.bin HTTP/1.1\r\nHost: ${link.host}\r\nContent-Length: 1000000\r\n\r\n`);
  expect(await drip(socket, 50)).toMatch(/^HTTP\/1\.1 408 /);
  await expect.poll(() => readdirSync(serve.folder)).toEqual(['data.bin']);
  expect(serve.shares.list().every(({ readers }) => readers === 0)).toBe(true);
});

test('a password that comes byte by byte gets 408: nobody has to know it to send a form', async () => {
  await start({ idle: 60_000, headTime: 500 });
  const { link } = await serve.add({ kind: 'file', path: join(serve.folder, 'data.bin') }, {}, 'pass');
  const socket = await open(link);
  const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8000';
  socket.write(`POST ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n${form}\r\n\r\n`);
  expect(await drip(socket, 50)).toMatch(/^HTTP\/1\.1 408 /);
});

test('a form that is too long gets 413, not a broken connection', async () => {
  await start({});
  const { link } = await serve.add({ kind: 'file', path: join(serve.folder, 'data.bin') }, {}, 'pass');
  const form = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000`;
  const text = `POST ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n${form}\r\n\r\n${'a'.repeat(9000)}`;
  expect((await converse(Number(link.port), text)).answers[0]?.status).toBe(413);
});
