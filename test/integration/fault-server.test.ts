/** The fault server does what its rows say; what a download makes of it is tested with the downloads. */
import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faults, USUAL_SIZE } from '../servers/faults/index.ts';
import { startFaultServer, type FaultServer } from '../servers/fault-server.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { rawGet } from '../servers/raw-request.ts';

let server: FaultServer;
beforeAll(async () => {
  server = await startFaultServer();
});
afterAll(() => server.close());

const MIB = 1 << 20;
const localhostHas = async (family: number) =>
  (await lookup('localhost', { all: true })).some((address) => address.family === family);
const contentRange = (head: string) => /^content-range: (.*)$/im.exec(head)?.[1];

test('the rows are 1 to 72, in order', () => {
  expect(faults.map(({ number }) => number)).toEqual(Array.from({ length: 72 }, (_, i) => i + 1));
});

describe('every row and variant answers a first request, and says so in its log', () => {
  const all = faults.flatMap(({ number, variants = [undefined] }) => variants.map((variant) => ({ number, variant })));
  test.concurrent.for(all)('$number $variant', async ({ number, variant }, { skip }) => {
    if (number === 62) skip(!(await localhostHas(variant === 'no-ipv6' ? 4 : 6)), 'localhost has no such address here');
    const run = await server.play(number, {
      size: number === 49 ? 0 : 65_536,
      ...(variant !== undefined && { variant }),
    });
    const ask = () => rawGet(run.url, { range: 'bytes=0-' }, { most: 1000, patience: 300, ca: server.certificate });
    let response = await ask();
    for (let i = 0; number === 61 && i < 2; i += 1) response = await ask();
    const isSilent = [17, 21].includes(number) || variant === 'fresh';
    expect(response.status > 0, `status ${response.status}`).toBe(!isSilent);
    expect(run.exchanges.length).toBe(1);
  });
});

