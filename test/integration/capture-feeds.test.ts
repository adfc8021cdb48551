/** Each kind of feed, from its source through a whole engine into files. */
import { existsSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordOf, startFeedServer, type FeedServer, type FeedServerOptions } from '../servers/feed-server.ts';
import { type CaptureHome, captureHome, numbersOf, upTo } from './capture-world.ts';

let home: CaptureHome;
let server: FeedServer;
beforeEach(async () => {
  home = await captureHome();
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await server.close();
});

async function serve(options: FeedServerOptions = {}): Promise<void> {
  server = await startFeedServer(options);
}

const parse = (line: string | undefined) => JSON.parse(line ?? '') as Record<string, unknown>;

describe('lines', () => {
  test.each(['', '?gzip'])('are written as they came (/lines%s)', async (query) => {
    await serve({ total: 2500 });
    const id = home.capture({ kind: 'lines', url: `${server.origin}/lines${query}` });
    await home.captured(id, 2500);
    const lines = await home.finished(id);
    expect(lines).toEqual(upTo(2500).map((n) => JSON.stringify(recordOf(n))));
    expect(await home.list()).toEqual(['feed-000001.ndjson', 'feed-000001.ndjson.index']);
    expect(home.job(id)).toMatchObject({ rows: 2500, files: 1, dropped: 0, size: lines.join('\n').length + 1 });
  });

  test('are followed through redirects, and asked for again when the connection breaks: a gap says so', async () => {
    await serve({ total: 100 });
    const id = home.capture({ kind: 'lines', url: `${server.origin}/moved?to=/lines` });
    await home.captured(id, 100);
    server.raw('{"torn":');
    server.cut();
    await home.soon(() => !home.detail(id).connected);
    await home.soon(() => home.detail(id).connected);
    server.publish(50);
    await home.captured(id, 150);
    expect(home.detail(id).gaps).toMatchObject([{ why: 'disconnected', to: expect.any(Number), records: null }]);
    expect(numbersOf(await home.finished(id))).toEqual(upTo(150));
  });

  test('of an answer with an end are read once, and the capture is complete', async () => {
    await serve();
    const id = home.capture({ kind: 'lines', url: `${server.origin}/finite` });
    await home.reaches(id, 'completed');
    expect(await home.list()).toEqual(['feed-000001.txt', 'feed-000001.txt.index']);
    expect(home.job(id)).toMatchObject({ rows: 3, size: 10 });
  });
});

describe('answers that last until the connection closes', () => {
  /** Says these bodies, a connection each, and hangs up in order: as a server does that dies. The last one again and again. */
  async function sayAndClose(type: string, ...bodies: string[]): Promise<{ url: string } & AsyncDisposable> {
    let asked = 0;
    const dying = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const body = bodies[Math.min(asked, bodies.length - 1)] ?? '';
        asked += 1;
        socket.end(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nConnection: close\r\n\r\n${body}`);
      });
    });
    dying.listen(0, '127.0.0.1');
    await once(dying, 'listening');
    return {
      url: `http://127.0.0.1:${(dying.address() as AddressInfo).port}/`,
      [Symbol.asyncDispose]: async () => {
        dying.close();
        await once(dying, 'close');
      },
    };
  }

  test('may end in the middle of a line: half a line is no record', async () => {
    await serve();
    await using dying = await sayAndClose('application/x-ndjson', '{"n":1}\n{"n":2,"te', '{"n":3}\n');
    const id = home.capture({ kind: 'lines', url: dying.url });
    await home.captured(id, 2);
    const lines = await home.finished(id);
    expect(numbersOf(lines).slice(0, 2)).toEqual([1, 3]);
  });

  test('may end in the middle of a polled document: it is asked for again', async () => {
    await serve();
    await using dying = await sayAndClose('application/json', '{"n":1', '{"n":2}');
    const id = home.capture({ kind: 'poll', url: dying.url, interval: 1, changesOnly: true });
    await home.captured(id, 1);
    expect(numbersOf(await home.finished(id))).toEqual([2]);
  });
});

