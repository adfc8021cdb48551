/** Uploads: off unless allowed, resumable, whole or not at all, under a quota, under harmless names. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderTarget, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
beforeEach(() => {
  serve = serving();
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

const QUOTA = 1_000_000;
const open = () => serve.add(folderTarget(serve.folder, { uploads: true, uploadQuota: QUOTA }));
const tus = { 'Tus-Resumable': '1.0.0' };
const metadata = (name: string) => `filename ${Buffer.from(name).toString('base64')}`;

function create(link: URL, name: string, length: number): Promise<Response> {
  return fetch(link, {
    method: 'POST',
    headers: { ...tus, 'Upload-Length': String(length), 'Upload-Metadata': metadata(name) },
  });
}

function patch(place: URL, offset: number, body: Buffer<ArrayBuffer>): Promise<Response> {
  return fetch(place, {
    method: 'PATCH',
    body,
    headers: { ...tus, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
  });
}

async function offsetOf(place: URL): Promise<number> {
  return Number((await fetch(place, { method: 'HEAD', headers: tus })).headers.get('upload-offset'));
}

const placeOf = (link: URL, response: Response) => new URL(response.headers.get('location') ?? '', link);

test('a share that does not allow uploads takes none, in no way', async () => {
  const { link } = await serve.add(folderTarget(serve.folder));
  expect((await create(link, 'a.txt', 5)).status).toBe(405);
  expect((await fetch(new URL('a.txt', link), { method: 'PUT', body: 'hello' })).status).toBe(405);
  expect(readdirSync(serve.folder)).toEqual([]);
});

test('an upload that is cut off goes on where it was, and appears whole', async () => {
  const { link } = await open();
  const bytes = randomBytes(500_000);
  const place = placeOf(link, await create(link, 'film.bin', bytes.length));
  expect((await patch(place, 0, bytes.subarray(0, 200_000))).headers.get('upload-offset')).toBe('200000');
  // The connection dies in the middle of a piece.
  const socket = connect(Number(link.port), link.hostname);
  await once(socket, 'connect');
  socket.write(
    `PATCH ${place.pathname}${place.search} HTTP/1.1\r\nHost: ${link.host}\r\nUpload-Offset: 200000\r\n` +
      `Content-Type: application/offset+octet-stream\r\nContent-Length: 300000\r\n\r\n`,
  );
  socket.write(bytes.subarray(200_000, 250_000));
  await expect.poll(() => offsetOf(place)).toBe(250_000);
  socket.destroy();
  expect(existsSync(join(serve.folder, 'film.bin'))).toBe(false);
  await expect.poll(async () => (await patch(place, 250_000, bytes.subarray(250_000))).status).toBe(204);
  expect(readFileSync(join(serve.folder, 'film.bin')).equals(bytes)).toBe(true);
  expect(readdirSync(serve.folder)).toEqual(['film.bin']);
});

test('a piece at another offset is refused, and says where it is', async () => {
  const { link } = await open();
  const place = placeOf(link, await create(link, 'a.bin', 10));
  const response = await patch(place, 5, Buffer.from('hello'));
  expect(response.status).toBe(409);
  expect(response.headers.get('upload-offset')).toBe('0');
});

test('more than was announced is refused', async () => {
  const { link } = await open();
  const place = placeOf(link, await create(link, 'a.bin', 4));
  expect((await patch(place, 0, Buffer.from('hello')).catch(() => ({ status: 413 }))).status).toBe(413);
  expect(existsSync(join(serve.folder, 'a.bin'))).toBe(false);
});

test('PUT makes a file, and replaces none', async () => {
  const { link } = await open();
  const put = (body: string) => fetch(new URL('note.txt', link), { method: 'PUT', body });
  expect((await put('first')).status).toBe(201);
  expect((await put('second')).status).toBe(409);
  expect(readFileSync(join(serve.folder, 'note.txt'), 'utf8')).toBe('first');
});

test('tus keeps both where a name is taken', async () => {
  const { link } = await open();
  writeFileSync(join(serve.folder, 'note.txt'), 'first');
  const place = placeOf(link, await create(link, 'note.txt', 6));
  expect((await patch(place, 0, Buffer.from('second'))).status).toBe(204);
  expect(readFileSync(join(serve.folder, 'note.txt'), 'utf8')).toBe('first');
  expect(readFileSync(join(serve.folder, 'note (1).txt'), 'utf8')).toBe('second');
});

test.each(['../evil.txt', '/etc/evil', '..', '.ssh', 'a\0b', 'con', 'a/../../b', 'x\r\ny', '\u202egnp.exe'])(
  'a file named %j lands inside the folder under a harmless name',
  async (name) => {
    const { link } = await open();
    const place = placeOf(link, await create(link, name, 2));
    expect((await patch(place, 0, Buffer.from('ok'))).status).toBe(204);
    const [made = '', ...more] = readdirSync(serve.folder);
    expect(more).toEqual([]);
    expect(made).not.toMatch(/^\.|[/\\\p{Cc}\u202e]/u);
    expect(existsSync(join(serve.folder, '..', 'evil.txt'))).toBe(false);
  },
);

test('uploads do not go through a symbolic link', async () => {
  const { link } = await open();
  const outside = join(serve.folder, '..', 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(serve.folder, 'way-out'));
  expect((await create(new URL('way-out/', link), 'a.txt', 2)).status).toBe(404);
  expect((await fetch(new URL('way-out/a.txt', link), { method: 'PUT', body: 'hi' })).status).toBe(404);
  expect(readdirSync(outside)).toEqual([]);
});

test('the quota holds for what was uploaded, what is announced, and what comes without a length', async () => {
  const { link } = await open();
  expect((await create(link, 'big.bin', QUOTA + 1)).status).toBe(507);
  const place = placeOf(link, await create(link, 'half.bin', 600_000));
  expect((await create(link, 'more.bin', 600_000)).status).toBe(507);
  expect((await patch(place, 0, Buffer.alloc(600_000))).status).toBe(204);
  expect((await create(link, 'more.bin', 600_000)).status).toBe(507);
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
  });
  const endless = fetch(new URL('endless.bin', link), { method: 'PUT', body: stream, duplex: 'half' } as RequestInit);
  expect((await endless.catch(() => ({ status: 507 }))).status).toBe(507);
  await expect.poll(() => readdirSync(serve.folder)).toEqual(['half.bin']);
});

test('an upload that is given up leaves nothing', async () => {
  const { link, id } = await open();
  const place = placeOf(link, await create(link, 'a.bin', 10));
  expect(readdirSync(serve.folder)).toHaveLength(1);
  expect((await fetch(place, { method: 'DELETE', headers: tus })).status).toBe(204);
  expect(readdirSync(serve.folder)).toEqual([]);
  await create(link, 'b.bin', 10);
  await serve.shares.revoke([id]);
  await expect.poll(() => readdirSync(serve.folder)).toEqual([]);
});

test('unfinished files are neither listed nor served', async () => {
  const { link } = await open();
  const place = placeOf(link, await create(link, 'a.bin', 10));
  await patch(place, 0, Buffer.from('12345'));
  const [part = ''] = readdirSync(serve.folder);
  expect((await fetch(new URL(part, link))).status).toBe(404);
  expect(await (await fetch(link)).text()).not.toContain(part);
});

test('the quota holds for uploads that begin at once', async () => {
  const { link } = await open();
  const names = Array.from({ length: 6 }, (_, index) => `${index}.bin`);
  const answers = await Promise.all(names.map((name) => create(link, name, QUOTA)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 507, 507, 507, 507, 507]);
});
