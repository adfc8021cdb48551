/** A remote behind a share: its bytes with ranges, its identity kept, its owner's secrets hidden, its speed the reader's. */
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect } from 'node:net';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BufferPool } from '../../electron/engine/flow/index.ts';
import { firstSeen, RemoteSource } from '../../electron/engine/serve/remote-source.ts';
import { ask, serving, type Serving } from './serve-harness.ts';
import { upstreams } from './serve-upstreams.ts';

let serve: Serving;
const remotes = upstreams();
const upstream = (answer: RequestListener) => remotes.start(answer);
beforeEach(() => {
  serve = serving();
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
  remotes.close();
});

const bytes = randomBytes(2_000_000);
let etag = '"one"';

/** An honest server of `bytes`. */
function honest(requests: IncomingMessage[] = [], content = () => bytes): RequestListener {
  etag = '"one"';
  return (request, response) => {
    requests.push(request);
    const all = content();
    const match = request.headers['if-match'];
    if (match !== undefined && match !== etag) return void response.writeHead(412).end();
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = range?.[2] ? Math.min(all.length, Number(range[2]) + 1) : all.length;
    response.writeHead(range ? 206 : 200, {
      ETag: etag,
      'Content-Type': 'video/mp4',
      'Content-Length': end - start,
      'Set-Cookie': 'upstream=secret',
      ...(range ? { 'Content-Range': `bytes ${start}-${end - 1}/${all.length}` } : { 'Accept-Ranges': 'bytes' }),
    });
    response.end(all.subarray(start, end));
  };
}

const share = (url: string, more: { headers?: Record<string, string>; cache?: number } = {}) =>
  serve.add({ kind: 'remote', url, cache: 0, ...more });

test('a part that does not say which version it is of is not sent on as the one that was asked for', async () => {
  const other = randomBytes(bytes.length);
  let isSilent = false;
  const server = await upstream((request, response) => {
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const content = isSilent ? other : bytes;
    const part = content.subarray(Number(from), to === '' ? content.length : Number(to) + 1);
    response.writeHead(206, {
      ...(isSilent ? {} : { ETag: '"one"' }),
      'Content-Length': part.length,
      'Content-Range': `bytes ${from}-${Number(from) + part.length - 1}/${content.length}`,
    });
    response.end(part);
  });
  const { link } = await share(`${server}/film.mp4`);
  expect((await ask(link, link.pathname, 'Range: bytes=0-9')).body.equals(bytes.subarray(0, 10))).toBe(true);
  isSilent = true;
  const answer = await ask(link, link.pathname, 'Range: bytes=1000-1999', 'If-Range: "one"');
  expect(answer.status).toBe(200);
  expect(answer.fields['etag']).toBeUndefined();
  expect(answer.body.equals(other)).toBe(true);
});

test('all of it and parts of it are the remote’s bytes, under its tag and type', async () => {
  const { link } = await share(`${await upstream(honest())}/film.mp4`);
  expect(link.pathname).toMatch(/\/film\.mp4$/);
  const whole = await ask(link, link.pathname);
  expect(whole.body.equals(bytes)).toBe(true);
  expect(whole.fields).toMatchObject({ etag: '"one"', 'content-type': 'video/mp4', 'accept-ranges': 'bytes' });
  const part = await ask(link, link.pathname, 'Range: bytes=1000000-1499999', 'If-Range: "one"');
  expect(part.status).toBe(206);
  expect(part.body.equals(bytes.subarray(1_000_000, 1_500_000))).toBe(true);
  expect((await ask(link, link.pathname, 'If-None-Match: "one"')).status).toBe(304);
  expect((await ask(link, link.pathname, 'Range: bytes=5000000-')).fields['content-range']).toBe('bytes */2000000');
});