describe('an event stream', () => {
  test('goes on after the last event id, and what is sent once more is passed over', async () => {
    await serve({ total: 1000, retry: 10, overlap: 20, cutAfter: () => 300 });
    const id = home.capture({ kind: 'sse', url: `${server.origin}/events` });
    await home.captured(id, 1000);
    expect(server.cuts).toBeGreaterThanOrEqual(3);
    expect(server.asked.slice(0, 2)).toEqual(['/events', '/events 300']);
    expect(numbersOf(await home.finished(id))).toEqual(upTo(1000));
  });

  test('goes on after the last event id also where a redirect leads, and gives its secrets to nobody else', async () => {
    await serve({ total: 10, retry: 10 });
    const other = await startFeedServer();
    const url = `${other.origin}/moved?to=${server.origin}/events`;
    const id = home.capture({ kind: 'sse', url, headers: { Authorization: 'Bearer s3cret' } });
    await home.captured(id, 10);
    server.cut();
    server.publish(10);
    await home.captured(id, 20);
    expect(server.asked).toEqual(['/events', '/events 10']);
    expect(server.secrets).toEqual([]);
    expect(other.secrets).toEqual(['Bearer s3cret', 'Bearer s3cret']);
    expect(numbersOf(await home.finished(id))).toEqual(upTo(20));
    await other.close();
  });

  test('is written with id, type and data: JSON stays JSON', async () => {
    await serve();
    const id = home.capture({ kind: 'sse', url: `${server.origin}/events` });
    await home.soon(() => server.asked.length === 1 && home.detail(id).connected);
    server.raw('id: a\nevent: trade\ndata: {"price":\r\ndata: 1.50}\n\ndata: two\ndata: lines\n\ndata: {no json\n\n');
    await home.captured(id, 3);
    const [first, second, third] = await home.finished(id);
    expect(first).toMatch(/^\{"at":"[-0-9T:.]+Z","id":"a","event":"trade","data":\{"price": 1\.50\}\}$/);
    expect(parse(second)['data']).toBe('two\nlines');
    expect(parse(third)['data']).toBe('{no json');
  });

  test('ends where the source says so (204): the capture is complete', async () => {
    await serve({ total: 10, retry: 10 });
    const id = home.capture({ kind: 'sse', url: `${server.origin}/events` });
    await home.captured(id, 10);
    server.refuse(204);
    server.cut();
    await home.reaches(id, 'completed');
    expect(home.job(id).rows).toBe(10);
  });

  test('that asks for patience gets it, and its gap says that the source was the reason', async () => {
    await serve({ total: 10, retry: 10 });
    const id = home.capture({ kind: 'sse', url: `${server.origin}/events` });
    await home.captured(id, 10);
    server.refuse(503, { 'Retry-After': '1' });
    server.cut();
    await server.nextRequest();
    const refused = performance.now();
    server.refuse(null);
    await server.nextRequest();
    expect(performance.now() - refused).toBeGreaterThan(900);
    server.publish(5);
    await home.captured(id, 15);
    expect(numbersOf(await home.finished(id))).toEqual(upTo(15));
  });

  test('that is a web page is refused with a sentence', async () => {
    await serve();
    const id = home.capture({ kind: 'sse', url: `${server.origin}/finite` });
    const job = await home.until(id, () => home.job(id).state.kind === 'failed').catch(() => home.job(id));
    expect(job.state).toMatchObject({ kind: 'failed', failure: { code: 'not-a-feed' } });
  });

  test('whose login is refused later asks the person, with all kept', async () => {
    await serve({ total: 10, retry: 10 });
    const id = home.capture({ kind: 'sse', url: `${server.origin}/events` });
    await home.captured(id, 10);
    server.refuse(401);
    server.cut();
    await home.asks(id, 'login-needed');
    server.refuse(null);
    server.publish(10);
    home.engine.retry([id]);
    await home.captured(id, 20);
    expect(numbersOf(await home.finished(id))).toEqual(upTo(20));
  });

  test('with an event larger than the queue leaves that one out and goes on', async () => {
    await serve();
    const id = home.capture(
      { kind: 'sse', url: `${server.origin}/events` },
      { queue: { records: 100, bytes: 10_000 } },
    );
    await home.soon(() => server.asked.length === 1 && home.detail(id).connected);
    server.raw(`data: first\n\ndata: ${'x'.repeat(50_000)}\n\ndata: last\n\n`);
    await home.captured(id, 2);
    expect(home.detail(id)).toMatchObject({ gaps: [{ why: 'dropped', records: 1 }] });
    expect((await home.finished(id)).map((line) => parse(line)['data'])).toEqual(['first', 'last']);
    expect(home.job(id).dropped).toBe(1);
  });
});

