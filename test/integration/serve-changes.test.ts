/** A file that changes while it is served: never a byte too many, never one of another version. */
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let path: string;
beforeEach(() => {
  serve = serving();
  path = join(serve.folder, 'data.bin');
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

/** Until a change of the file can be told from the last one. */
const tick = () => sleep(40);

test('the tag changes with the bytes, also where size and date stay', async () => {
  writeFileSync(path, 'aaaa');
  const { link } = await serve.add({ kind: 'file', path });
  await tick();
  const before = (await ask(link, link.pathname)).fields['etag'] ?? '';
  expect(before).toMatch(/^"/);
  const { atime, mtime } = statSync(path);
  writeFileSync(path, 'bbbb');
  utimesSync(path, atime, mtime);
  const after = await ask(link, link.pathname, `If-Range: ${before}`, 'Range: bytes=2-');
  expect(after.status).toBe(200);
  expect(after.body.toString()).toBe('bbbb');
  expect(after.fields['etag']).not.toBe(before);
});

test('a file that another one replaces is the other one, under another tag', async () => {
  writeFileSync(path, 'first');
  const { link } = await serve.add({ kind: 'file', path });
  await tick();
  const first = await ask(link, link.pathname);
  writeFileSync(`${path}.new`, 'other');
  renameSync(`${path}.new`, path);
  await tick();
  const other = await ask(link, link.pathname);
  expect(other.body.toString()).toBe('other');
  expect(other.fields['etag']).not.toBe(first.fields['etag']);
});

test('right after a change the tag is weak: a second change could look the same', async () => {
  writeFileSync(path, 'first');
  const { link } = await serve.add({ kind: 'file', path });
  writeFileSync(path, 'again');
  const young = await ask(link, link.pathname);
  if (Date.now() - statSync(path).mtimeMs < 15) expect(young.fields['etag']).toMatch(/^W\//);
  await tick();
  expect((await ask(link, link.pathname)).fields['etag']).toMatch(/^"/);
});

/** Reads slowly at first, so that the change comes in between. */
async function readAround(link: URL, change: () => void): Promise<{ head: string; body: number }> {
  const socket = connect(Number(link.port), link.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\nConnection: close\r\n\r\n`);
  await expect.poll(() => serve.shares.list()[0]?.sent ?? 0).toBeGreaterThan(0);
  change();
  let head = '';
  let all = 0;
  socket.on('data', (chunk: Buffer) => {
    if (head === '') head = chunk.toString('latin1').split('\r\n\r\n')[0] ?? '';
    all += chunk.length;
  });
  socket.resume();
  await once(socket, 'close');
  return { head, body: all - head.length - 4 };
}

const LONG = 64 * 2 ** 20;

test('a file that shrinks ends the connection: nothing is padded', async () => {
  writeFileSync(path, Buffer.alloc(LONG, 1));
  const { link } = await serve.add({ kind: 'file', path });
  const { head, body } = await readAround(link, () => truncateSync(path, 48 * 2 ** 20));
  expect(head).toContain(`Content-Length: ${LONG}`);
  expect(body).toBeLessThanOrEqual(48 * 2 ** 20);
});

test('a file that is rewritten in its place is not sent to its end', async () => {
  writeFileSync(path, Buffer.alloc(LONG, 1));
  const { link } = await serve.add({ kind: 'file', path });
  await tick();
  const { body } = await readAround(link, () => {
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.alloc(LONG, 2), 0, LONG, 0);
    closeSync(fd);
  });
  expect(body).toBeLessThan(LONG);
});

test('no date is given out in the second that it names: the file may change again in it', async () => {
  writeFileSync(path, 'young');
  const { link } = await serve.add({ kind: 'file', path });
  const future = new Date(Date.now() + 3_600_000);
  utimesSync(path, future, future);
  expect((await ask(link, link.pathname)).fields['last-modified']).toBeUndefined();
  utimesSync(path, 1e9, 1e9);
  expect((await ask(link, link.pathname)).fields['last-modified']).toBe('Sun, 09 Sep 2001 01:46:40 GMT');
});

test('a file that grows sends what was promised, and no more', async () => {
  writeFileSync(path, Buffer.alloc(LONG, 1));
  const { link } = await serve.add({ kind: 'file', path });
  const { body } = await readAround(link, () => appendFileSync(path, Buffer.alloc(2 ** 20, 2)));
  expect(body).toBe(LONG);
});

test('a file that comes back is served again', async () => {
  writeFileSync(path, 'here');
  const { link } = await serve.add({ kind: 'file', path });
  renameSync(path, `${path}.away`);
  expect((await ask(link, link.pathname)).status).toBe(404);
  expect(serve.shares.list()[0]?.state.kind).toBe('broken');
  renameSync(`${path}.away`, path);
  expect((await ask(link, link.pathname)).status).toBe(200);
  expect(serve.shares.list()[0]?.state.kind).toBe('on');
});

test('a digest is told to whoever wants one (RFC 9530)', async () => {
  writeFileSync(path, 'hello\n');
  const { link } = await serve.add({ kind: 'file', path });
  const { fields } = await ask(link, link.pathname, 'Want-Repr-Digest: sha-256=9', 'Range: bytes=0-1');
  expect(fields['repr-digest']).toBe('sha-256=:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=:');
  expect((await ask(link, link.pathname)).fields['repr-digest']).toBeUndefined();
});