test('the owner’s credentials go to the remote and to nobody else; the reader’s own go nowhere', async () => {
  const requests: IncomingMessage[] = [];
  const base = await upstream(honest(requests));
  const url = `${base.replace('http://', 'http://me:pass@')}/a.mp4?signature=abc`;
  const { link } = await share(url, { headers: { 'X-Api-Key': 'key-of-owner' } });
  const answer = await ask(
    link,
    `${link.pathname}?x=1`,
    'Cookie: reader=1',
    'Authorization: Bearer reader',
    'X-Forwarded-For: 1.2.3.4',
    'User-Agent: reader',
  );
  expect(answer.status).toBe(200);
  for (const request of requests) {
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
    expect(request.headers['x-api-key']).toBe('key-of-owner');
    expect(request.headers.cookie).toBeUndefined();
    expect(request.headers['x-forwarded-for']).toBeUndefined();
    expect(request.headers['user-agent']).not.toBe('reader');
    expect(request.url).toBe('/a.mp4?signature=abc');
  }
  const told = JSON.stringify([answer.lines, serve.shares.list(), serve.world.documents.all()]);
  for (const secret of ['me:pass', 'bWU6cGFzcw', 'key-of-owner', 'signature=abc', 'upstream=secret'])
    expect(told).not.toContain(secret);
});

test('a reader cannot choose what is asked for', async () => {
  const requests: IncomingMessage[] = [];
  const base = await upstream(honest(requests));
  const { link } = await share(`${base}/a.mp4`);
  for (const path of [
    '/other',
    '/../other',
    '/http://evil.example/',
    '//evil.example/x',
    '/a.mp4/../other',
    '/a.mp4@evil.example',
  ]) {
    expect((await ask(link, `${link.pathname.replace('/a.mp4', '')}${path}`)).status).toBe(404);
  }
  expect(requests).toEqual([]);
});

test('a redirect from outside into a private network is not followed, and nothing is sent there', async () => {
  const inner: IncomingMessage[] = [];
  const secret = await upstream(honest(inner));
  const outer = await upstream(
    (_request, response) => void response.writeHead(302, { Location: `${secret}/admin` }).end(),
  );
  const pool = new BufferPool();
  // Both are on loopback here; the first one is taken for an address of the Internet.
  let asked = 0;
  const source = new RemoteSource(
    { url: `${outer}/x` },
    pool,
    () => ({}),
    firstSeen(),
    () => (asked += 1) > 1,
  );
  await expect(source.facts(AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: 'bad-redirect' });
  expect(inner).toEqual([]);
  // Where the owner's own link is private, so may the next one be.
  const both = new RemoteSource(
    { url: `${outer}/x` },
    pool,
    () => ({}),
    firstSeen(),
    () => true,
  );
  expect((await both.facts(AbortSignal.timeout(60_000))).size).toBe(bytes.length);
});

test('a name that led outside when it was shared and leads into a private network later is not asked', async () => {
  const requests: IncomingMessage[] = [];
  const target = { url: `${await upstream(honest(requests))}/x` };
  const signal = AbortSignal.timeout(60_000);
  const seen = firstSeen();
  // What DNS says: the address of a connection is taken for one of the Internet first, then for one of the network.
  const source = (isInside: boolean) =>
    new RemoteSource(
      target,
      new BufferPool(),
      () => ({}),
      seen,
      () => isInside,
    );
  expect((await source(false).facts(signal)).size).toBe(bytes.length);
  const asked = requests.length;
  await expect(source(true).facts(signal)).rejects.toMatchObject({ code: 'moved-inside' });
  expect(requests).toHaveLength(asked);
  expect((await source(false).facts(signal)).size).toBe(bytes.length);
});

test('where a link led first is kept over a restart', async () => {
  const { link } = await share(`${await upstream(honest())}/a.mp4`);
  expect((await ask(link, link.pathname, 'Range: bytes=0-9')).status).toBe(206);
  expect(serve.world.documents.all()).toMatchObject([{ value: { isInside: true } }]);
  const again = await serve.reopen();
  await expect.poll(() => again.list()[0]?.links.length).toBeGreaterThan(0);
  // The restart asks nothing, and forgets nothing.
  await again.change(again.list()[0]?.id ?? '', { name: 'Kept' });
  expect(serve.world.documents.all()).toMatchObject([{ value: { isInside: true } }]);
});

