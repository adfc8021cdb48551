/** A share ends when it was told to: at a time, after so many deliveries, at once; and it is as fast as it may be. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { converse } from '../conformance/exchange.ts';
import { ask, eventually, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let path: string;
const bytes = randomBytes(300_000);

beforeEach(() => {
  serve = serving();
  path = join(serve.folder, 'data.bin');
  writeFileSync(path, bytes);
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

const file = () => ({ kind: 'file', path }) as const;

/** A reader that asks and then reads nothing until it is told to. */
async function reader(link: URL): Promise<Socket> {
  const socket = connect(Number(link.port), link.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  return socket;
}

test('a share whose time is over answers 410, and says that it has expired', async () => {
  const { link, id } = await serve.add(file(), { expiresAt: Date.now() + 3_600_000 });
  expect((await ask(link, link.pathname)).status).toBe(200);
  await serve.shares.change(id, { expiresAt: Date.now() + 50 });
  await eventually(() => serve.shares.list()[0]?.state.kind === 'expired');
  expect((await ask(link, link.pathname)).status).toBe(410);
});

test('a transfer that runs when the time is over ends', async () => {
  const big = join(serve.folder, 'big.bin');
  writeFileSync(big, Buffer.alloc(64 * 2 ** 20));
  const { link, id } = await serve.add({ kind: 'file', path: big });
  const socket = await reader(link);
  const share = () => serve.shares.list()[0];
  await eventually(() => (share()?.readers ?? 0) > 0);
  await serve.shares.change(id, { expiresAt: Date.now() + 50 });
  await eventually(() => share()?.readers === 0);
  expect(share()?.state.kind).toBe('expired');
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  socket.resume();
  await once(socket, 'close');
  expect(received).toBeLessThan(64 * 2 ** 20);
});

test('revoking ends running transfers and the link at once', async () => {
  const big = join(serve.folder, 'big.bin');
  writeFileSync(big, Buffer.alloc(64 * 2 ** 20));
  const { link, id } = await serve.add({ kind: 'file', path: big });
  const other = await serve.add(file());
  const socket = await reader(link);
  await eventually(() => (serve.shares.list().find((one) => one.id === id)?.readers ?? 0) > 0);
  const closed = once(socket, 'close');
  await serve.shares.revoke([id]);
  socket.resume();
  await closed;
  expect((await ask(link, link.pathname)).status).toBe(404);
  expect((await ask(other.link, other.link.pathname)).status).toBe(200);
});

test('one delivery: previews and parts do not use it up, all bytes once do', async () => {
  const { link } = await serve.add(file(), { deliveries: 1 });
  // As a chat's preview does, and a player.
  for (let times = 0; times < 5; times += 1) {
    expect((await ask(link, link.pathname, 'Range: bytes=0-65535')).status).toBe(206);
  }
  expect(serve.shares.list()[0]).toMatchObject({ deliveries: 1, state: { kind: 'on' } });
  // The rest, in two pieces, one of which overlaps.
  expect((await ask(link, link.pathname, 'Range: bytes=200000-')).status).toBe(206);
  expect((await ask(link, link.pathname, 'Range: bytes=50000-250000')).status).toBe(206);
  await eventually(() => serve.shares.list()[0]?.state.kind === 'expired');
  expect((await ask(link, link.pathname)).status).toBe(410);
  // It ended then, whenever one looks.
  const ended = serve.shares.list()[0]?.state;
  const looked = Date.now();
  await eventually(() => Date.now() > looked + 5);
  expect(serve.shares.list()[0]?.state).toEqual(ended);
});

test('one delivery goes to one reader, though others ask before it is sure to have arrived', async () => {
  const { link } = await serve.add(file(), { deliveries: 1 });
  // Each from an address of its own, each keeps its connection.
  const sockets = await Promise.all(
    Array.from({ length: 10 }, async (_, n) => {
      const socket = connect({ port: Number(link.port), host: '127.0.0.1', localAddress: `127.0.1.${n + 1}` });
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
      await expect.poll(() => /^HTTP\/1\.1 (?:503|200[^]*\r\n\r\n[^]{300000}$)/.test(text)).toBe(true);
      return { socket, status: text.slice(9, 12) };
    }),
  );
  expect(sockets.map(({ status }) => status).toSorted()).toEqual(['200', ...Array<string>(9).fill('503')]);
  for (const { socket } of sockets) socket.end();
  await eventually(() => serve.shares.list()[0]?.state.kind === 'expired');
});

test('a reader that hung up while it was held back leaves no debt to the next', async () => {
  const { link } = await serve.add(file(), { limit: 100_000 });
  const many = await Promise.all(Array.from({ length: 300 }, () => reader(link)));
  await eventually(() => serve.shares.list()[0]?.readers === many.length);
  for (const socket of many) socket.destroy();
  await eventually(() => serve.shares.list()[0]?.readers === 0);
  const began = performance.now();
  expect((await ask(link, link.pathname, 'Range: bytes=0-9')).status).toBe(206);
  // Each had asked for 5,000 bytes: a quarter of a minute of the limit.
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('HEAD, an unmet condition and an answer that its reader dropped are no delivery', async () => {
  const big = join(serve.folder, 'big.bin');
  writeFileSync(big, Buffer.alloc(3 * 2 ** 20));
  const { link, id } = await serve.add({ kind: 'file', path: big }, { deliveries: 1 });
  const head = `HEAD ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nConnection: close\r\n\r\n`;
  expect((await converse(Number(link.port), head)).answers[0]).toMatchObject({
    status: 200,
    fields: { 'content-length': String(3 * 2 ** 20) },
  });
  expect((await ask(link, link.pathname, 'If-None-Match: *')).status).toBe(304);
  const socket = await reader(link);
  // It all fits into the kernel's buffers, and none of it is read.
  await eventually(() => (serve.shares.list()[0]?.sent ?? 0) > 0);
  socket.resetAndDestroy();
  await eventually(() => serve.shares.list()[0]?.readers === 0 && serve.shares.detail(id).log.length === 3);
  expect(serve.shares.list()[0]).toMatchObject({ deliveries: 1, state: { kind: 'on' } });
});

/** Reads `size` bytes of an answer and breaks the connection, so that nobody can tell what was read. */
async function readAndReset(link: URL, size: number): Promise<void> {
  const socket = await reader(link);
  let received = 0;
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      const isRefused = received === 0 && !chunk.toString('latin1').startsWith('HTTP/1.1 200 ');
      received += chunk.length;
      if (received >= size || isRefused) resolve();
    });
    socket.once('close', () => resolve());
    socket.resume();
  });
  socket.resetAndDestroy();
}