test('by hand: `npm run faults -- 47` prints a link for any client, and each exchange with what was asked', async () => {
  const byHand = spawn(process.execPath, [join(import.meta.dirname, '../servers/faults-cli.ts'), '47', 'error'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(byHand, 'close');
  try {
    const lines = createInterface(byHand.stdout)[Symbol.asyncIterator]();
    const next = async (what: RegExp) => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`it ended without ${what}`);
        if (what.test(value)) return value;
      }
    };
    const link = await next(/^http:/);
    expect(link).toContain('/47/');
    expect(await next(/sha-256:[0-9a-f]{64}$/)).toMatch(/^4200000 bytes/);
    expect((await rawGet(link, { range: 'bytes=0-' }, { most: USUAL_SIZE })).body.length).toBe(USUAL_SIZE / 4);
    expect(await next(/^#1 /)).toMatch(/GET \/47\/.* {2}range: bytes=0- {2}-> {2}200, 1050000 bytes$/);
    byHand.stdin.write('\n');
    expect(await next(/^http:/), 'Enter gives a fresh run').not.toBe(link);
  } finally {
    byHand.kill();
    await ended;
  }
});

test('2: the link works once', async () => {
  const { url, size } = await server.play(2);
  const first = await rawGet(url, { range: 'bytes=0-' }, { most: size });
  expect([first.status, first.head.includes('content-range')]).toEqual([200, false]);
  expect((await rawGet(url)).status).toBe(410);
});

test('8: a 206 from another place than asked, labelled as such', async () => {
  const { url, size } = await server.play(8);
  expect((await rawGet(url)).ended).toBe('closed');
  const wrong = await rawGet(url, { range: `bytes=${size / 2}-` }, { most: 1000 });
  expect(contentRange(wrong.head)).toBe(`bytes ${size / 2 - 4096}-${size - 1}/${size}`);
  const right = await rawGet(url, { range: `bytes=${size / 2}-` }, { most: 1000 });
  expect(contentRange(right.head)).toBe(`bytes ${size / 2}-${size - 1}/${size}`);
});

test('24: If-Match meets a 412 once the file has changed', async () => {
  const run = await server.play(24, { size: MIB, rate: 100 * MIB });
  const first = await rawGet(run.url, {}, { most: MIB });
  const etag = /^etag: (.*)$/im.exec(first.head)?.[1] ?? '';
  const second = await rawGet(run.url, { range: `bytes=${MIB / 2}-${MIB - 1}`, 'if-match': etag });
  expect([second.status, second.body.length]).toEqual([412, 0]);
  expect(await run.currentSha256()).not.toBe(run.sha256);
});

test('30: the same change without preconditions gives the other file under another ETag', async () => {
  const run = await server.play(30, { size: MIB, rate: 100 * MIB });
  const first = await rawGet(run.url, {}, { most: MIB });
  const etag = /^etag: (.*)$/im.exec(first.head)?.[1] ?? '';
  const second = await rawGet(run.url, { range: `bytes=${MIB / 2}-${MIB - 1}`, 'if-match': etag }, { most: MIB / 2 });
  expect(second.status).toBe(206);
  expect(second.head).not.toContain(etag);
});

test('35: each response breaks off, and resuming gives the file', async () => {
  const { url, size } = await server.play(35);
  const pieces: Buffer[] = [];
  for (let at = 0; at < size;) {
    const { body, ended } = await rawGet(url, { range: `bytes=${at}-` }, { patience: 200 });
    expect(ended).toBe(at + body.length === size ? 'open' : 'closed');
    pieces.push(body);
    at += body.length;
  }
  expect(pieces.length).toBe(4);
  expect(Buffer.concat(pieces).equals(generatedBytes(35).read(0, size))).toBe(true);
});

test('37: a chunked body that stops making sense', async () => {
  const { url } = await server.play(37);
  const { head, body } = await rawGet(url);
  expect(head).toMatch(/transfer-encoding: chunked/i);
  expect(body.includes('\r\nzzzz\r\n')).toBe(true);
});

test('47: the golden sequence, one intact file', async () => {
  const { url, size, sha256 } = await server.play(47);
  const whole = generatedBytes(47).read(0, size);
  const seen = [];
  for (const range of [
    'bytes=0-',
    `bytes=${size / 4}-`,
    `bytes=${size / 2}-`,
    `bytes=${size / 2}-`,
    `bytes=${size / 2}-`,
  ]) {
    const { status, head, body } = await rawGet(url, { range }, { patience: 200 });
    const start = status === 206 ? Number(/bytes (\d+)/.exec(contentRange(head) ?? '')?.[1]) : 0;
    const isFile = body.equals(whole.subarray(start, start + body.length));
    seen.push([status, isFile, body.length / size]);
  }
  expect(seen).toEqual([
    [200, true, 0.25],
    [206, true, 0.25],
    [404, false, expect.any(Number)],
    [200, true, 0.75],
    [206, true, 0.5],
  ]);
  expect(sha256).toBe(await generatedBytes(47).sha256(size));
});

test('51: the first signed target works until it has been cut, the next one to the end', async () => {
  const run = await server.play(51);
  const location = async () => /^location: (.*)$/im.exec((await rawGet(run.url)).head)?.[1] ?? '';
  const first = server.origins.http + (await location());
  expect((await rawGet(first, { range: 'bytes=0-' })).ended).toBe('closed');
  expect((await rawGet(first, { range: 'bytes=2097152-' })).status).toBe(403);
  const second = server.origins.http + (await location());
  expect((await rawGet(second, { range: 'bytes=2097152-' }, { most: 1000 })).status).toBe(206);
});

test('58: a third response at a time is turned away', async () => {
  const { url } = await server.play(58, { size: MIB, rate: 2 * MIB });
  const all = await Promise.all([1, 2, 3].map(() => rawGet(url, { range: 'bytes=0-' }, { most: MIB })));
  expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([206, 206, 429]);
});

test('60: the first connection stalls, the second does not', async () => {
  const { url, size } = await server.play(60);
  const first = await rawGet(url, {}, { most: size });
  expect([first.ended, first.body.length]).toEqual(['open', size / 4]);
  expect((await rawGet(url, {}, { most: size })).body.length).toBeGreaterThan(size / 2);
});

test('61: two handshakes are reset, the third holds', async () => {
  const { url } = await server.play(61);
  const outcomes = [];
  for (let i = 0; i < 3; i += 1) {
    const { status, ended } = await rawGet(url, {}, { most: 100, ca: server.certificate });
    outcomes.push(status || ended);
  }
  expect(outcomes).toEqual(['reset', 'reset', 200]);
});

test('63: gone for three seconds, then back', async () => {
  const { url, size } = await server.play(63);
  expect((await rawGet(url, {}, { patience: 2000 })).ended).toBe('reset');
  expect((await rawGet(url)).ended).toBe('reset');
  await expect.poll(async () => (await rawGet(url, {}, { most: 100 })).status).toBe(200);
  expect(size).toBe(USUAL_SIZE);
});

test('72: one byte is wrong, and the digest told is the right one', async () => {
  const { url, size, sha256 } = await server.play(72);
  const { head, body } = await rawGet(url, {}, { patience: 300 });
  const whole = generatedBytes(72).read(0, size);
  const wrong = [...body.keys()].filter((i) => body[i] !== whole[i]);
  expect(wrong).toEqual([size / 2]);
  expect(head).toContain(Buffer.from(sha256, 'hex').toString('base64'));
});
