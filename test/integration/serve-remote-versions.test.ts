/** An answer is of one version of the remote, and says of it what the remote says; where it cannot be had it says why. */
import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, serving, type Serving } from './serve-harness.ts';
import { upstreams } from './serve-upstreams.ts';

const remotes = upstreams();
const start = (answer: RequestListener) => remotes.start(answer);
let serve: Serving;
beforeEach(() => {
  serve = serving();
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
  remotes.close();
});

const SIZE = 2_000_000;
const one = randomBytes(SIZE);
const two = randomBytes(SIZE);

type Fields = Record<string, string>;

/** A server whose file and fields may change; `cut`: its next whole answer breaks off after so many bytes. */
function changing(now: { bytes: Buffer; fields: Fields; cut?: number | undefined }): RequestListener {
  return (request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const to = range?.[2] ? Number(range[2]) + 1 : now.bytes.length;
    response.writeHead(range ? 206 : 200, {
      'Content-Length': to - from,
      ...(range ? { 'Content-Range': `bytes ${from}-${to - 1}/${now.bytes.length}` } : {}),
      ...now.fields,
    });
    const { cut } = now;
    // What it is asked first is what there is: nobody reads that.
    if (cut === undefined || range?.[2] === '') return void response.end(now.bytes.subarray(from, to));
    now.cut = undefined;
    response.write(now.bytes.subarray(from, from + cut), () => {
      now.bytes = two;
      response.destroy();
    });
  };
}

async function share(url: string, cache = 0): Promise<URL> {
  return (await serve.add({ kind: 'remote', url: `${url}/a.bin`, cache })).link;
}

const isMixed = (body: Buffer) =>
  !body.equals(one.subarray(0, body.length)) && !body.equals(two.subarray(0, body.length));

test('a remote that says nothing of versions is not asked for the rest when its connection breaks', async () => {
  const link = await share(await start(changing({ bytes: one, fields: {}, cut: 700_000 })));
  const answer = await ask(link, link.pathname);
  expect(answer.complete).toBe(false);
  expect(isMixed(answer.body)).toBe(false);
});

test('a remote that says nothing of versions, and gives little at a time, is not asked twice for one answer', async () => {
  let bytes = one;
  const remote = await start(({ headers }, response) => {
    const [, from = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    const piece = bytes.subarray(Number(from), Number(from) + 700_000);
    const range = `bytes ${from}-${Number(from) + piece.length - 1}/${SIZE}`;
    response.writeHead(206, { 'Content-Range': range, 'Content-Length': piece.length }).end(piece);
    // What it is asked first is what there is.
    if (last !== '') bytes = two;
  });
  const link = await share(remote);
  const answer = await ask(link, link.pathname);
  expect(answer.complete).toBe(false);
  expect(isMixed(answer.body)).toBe(false);
});

test('of a remote that says nothing of versions no parts are put together', async () => {
  const range = 'Range: bytes=0-99, 500-599';
  const silent = await share(await start(changing({ bytes: one, fields: {} })));
  const whole = await ask(silent, silent.pathname, range);
  expect([whole.status, whole.body.equals(one)]).toEqual([200, true]);
  const tagged = await share(await start(changing({ bytes: one, fields: { ETag: '"1"' } })));
  expect((await ask(tagged, tagged.pathname, range)).status).toBe(206);
});

const second = new Date().toUTCString();

test.each<[string, Fields]>([
  ['a weak tag', { ETag: 'W/"same"' }],
  ['a date of the second that is still running', { 'Last-Modified': second, Date: second }],
])('%s is no proof that what the cache has is of the same file', async (_, fields) => {
  const now = { bytes: one, fields };
  const link = await share(await start(changing(now)), 16 * 2 ** 20);
  await ask(link, link.pathname, 'Range: bytes=0-999999');
  now.bytes = two;
  expect(isMixed((await ask(link, link.pathname)).body)).toBe(false);
});

test.each(['gzip', 'br, gzip'])('bytes that come in a coding (%s) are said to be in it', async (coding) => {
  const fields: Fields = { 'Content-Encoding': coding, ETag: '"1"' };
  const link = await share(await start(changing({ bytes: one, fields })));
  const part = await ask(link, link.pathname, 'Range: bytes=10-19');
  expect(part.status).toBe(206);
  expect(part.fields['content-encoding']).toBe(coding);
  expect(part.body.equals(one.subarray(10, 20))).toBe(true);
  // The same of one without ranges.
  const whole = await share(await start((_request, response) => void response.writeHead(200, fields).end(one)));
  expect((await ask(whole, whole.pathname)).fields['content-encoding']).toBe(coding);
});

test.each(['W/"a', 'abc', '"a\tb"'])('a tag that is none (%j) is not passed on', async (ETag) => {
  const link = await share(await start(changing({ bytes: one, fields: { ETag } })));
  const answer = await ask(link, link.pathname, 'Range: bytes=0-9');
  expect(answer.status).toBe(206);
  expect(answer.fields['etag']).toBeUndefined();
});

describe('what the remote answers to the question for the bytes, not to the one before', () => {
  const answering = (status: number): RequestListener => {
    const fine = changing({ bytes: one, fields: { ETag: '"1"' } });
    return (request, response) => {
      if (request.headers.range === 'bytes=0-') fine(request, response);
      else response.writeHead(status).end();
    };
  };

  test.each([
    [503, 503],
    [429, 503],
    [404, 404],
    [403, 502],
    [412, 502],
  ])('%d is told as %d, of a part and of the whole', async (theirs, ours) => {
    const link = await share(await start(answering(theirs)));
    expect((await ask(link, link.pathname, 'Range: bytes=10-19')).status).toBe(ours);
    expect((await ask(link, link.pathname)).status).toBe(ours);
  });
});

test('a remote that has changed since a moment ago gives the reader what it has now', async () => {
  const now = { bytes: one, fields: { ETag: '"1"' } as Fields };
  const link = await share(await start(changing(now)));
  expect((await ask(link, link.pathname, 'Range: bytes=0-9')).fields['etag']).toBe('"1"');
  [now.bytes, now.fields] = [two, { ETag: '"2"' }];
  const answer = await ask(link, link.pathname);
  expect([answer.status, answer.fields['etag']]).toEqual([200, '"2"']);
  expect(answer.body.equals(two)).toBe(true);
});
