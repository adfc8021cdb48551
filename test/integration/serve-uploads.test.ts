/** Uploads: off unless allowed, resumable, whole or not at all, under a quota, under harmless names. */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inodeMark, PART_SUFFIX } from '../../electron/engine/files/index.ts';
import { MOST_OF_ONE_SENDER } from '../../electron/engine/serve/open-uploads.ts';
import { converse } from '../conformance/exchange.ts';
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

test.each(['deleted', 'replaced'])('an upload whose unfinished file was %s says so, and holds nothing', async (how) => {
  const { link } = await open();
  const place = placeOf(link, await create(link, 'a.bin', QUOTA));
  expect((await patch(place, 0, Buffer.from('hello'))).status).toBe(204);
  const part = join(serve.folder, `a.bin${PART_SUFFIX}`);
  unlinkSync(part);
  if (how === 'replaced') writeFileSync(part, 'mine');
  const answer = await patch(place, 5, Buffer.alloc(QUOTA - 5));
  expect([answer.status, await answer.text()]).toEqual([410, 'The unfinished file is gone. Send it again.\n']);
  expect((await fetch(place, { method: 'HEAD', headers: tus })).status).toBe(404);
  // What it held of the quota is free again, and the other file is nobody's business.
  expect((await create(link, 'b.bin', QUOTA)).status).toBe(201);
  expect(existsSync(part) && readFileSync(part, 'utf8')).toBe(how === 'replaced' && 'mine');
});

test('a compressed body is not stored as if it were the file', async () => {
  const { link } = await open();
  const put = (coding: string) =>
    fetch(new URL('note.txt', link), { method: 'PUT', body: 'first', headers: { 'Content-Encoding': coding } });
  const refused = await put('gzip');
  expect([refused.status, refused.headers.get('accept-encoding')]).toEqual([415, 'identity']);
  expect(readdirSync(serve.folder)).toEqual([]);
  expect((await put('identity')).status).toBe(201);
});

test('PUT makes a file, and replaces none', async () => {
  const { link } = await open();
  const put = (body: string) => fetch(new URL('note.txt', link), { method: 'PUT', body });
  expect((await put('first')).status).toBe(201);
  expect((await put('second')).status).toBe(409);
  expect(readFileSync(join(serve.folder, 'note.txt'), 'utf8')).toBe('first');
});

test.each(['PUT HTTP/1.1, close', 'PUT HTTP/1.0'])(
  'after an upload (%s) the connection ends where its sender wants that',
  async (how) => {
    const { link } = await open();
    const [version, field] = how.endsWith('close') ? ['1.1', 'Connection: close\r\n'] : ['1.0', ''];
    const head = `PUT ${link.pathname}a.txt HTTP/${version}\r\nHost: ${link.host}\r\n${field}Content-Length: 5\r\n\r\n`;
    const { answers, closed } = await converse(Number(link.port), `${head}hello`);
    expect([answers[0]?.status, answers[0]?.fields['connection'], closed]).toEqual([201, 'close', true]);
  },
);

