/** What is kept of shares: nothing of one that was revoked, and a store that cannot be written for a while stops nothing. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, eventually, serving, type Serving } from './serve-harness.ts';

const SIZE = 10_000;
let serve: Serving;
let path: string;
let isFull: boolean;

beforeEach(() => {
  serve = serving();
  path = join(serve.folder, 'data.bin');
  writeFileSync(path, Buffer.alloc(SIZE));
  isFull = false;
  const { documents } = serve.world;
  const put = documents.put.bind(documents);
  Object.assign(documents, {
    put(id: string, value: unknown) {
      if (isFull) throw new Error('database or disk is full');
      put(id, value);
    },
  });
});
afterEach(async () => {
  isFull = false;
  await serve[Symbol.asyncDispose]();
});

const kept = () => serve.world.documents.all();

/** A reader that has all of a file, and keeps its connection. */
async function reader(link: URL): Promise<Socket> {
  const socket = connect(Number(link.port), link.hostname);
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  let received = 0;
  for await (const [chunk] of on(socket)) {
    received += chunk.length;
    if (received > SIZE) break;
  }
  return socket;
}

async function* on(socket: Socket): AsyncIterable<[Buffer]> {
  for (;;) yield (await once(socket, 'data')) as [Buffer];
}

test('a revoked share stays gone, also when a reader of it is counted after that', async () => {
  const { link, id } = await serve.add({ kind: 'file', path }, { deliveries: 2 });
  const other = await serve.add({ kind: 'file', path });
  const socket = await reader(link);
  await serve.shares.revoke([id]);
  socket.end();
  await once(socket, 'close');
  await ask(other.link, other.link.pathname);
  expect(kept().map((one) => one.id)).toEqual([other.id]);
});

test('a share that is revoked while its password is changed stays gone', async () => {
  const { id } = await serve.add({ kind: 'file', path });
  const changing = serve.shares.change(id, {}, 'another one');
  await serve.shares.revoke([id]);
  await expect(changing).rejects.toMatchObject({ failure: { code: 'unknown-share' } });
  expect(kept()).toEqual([]);
});

test('a share that is revoked before its port is open stays gone', async () => {
  await serve.shares.revoke([(await serve.add({ kind: 'file', path })).id]);
  const adding = serve.shares.add({ target: { kind: 'feed', job: 'any' }, options: {} });
  adding.catch(() => {});
  // Listening needs a turn of the loop: it is not through before this is.
  while (serve.shares.list().length === 0) await Promise.resolve();
  await serve.shares.revoke(serve.shares.list().map(({ id }) => id));
  await expect(adding).rejects.toMatchObject({ failure: { code: 'unknown-share' } });
  expect(kept()).toEqual([]);
});

test('deliveries that could not be stored count, and are stored when they can be', async () => {
  const { link } = await serve.add({ kind: 'file', path }, { deliveries: 1 });
  isFull = true;
  (await reader(link)).end();
  await eventually(() => serve.shares.list()[0]?.state.kind === 'expired');
  isFull = false;
  expect((await serve.reopen()).list()[0]).toMatchObject({ state: { kind: 'expired' } });
});

test('a store that cannot be written keeps no share open', async () => {
  const { link } = await serve.add({ kind: 'file', path });
  (await reader(link)).destroy();
  isFull = true;
  await serve.shares.close();
  await expect(ask(link, link.pathname)).rejects.toBeInstanceOf(Error);
});