test('what little a slow remote has sent comes at once, not when a buffer is full', async () => {
  const remote = await upstream((_request, response) => {
    response.writeHead(206, { ETag: '"one"', 'Content-Range': 'bytes 0-999999/1000000', 'Content-Length': 1_000_000 });
    // And no more, ever.
    response.write(bytes.subarray(0, 10));
  });
  const { link } = await share(`${remote}/a.mp4`);
  const socket = connect(Number(link.port), link.hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  const began = bytes.subarray(0, 10).toString('latin1');
  await expect.poll(() => text.endsWith(`\r\n\r\n${began}`)).toBe(true);
  socket.destroy();
});

test('a remote without ranges is saved under its name where that was asked for', async () => {
  const address = await upstream((_request, response) => void response.writeHead(200).end('whole'));
  const { link, id } = await share(`${address}/page.html`);
  expect((await ask(link, link.pathname)).fields['content-disposition']).toMatch(/^inline; filename="?page\.html/);
  await serve.shares.change(id, { disposition: 'attachment' });
  expect((await ask(link, link.pathname)).fields['content-disposition']).toMatch(/^attachment; filename="?page\.html/);
});

test('credentials do not follow a redirect to another origin', async () => {
  const requests: IncomingMessage[] = [];
  const second = await upstream(honest(requests));
  const first = await upstream((_request, response) => void response.writeHead(302, { Location: `${second}/b` }).end());
  const { link } = await share(`${first}/a`, { headers: { Authorization: 'Bearer owner' } });
  expect((await ask(link, link.pathname)).status).toBe(200);
  for (const request of requests) expect(request.headers.authorization).toBeUndefined();
});

test('a remote that changes in the middle never makes one file out of two', async () => {
  const other = randomBytes(bytes.length);
  let current = bytes;
  const { link } = await share(`${await upstream(honest([], () => current))}/a.mp4`);
  const first = await ask(link, link.pathname, 'Range: bytes=0-999999');
  current = other;
  etag = '"two"';
  // What was believed a moment ago is proven wrong by the remote's answer: it is asked what it has now.
  const second = await ask(link, link.pathname, 'Range: bytes=1000000-', `If-Range: ${first.fields['etag']}`);
  expect(second.status).toBe(200);
  expect(second.body.equals(other)).toBe(true);
});

test('a connection that breaks in the middle is taken up where it broke', async () => {
  let broke = 0;
  const answer = honest();
  const { link } = await share(
    `${await upstream((request, response) => {
      if (request.headers.range !== 'bytes=0-1999999' || broke > 0) return answer(request, response);
      broke += 1;
      response.writeHead(206, { ETag: etag, 'Content-Range': 'bytes 0-1999999/2000000', 'Content-Length': 2_000_000 });
      response.write(bytes.subarray(0, 700_000), () => response.destroy());
    })}/a.mp4`,
  );
  expect((await ask(link, link.pathname)).body.equals(bytes)).toBe(true);
  expect(broke).toBe(1);
});

test.each([
  [404, 404],
  [410, 404],
  [401, 502],
  [403, 502],
  [500, 503],
  [503, 503],
])('a remote that says %d is told as %d, without its words', async (theirs, ours) => {
  const { link } = await share(
    `${await upstream((_request, response) => void response.writeHead(theirs).end('inner words'))}/a`,
  );
  const answer = await ask(link, link.pathname);
  expect([502, 503, 404]).toContain(answer.status);
  if (theirs !== 500) expect(answer.status).toBe(ours);
  expect(answer.body.toString()).not.toContain('inner words');
  expect(serve.shares.list()[0]?.state.kind).toBe('broken');
});

test('a remote that is not there is 502, and comes back', async () => {
  const { link } = await share('http://127.0.0.1:1/a');
  expect((await ask(link, link.pathname)).status).toBe(502);
});

test('a remote without ranges and without a length is passed on as it comes', async () => {
  const { link } = await share(
    `${await upstream((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      response.write(bytes.subarray(0, 1_000_000));
      response.end(bytes.subarray(1_000_000));
    })}/a`,
  );
  const answer = await ask(link, link.pathname, 'Range: bytes=5-9');
  expect(answer.status).toBe(200);
  expect(answer.complete).toBe(true);
  expect(answer.body.equals(bytes)).toBe(true);
});

test.each(['chunked', 'until it closes'])('what little comes without a length (%s) comes at once too', async (how) => {
  let next = () => false;
  const remote = await upstream((_request, response) => {
    if (how !== 'chunked') response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    // And no more before that has arrived.
    response.write('one\n');
    next = () => response.write('two\n');
  });
  const { link } = await share(`${remote}/live`);
  const socket = connect(Number(link.port), link.hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  await expect.poll(() => text).toContain('one\n');
  next();
  await expect.poll(() => text).toContain('two\n');
  socket.destroy();
});

test('to HTTP/1.0 an answer that breaks off does not look whole', async () => {
  const remote = await upstream((_request, response) => {
    response.writeHead(200);
    response.write(bytes.subarray(0, 1000), () => response.destroy());
  });
  const { link } = await share(`${remote}/live`);
  const socket = connect(Number(link.port), link.hostname);
  socket.resume();
  socket.write(`GET ${link.pathname} HTTP/1.0\r\nHost: ${link.host}\r\n\r\n`);
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
});

test('a reader that stops stops the remote, within a few buffers', async () => {
  const size = 256 * 2 ** 20;
  let sent = 0;
  const { link } = await share(
    `${await upstream((request, response) => {
      const range = /^bytes=(\d+)-/.exec(request.headers.range ?? '');
      const start = Number(range?.[1] ?? 0);
      response.writeHead(206, {
        ETag: '"big"',
        'Content-Range': `bytes ${start}-${size - 1}/${size}`,
        'Content-Length': size - start,
      });
      const piece = Buffer.alloc(2 ** 18);
      const more = () => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
      };
      more();
    })}/big`,
  );
  const socket = connect(Number(link.port), link.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${link.pathname} HTTP/1.1\r\nHost: ${link.host}\r\n\r\n`);
  let last = -1;
  for (let quiet = 0; quiet < 10;) {
    quiet = sent === last && sent > 0 ? quiet + 1 : 0;
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Four sockets' kernel buffers, and our few: far from all of it.
  expect(sent).toBeLessThan(100 * 2 ** 20);
  socket.destroy();
});

test('the cache answers what was read before, and keeps to its size', async () => {
  const requests: IncomingMessage[] = [];
  const { link } = await share(`${await upstream(honest(requests))}/a.mp4`, { cache: 2 ** 20 });
  expect((await ask(link, link.pathname, 'Range: bytes=0-800000')).body.equals(bytes.subarray(0, 800_001))).toBe(true);
  const before = requests.length;
  for (let n = 0; n < 5; n += 1) {
    const part = await ask(link, link.pathname, `Range: bytes=${n * 100_000}-${n * 100_000 + 99_999}`);
    expect(part.body.equals(bytes.subarray(n * 100_000, n * 100_000 + 100_000))).toBe(true);
  }
  expect(requests.length).toBe(before);
  // More than fits: the bytes are right all the same.
  expect((await ask(link, link.pathname)).body.equals(bytes)).toBe(true);
  expect(
    (await ask(link, link.pathname, 'Range: bytes=100000-1900000')).body.equals(bytes.subarray(100_000, 1_900_001)),
  ).toBe(true);
  const cache = join(serve.folder, '..', 'home', 'cache');
  expect(readdirSync(cache)).toHaveLength(1);
  await serve.shares.revoke([serve.shares.list()[0]?.id ?? '']);
  expect(readdirSync(cache)).toHaveLength(0);
});