test('one delivery cannot be read again and again by breaking off at the end', async () => {
  const { link } = await serve.add(file(), { deliveries: 1 });
  const share = () => serve.shares.list()[0];
  let times = 0;
  // What the system had not taken yet when the connection broke is not counted: it may be a few more than three.
  while (share()?.state.kind === 'on' && times < 10) {
    await readAndReset(link, bytes.length);
    times += 1;
    await eventually(() => share()?.readers === 0);
  }
  await eventually(() => share()?.state.kind === 'expired');
  expect(times).toBeGreaterThanOrEqual(3);
  expect((await ask(link, link.pathname)).status).toBe(410);
});

test('nor by leaving out its last byte', async () => {
  const { link } = await serve.add(file(), { deliveries: 1 });
  const most = `Range: bytes=0-${bytes.length - 2}`;
  let times = 0;
  while ((await ask(link, link.pathname, most)).status === 206) {
    times += 1;
    expect(times).toBeLessThan(10);
  }
  // Three times so much is not quite three times the whole, and what is on its way may be asked for again.
  expect(times).toBeGreaterThanOrEqual(4);
  expect((await ask(link, link.pathname)).status).toBe(410);
});

test('an empty file that was got is a delivery', async () => {
  writeFileSync(path, '');
  const { link } = await serve.add(file(), { deliveries: 1 });
  expect((await ask(link, link.pathname)).status).toBe(200);
  await eventually(() => serve.shares.list()[0]?.state.kind === 'expired');
});

