/** What a source says that is hard to keep: ids that no field can hold, messages just before a connection breaks. */
import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { type CaptureHome, captureHome } from './capture-world.ts';

let home: CaptureHome;
const closing: (() => void)[] = [];
beforeEach(async () => {
  home = await captureHome();
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  for (const close of closing.splice(0)) close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = http.createServer(answer).listen(0, '127.0.0.1');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const dataOf = (line: string) => (JSON.parse(line) as { data: unknown }).data;

test.each([
  ['a control character', 'a\u0001b', undefined],
  ['more than a head may hold', 'h'.repeat(20_000), undefined],
  ['letters of any script', 'ü–日本', Buffer.from('ü–日本').toString('latin1')],
])('an event id with %s does not end a capture', async (_, id, said) => {
  const ids: unknown[] = [];
  const url = await serve((request, response) => {
    ids.push(request.headers['last-event-id']);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end(`retry: 10\nid: ${id}\ndata: ${ids.length}\n\n`);
  });
  const job = home.capture({ kind: 'sse', url });
  // The same id with other data is another event.
  await home.captured(job, 3);
  expect(ids.slice(0, 3)).toEqual([undefined, said, said]);
});

const COUNT = 3_000;

/** Says all its messages on the first connection, and then something that breaks it. */
async function talkative(breakIt: (socket: Socket, send: (text: string) => void) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  closing.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  let isFirst = true;
  server.on('connection', (socket, request) => {
    socket.on('error', () => {});
    if (!isFirst) return;
    isFirst = false;
    for (let n = 1; n <= COUNT; n += 1) socket.send(String(n));
    breakIt(request.socket, (text) => socket.send(text));
  });
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test.each<[string, Parameters<typeof talkative>[0]]>([
  ['a frame that is none', (socket) => void socket.write(Buffer.from([0x83, 0x00]))],
  ['a message that is too large', (_socket, send) => send('y'.repeat(100_000))],
])('all messages before %s are kept', async (_, breakIt) => {
  const url = await talkative(breakIt);
  const job = home.capture({ kind: 'websocket', url }, { queue: { records: 10_000, bytes: 65_536 } });
  await home.captured(job, COUNT);
  const lines = await home.finished(job);
  expect(lines.map((line) => Number(dataOf(line)))).toEqual(Array.from({ length: COUNT }, (__, n) => n + 1));
});

test('all lines before a connection breaks off are kept, however slowly they are taken', async () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `{"n":${n + 1},"pad":"${'x'.repeat(80)}"}\n`);
  let isFirst = true;
  const url = await serve((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    response.flushHeaders();
    if (!isFirst) return;
    isFirst = false;
    // In order, but without the last chunk: as a killed server's system ends it.
    response.write(lines.join(''), () => request.socket.end());
  });
  const job = home.capture({ kind: 'lines', url }, { queue: { records: 100, bytes: 65_536 } });
  await home.captured(job, lines.length);
  expect((await home.finished(job)).map((line) => `${line}\n`)).toEqual(lines);
});

test('a text that is polled keeps its byte order mark', async () => {
  const url = await serve((_request, response) => void response.end('\ufeffhello'));
  const job = home.capture({ kind: 'poll', url, interval: 0.1, changesOnly: true });
  await home.captured(job, 1);
  expect(dataOf((await home.finished(job))[0] ?? '')).toBe('\ufeffhello');
});