test('an upload that begins while its share is revoked leaves nothing', async () => {
  for (let n = 0; n < 10; n += 1) {
    const { link, id } = await open();
    const created = create(link, 'late.bin', 1000).catch(() => null);
    for (let turns = 0; turns < 10 * n; turns += 1) await setImmediate();
    await serve.shares.revoke([id]);
    await created;
  }
  await expect.poll(() => readdirSync(serve.folder)).toEqual([]);
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

test('an upload that does not move is given up by itself', async () => {
  await serve[Symbol.asyncDispose]();
  serve = serving({ limits: { patience: 200 } });
  const { link } = await open();
  await create(link, 'a.bin', 10);
  expect(readdirSync(serve.folder)).toHaveLength(1);
  await expect.poll(() => readdirSync(serve.folder)).toEqual([]);
});

test('what an upload left when Sluice died is deleted at the next start, and nothing else', async () => {
  const { link } = await open();
  await create(link, 'a.bin', 10);
  await create(link, 'b.bin', 10);
  // As a crash leaves it: what is stored, and what is on the disk.
  const [record] = serve.world.documents.all();
  await serve.shares.close();
  await expect.poll(() => readdirSync(serve.folder)).toEqual([]);
  serve.world.documents.put(record?.id ?? '', record?.value);
  const left = join(serve.folder, 'a.bin.sluice');
  writeFileSync(left, '12345');
  const value = record?.value as { unfinished: { name: string; inode: string }[] };
  expect(value.unfinished.map(({ name }) => name)).toEqual(['a.bin', 'b.bin']);
  const inode = inodeMark(statSync(left, { bigint: true }));
  const unfinished = value.unfinished.map((part) => (part.name === 'a.bin' ? { ...part, inode } : part));
  serve.world.documents.put(record?.id ?? '', { ...value, unfinished });
  // A download's, under a name that an upload had.
  writeFileSync(join(serve.folder, 'b.bin.sluice'), 'another file');
  await serve.reopen();
  await expect.poll(() => existsSync(left)).toBe(false);
  expect(readFileSync(join(serve.folder, 'b.bin.sluice'), 'utf8')).toBe('another file');
});

test('one sender may have so many unfinished uploads, and room comes back with each that ends', async () => {
  const { link } = await open();
  const made = await Promise.all(Array.from({ length: MOST_OF_ONE_SENDER }, (_, n) => create(link, `${n}.bin`, 1)));
  expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
  const put = () => fetch(new URL('more.bin', link), { method: 'PUT', body: 'x' });
  expect((await put()).status).toBe(429);
  expect((await patch(placeOf(link, made[0]!), 0, Buffer.from('x'))).status).toBe(204);
  expect((await put()).status).toBe(201);
});

test('the last of so many uploads may come without a length', async () => {
  const { link } = await open();
  await Promise.all(Array.from({ length: MOST_OF_ONE_SENDER - 1 }, (_, n) => create(link, `${n}.bin`, 1)));
  const text =
    `PUT ${link.pathname}last.bin HTTP/1.1\r\nHost: ${link.host}\r\nTransfer-Encoding: chunked\r\n\r\n` +
    `5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n`;
  expect((await converse(Number(link.port), text, { count: 1 })).answers[0]?.status).toBe(201);
  expect(readFileSync(join(serve.folder, 'last.bin'), 'utf8')).toBe('helloworld');
});

test('the quota holds for what comes without a length from many at once', async () => {
  const { link } = await open();
  const endless = async (n: number) => {
    const socket = connect(Number(link.port), link.hostname);
    socket.on('error', () => {});
    await once(socket, 'connect');
    const head = `PUT ${link.pathname}${n}.bin HTTP/1.1\r\nHost: ${link.host}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    socket.write(head);
    const piece = `ffff\r\n${'a'.repeat(65_535)}\r\n`;
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    socket.resume();
    more();
    // The end that it comes to is a reset, too.
    await new Promise((resolve) => socket.once('close', resolve));
  };
  let most = 0;
  const measure = () => {
    const sizes = readdirSync(serve.folder).map((name) => {
      try {
        return statSync(join(serve.folder, name)).size;
      } catch {
        return 0;
      }
    });
    most = Math.max(
      most,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  };
  const timer = setInterval(measure, 1);
  await Promise.all(Array.from({ length: 8 }, (_, n) => endless(n)));
  clearInterval(timer);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(QUOTA);
  await expect.poll(() => readdirSync(serve.folder)).toEqual([]);
});

test('whoever did not hear that all has come is told when they ask', async () => {
  const { link } = await open();
  const place = placeOf(link, await create(link, 'a.bin', 5));
  expect((await patch(place, 0, Buffer.from('hello'))).status).toBe(204);
  expect(await offsetOf(place)).toBe(5);
});

test('while a connection that broke still holds an upload, another gets 423 and is not final', async () => {
  await serve[Symbol.asyncDispose]();
  serve = serving({ limits: { idle: 500 } });
  const { link } = await open();
  const place = placeOf(link, await create(link, 'a.bin', 10));
  // Half open: the server does not know that nobody is there.
  const socket = connect(Number(link.port), link.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `PATCH ${place.pathname}${place.search} HTTP/1.1\r\nHost: ${link.host}\r\nUpload-Offset: 0\r\n` +
      `Content-Type: application/offset+octet-stream\r\nContent-Length: 10\r\n\r\n12345`,
  );
  await expect.poll(() => offsetOf(place)).toBe(5);
  expect((await patch(place, 5, Buffer.from('67890'))).status).toBe(423);
  await expect.poll(async () => (await patch(place, 5, Buffer.from('67890'))).status).toBe(204);
  expect(readFileSync(join(serve.folder, 'a.bin'), 'utf8')).toBe('1234567890');
});

test.each(['movie.mkv.sluice', 'MOVIE.SLUICE'])(
  'a file named %s, which nobody would see again, is not taken',
  async (name) => {
    const { link } = await open();
    const made = await create(link, name, 0);
    const shown = await (await fetch(link)).text();
    expect(made.status === 400 || shown.includes(name)).toBe(true);
    if (made.status === 400) expect(readdirSync(serve.folder)).toEqual([]);
  },
);

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