test('of what has no size, a whole answer is a delivery', async () => {
  const remote = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end('whole');
  });
  await once(remote.listen(0, '127.0.0.1'), 'listening');
  const { port } = remote.address() as AddressInfo;
  const { link } = await serve.add(
    { kind: 'remote', url: `http://127.0.0.1:${port}/a.txt`, cache: 0 },
    { deliveries: 2 },
  );
  const head = `HEAD ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nConnection: close\r\n\r\n`;
  expect((await converse(Number(link.port), head)).answers[0]?.status).toBe(200);
  expect((await ask(link, link.pathname)).body.toString()).toBe('whole');
  await eventually(() => serve.shares.list()[0]?.deliveries === 1);
  expect((await ask(link, link.pathname)).body.toString()).toBe('whole');
  await eventually(() => serve.shares.list()[0]?.state.kind === 'expired');
  remote.close();
});

test('deliveries of a feed cannot be counted, and nobody is promised that they are', async () => {
  const feed = { kind: 'feed', job: 'some' } as const;
  await expect(serve.add(feed, { deliveries: 1 })).rejects.toMatchObject({ code: 'endless-deliveries' });
  const { id } = await serve.add(feed);
  await expect(serve.shares.change(id, { deliveries: 1 })).rejects.toMatchObject({ code: 'endless-deliveries' });
  expect((await serve.shares.change(id, { deliveries: null })).deliveries).toBeNull();
});

test('a connection that asks many times costs one listener, not one each time', async () => {
  const { link } = await serve.add(file(), { deliveries: 1000 });
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on('warning', note);
  const one = `GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nRange: bytes=0-1\r\n\r\n`;
  const { answers } = await converse(Number(link.port), one.repeat(30), { count: 30 });
  expect(answers).toHaveLength(30);
  await new Promise(setImmediate);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('two deliveries are two readers that got all of it', async () => {
  const { link } = await serve.add(file(), { deliveries: 2 });
  expect((await ask(link, link.pathname)).body.equals(bytes)).toBe(true);
  await eventually(() => serve.shares.list()[0]?.deliveries === 1);
  expect((await ask(link, link.pathname)).body.equals(bytes)).toBe(true);
  await eventually(() => serve.shares.list()[0]?.state.kind === 'expired');
});

test('the limit holds over all readers', async () => {
  const { link } = await serve.add(file(), { limit: 400_000 });
  const began = performance.now();
  await Promise.all([ask(link, link.pathname), ask(link, link.pathname)]);
  const seconds = (performance.now() - began) / 1000;
  // 600,000 bytes at 400,000 a second, less what may be saved up.
  expect(seconds).toBeGreaterThan(1.2);
});

test('shares come back after a restart, under the same links; their keys are not in what is stored', async () => {
  const { link, id } = await serve.add(file(), { name: 'Kept', limit: 1_000_000 }, 'pass');
  const token = link.pathname.split('/')[2] ?? '';
  expect(token.length).toBeGreaterThanOrEqual(43);
  expect(JSON.stringify(serve.world.documents.all())).not.toContain(token);
  expect(JSON.stringify(serve.world.documents.all())).not.toContain('pass"');
  const again = await serve.reopen();
  await eventually(() => (again.list()[0]?.links.length ?? 0) > 0);
  const [kept] = again.list();
  expect(kept).toMatchObject({ id, name: 'Kept', limit: 1_000_000, hasPassword: true });
  expect(new URL(kept?.links[0] ?? '').pathname).toBe(link.pathname);
});

test('readers and the access log say who reads what; tokens are in neither', async () => {
  const { link, id } = await serve.add(file());
  await ask(link, link.pathname, 'User-Agent: a test');
  await ask(link, link.pathname, 'Range: bytes=999999-');
  await eventually(() => serve.shares.detail(id).log.length === 2);
  const { log } = serve.shares.detail(id);
  expect(log.map(({ status, sent, method, path }) => ({ status, sent, method, path }))).toEqual([
    { status: 200, sent: bytes.length, method: 'GET', path: '/data.bin' },
    { status: 416, sent: 0, method: 'GET', path: '/data.bin' },
  ]);
  expect(JSON.stringify(serve.shares.detail(id))).not.toContain(link.pathname.split('/')[2]);
});
