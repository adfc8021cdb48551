/** Folders as ZIP archives: readable by everybody, with a length, and resumable at any byte. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacks } from '../bench/programs.ts';
import { ZipThread } from '../../electron/engine/serve/zip-thread.ts';
import { ZipPlan } from '../../electron/engine/serve/zip-plan.ts';
import { unzip } from '../tools/unzip.ts';
import { ask, folderTarget, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let link: URL;
const files: Readonly<Record<string, Buffer>> = {
  'a.txt': Buffer.from('hello'),
  'empty.bin': Buffer.alloc(0),
  'sub/big.bin': randomBytes(3_000_000),
  'sub/naïve ☃.txt': Buffer.from('snow'),
  'sub/deep/b.bin': randomBytes(70_000),
};

beforeEach(async () => {
  serve = serving();
  mkdirSync(join(serve.folder, 'sub', 'deep'), { recursive: true });
  mkdirSync(join(serve.folder, 'sub', 'nothing'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(serve.folder, name), bytes);
  ({ link } = await serve.add(folderTarget(serve.folder)));
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

const zip = (query = '?zip=1', ...fields: string[]) => ask(link, `${link.pathname}${query}`, ...fields);

test('all of it, with the length that was said', async () => {
  const answer = await zip();
  expect(answer.status).toBe(200);
  expect(answer.complete).toBe(true);
  expect(answer.fields['content-type']).toBe('application/zip');
  expect(answer.fields['content-disposition']).toMatch(/^attachment; filename=.*\.zip/);
  const found = unzip(answer.body);
  for (const [name, bytes] of Object.entries(files)) expect(found[name]?.equals(bytes)).toBe(true);
  expect(Object.keys(found)).toContain('sub/nothing/');
});

test('only what was chosen', async () => {
  const found = unzip((await zip('?zip=1&name=a.txt&name=sub')).body);
  expect(Object.keys(found)).toContain('sub/deep/b.bin');
  expect(Object.keys(found)).not.toContain('empty.bin');
});

test('any range is the same bytes, also where nothing before it was read', async () => {
  const whole = (await zip()).body;
  // A server that never saw the archive: it has to know checksums of files that it does not send.
  const fresh = await serve.reopen();
  await expect.poll(() => fresh.list()[0]?.links.length).toBe(1);
  link = new URL(fresh.list()[0]?.links[0] ?? '');
  for (const start of [whole.length - 10, whole.length - 400, whole.length - 80_000, 2_500_000, 100, 31, 0]) {
    const part = await zip('?zip=1', `Range: bytes=${start}-`);
    expect([start, part.status]).toEqual([start, 206]);
    expect(part.body.equals(whole.subarray(start))).toBe(true);
  }
  const [a, b] = [1_000_000, 1_200_000];
  expect((await zip('?zip=1', `Range: bytes=${a}-${b - 1}`)).body.equals(whole.subarray(a, b))).toBe(true);
});

test('a folder that changed is another archive: a resume gets all of the new one', async () => {
  const first = await zip();
  writeFileSync(join(serve.folder, 'a.txt'), 'HELLO');
  const second = await zip('?zip=1', `If-Range: ${first.fields['etag']}`, 'Range: bytes=100-');
  expect(second.status).toBe(200);
  expect(unzip(second.body)['a.txt']?.toString()).toBe('HELLO');
});

test('no date tells archives apart: a file may go, or be replaced by an older one', async () => {
  const first = await zip();
  expect(first.fields['last-modified']).toBeUndefined();
  const date = new Date().toUTCString();
  rmSync(join(serve.folder, 'a.txt'));
  expect((await zip('?zip=1', `If-Modified-Since: ${date}`)).status).toBe(200);
  expect((await zip('?zip=1', `If-Range: ${date}`, 'Range: bytes=100-')).status).toBe(200);
});

test('a file that changes after its archive was begun ends the connection: no byte of the new one comes', async () => {
  // More than sockets hold: the reader stops before it is read.
  writeFileSync(join(serve.folder, 'z.bin'), Buffer.alloc(64 * 2 ** 20, 1));
  const socket = connect(Number(link.port), link.hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(`GET ${link.pathname}?zip=1 HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  writeFileSync(join(serve.folder, 'z.bin'), Buffer.alloc(64 * 2 ** 20, 2));
  socket.resume();
  await once(socket, 'close');
  const got = Buffer.concat(chunks);
  const length = Number(/content-length: (\d+)/i.exec(got.toString('latin1', 0, 2000))?.[1]);
  expect(got.length).toBeLessThan(length);
  expect(got.includes(Buffer.alloc(1000, 2))).toBe(false);
});

test('a list of files is made once for all who ask meanwhile, and for nobody who has gone', async () => {
  const thread = new ZipThread();
  const here = new AbortController().signal;
  const gone = AbortSignal.abort();
  const lists = [here, here, gone].map((signal) => thread.list(serve.folder, null, false, signal));
  const other = thread.list(serve.folder, ['a.txt'], false, gone);
  await expect(other).rejects.toThrow('Nobody waits');
  const [first, ...others] = await Promise.all(lists);
  for (const one of others) expect(one).toBe(first);
  expect(first?.entries).toHaveLength(8);
  await thread.close();
});

test('many archives at once are each their own', async () => {
  const [all, part, again] = await Promise.all([zip(), zip('?zip=1&name=sub'), zip()]);
  expect(again.body.equals(all.body)).toBe(true);
  expect(unzip(part.body)['sub/big.bin']?.equals(files['sub/big.bin'] ?? Buffer.alloc(0))).toBe(true);
});

test('sizes beyond 4 GiB and more than 65,535 entries are planned right', () => {
  const entry = (name: string, size: number) => ({ name, path: `/x/${name}`, size, modified: 0, version: '' });
  const big = new ZipPlan([entry('big', 5 * 2 ** 30), entry('after', 10)]);
  expect(big.size).toBe(5 * 2 ** 30 + 10 + 2 * (50 + 24 + 74) + 'big'.length * 2 + 'after'.length * 2 + 98);
  const { segment } = big.at(5 * 2 ** 30 + 50 + 3 + 24 + 50 + 5);
  expect(segment).toEqual({ kind: 'data', entry: 1 });
  expect(Number(big.central(1, 0).readBigUInt64LE(46 + 5 + 20))).toBe(5 * 2 ** 30 + 50 + 3 + 24);
  const many = new ZipPlan(Array.from({ length: 70_000 }, (_, n) => entry(String(n), 0)));
  const { segment: end, offset } = many.at(many.size - 98);
  expect(offset).toBe(0);
  expect(end.kind === 'bytes' && Number(end.bytes.readBigUInt64LE(32))).toBe(70_000);
});

test.skipIf(lacks('python3'))('Python reads it', async () => {
  const path = join(serve.folder, '..', 'all.zip');
  writeFileSync(path, (await zip()).body);
  const script = `import zipfile,sys; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len(z.namelist())); z.extractall(sys.argv[1]+'.d')`;
  expect(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }).trim()).toBe('8');
  for (const [name, bytes] of Object.entries(files))
    expect(readFileSync(join(`${path}.d`, name)).equals(bytes)).toBe(true);
});