describe('a WebSocket', () => {
  test('that speaks first is heard from its first word', async () => {
    await serve({ greeting: 'welcome' });
    const ids = upTo(5).map((n) => home.capture({ kind: 'websocket', url: server.socketUrl }, { name: `feed-${n}` }));
    for (const id of ids) await home.captured(id, 1);
    for (const id of ids) home.engine.finish([id]);
    for (const id of ids) expect(await home.reaches(id, 'completed')).toMatchObject({ rows: 1 });
  });

  test('gives a record a message, binary ones in base64, and is opened again', async () => {
    await serve();
    const id = home.capture({ kind: 'websocket', url: server.socketUrl });
    await home.soon(() => server.asked.length === 1 && home.detail(id).connected);
    server.message('{"n":1}');
    server.message('hello');
    server.message(Buffer.from([0, 255]));
    await home.captured(id, 3);
    server.cut();
    await home.soon(() => server.asked.length === 2 && home.detail(id).connected);
    server.message('back');
    await home.captured(id, 4);
    const records = (await home.finished(id)).map(parse);
    expect(records).toMatchObject([{ data: { n: 1 } }, { data: 'hello' }, { base64: 'AP8=' }, { data: 'back' }]);
  });

  test('that is none is refused', async () => {
    await serve();
    const id = home.capture({ kind: 'websocket', url: server.socketUrl.replace('/socket', '/finite') });
    await home.soon(() => home.job(id).state.kind === 'failed');
    expect(home.job(id).state).toMatchObject({ failure: { code: 'http-status', params: { status: 400 } } });
  });
});

describe('a URL that is polled', () => {
  const interval = 0.1;
  test('gives a record each time', async () => {
    await serve();
    const id = home.capture({ kind: 'poll', url: `${server.origin}/poll`, interval, changesOnly: false });
    await home.captured(id, 3);
    const records = (await home.finished(id)).map(parse);
    expect(records[0]).toMatchObject({ status: 200, etag: '"0"', data: { value: 0 } });
    expect(records.length).toBeGreaterThanOrEqual(3);
  });

  test.each(['"1"', null])('for changes only gives one a change, over a restart too (ETag %s)', async (etag) => {
    await serve();
    server.setPoll('a', etag);
    const id = home.capture({ kind: 'poll', url: `${server.origin}/poll`, interval, changesOnly: true });
    await home.soon(() => server.asked.length >= 4 && home.job(id).rows > 0);
    expect(home.job(id).rows).toBe(1);
    await home.restart();
    const before = server.asked.length;
    await home.soon(() => server.asked.length >= before + 2);
    server.setPoll('b', etag === null ? null : '"2"');
    await home.captured(id, 2);
    expect((await home.finished(id)).map((line) => parse(line)['data'])).toEqual(['a', 'b']);
  });
});

test('cancelling takes the unfinished file and its index away, and nothing else', async () => {
  await serve({ total: 10 });
  const id = home.capture(
    { kind: 'sse', url: `${server.origin}/events` },
    { rotation: { bytes: 300, seconds: null, naming: 'number' } },
  );
  await home.captured(id, 10);
  const part = home.engine.fileOf(id);
  expect(existsSync(part)).toBe(true);
  home.engine.cancel([id]);
  // The file goes first, then its index.
  const unfinished = () => readdirSync(home.files).filter((name) => name.endsWith('.sluice'));
  await home.soon(() => home.job(id).state.kind === 'cancelled' && unfinished().length === 0);
  const names = await home.list();
  expect(names).toContain('feed-000001.ndjson');
  expect(existsSync(join(home.files, 'feed-000001.ndjson.index'))).toBe(true);
});
