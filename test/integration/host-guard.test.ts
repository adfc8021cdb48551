/** Tries each way into the local server that is not ours. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createLog, readInstance, socketProtocol, tokenProtocol, type Served } from '../../electron/app/index.ts';
import { serveInstance } from '../../electron/host/index.ts';
import { engineDouble } from '../unit/app-engine-double.ts';

let home: string;
let served: Served;
let port: number;

const appIn = (folder: string) => ({
  engine: engineDouble(),
  face: 'host' as const,
  version: '1.0.0',
  home: folder,
  ports: { choosePath: null, opener: null, power: null, quit: () => {} },
  log: createLog(folder),
});

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sluice-host-'));
  const rendererDir = join(home, 'window');
  mkdirSync(join(rendererDir, 'assets'), { recursive: true });
  writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>Sluice</title>');
  writeFileSync(join(rendererDir, 'assets', 'a-1234.js'), 'export {};');
  writeFileSync(join(home, 'secret.txt'), 'TOP SECRET');
  served = await serveInstance({ app: appIn(home), home, rendererDir });
  port = Number(new URL(served.url).port);
});
afterAll(async () => {
  await served.close();
  rmSync(home, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
/** `path` goes out exactly as written: fetch would tidy it up. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body?: Buffer): Promise<Answer> {
  const outgoing = request({
    port,
    host: '127.0.0.1',
    path,
    method,
    headers: { Host: `127.0.0.1:${port}`, ...headers },
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  // A server that hangs up while the body is still going out: the answer is here already.
  outgoing.on('error', () => {});
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}
const bearer = (token = served.token) => ({ Authorization: `Bearer ${token}` });

/** The status with which a WebSocket is refused, or “open”. */
function dial(protocols: string[], headers: Record<string, string> = {}, path = '/rpc'): Promise<number | 'open'> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      expect(socket.protocol).toBe(socketProtocol);
      socket.close();
      resolve('open');
    });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
}

it('who is refused, and does not hang up, keeps no place from others', async () => {
  // As many as the host takes at once.
  const held = await Promise.all(
    Array.from({ length: 256 }, async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => {});
      socket.write(
        `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      );
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(String(answer)).toMatch(/^HTTP\/1\.1 401 /);
      await once(socket, 'end');
      return socket;
    }),
  );
  try {
    expect((await ask('/')).status).toBe(200);
  } finally {
    for (const socket of held) socket.destroy();
  }
});

describe('a page of another site', () => {
  it.each(['evil.test', 'evil.test:80', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.test', '127.0.0.1@evil.test'])(
    'whose name was rebound to this computer (Host: %s) gets nothing',
    async (host) => {
      for (const path of ['/', '/api/jobs', '/api/openapi.json']) {
        expect((await ask(path, { Host: host, ...bearer() })).status).toBe(421);
      }
      expect(await dial([socketProtocol, tokenProtocol(served.token)], { Host: host })).toBe(421);
    },
  );

  it.each(['https://evil.test', 'null', 'http://127.0.0.1', 'http://127.0.0.1:1', 'file://'])(
    'cannot call even with the token (Origin: %s)',
    async (origin) => {
      expect((await ask('/api/jobs', { Origin: origin, ...bearer() })).status).toBe(403);
      expect(await dial([socketProtocol, tokenProtocol(served.token)], { Origin: origin })).toBe(403);
    },
  );

  it('is never let in by CORS', async () => {
    const preflight = await ask(
      '/api/jobs',
      { Origin: 'https://evil.test', 'Access-Control-Request-Method': 'POST' },
      'OPTIONS',
    );
    const answers = [preflight, await ask('/'), await ask('/api/jobs', bearer())];
    for (const { headers } of answers) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });
});

it('opens nothing to the link of an earlier start: the port may have been anybody’s since', async () => {
  const own = mkdtempSync(join(tmpdir(), 'sluice-host-'));
  try {
    const earlier = await serveInstance({ app: appIn(own), home: own });
    await earlier.close();
    const later = await serveInstance({ app: appIn(own), home: own });
    try {
      expect(later.token).not.toBe(earlier.token);
      expect((await fetch(`${later.url}api/jobs`, { headers: bearer(earlier.token) })).status).toBe(401);
      expect((await fetch(`${later.url}api/jobs`, { headers: bearer(later.token) })).status).toBe(200);
    } finally {
      await later.close();
    }
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
});

describe('without the token', () => {
  it('the contract answers nobody over HTTP', async () => {
    const wrong = `${served.token.slice(0, -1)}${served.token.endsWith('A') ? 'B' : 'A'}`;
    const attempts: Record<string, string>[] = [
      {},
      bearer(wrong),
      bearer(''),
      { Authorization: `Basic ${served.token}` },
    ];
    for (const headers of attempts) {
      for (const path of ['/api/jobs', '/api/openapi.json', '/api', `/api/jobs?token=${served.token}`]) {
        const { status, body } = await ask(path, headers);
        expect(status).toBe(401);
        expect(body).not.toContain(served.token);
      }
    }
  });

  it.each([
    ['no token', () => [socketProtocol]],
    ['a wrong token', () => [socketProtocol, tokenProtocol('x'.repeat(43))]],
    ['the token alone, without our protocol', () => [tokenProtocol(served.token)]],
    ['the token in another form', () => [socketProtocol, served.token]],
  ])('a WebSocket with %s is refused', async (_name, protocols) => {
    expect(await dial(protocols())).toBe(401);
  });

  it('a WebSocket elsewhere than /rpc is refused', async () => {
    expect(await dial([socketProtocol, tokenProtocol(served.token)], {}, '/')).toBe(404);
  });
});

it('our own page, a script and a terminal get in', async () => {
  expect((await ask('/api/jobs', bearer())).body).toBe('[]');
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
    const headers = { Host: `${name}:${port}`, Origin: `http://${name}:${port}` };
    expect((await ask('/api/jobs', { ...headers, ...bearer() })).status).toBe(200);
    expect(await dial([socketProtocol, tokenProtocol(served.token)], headers)).toBe('open');
  }
});

describe('the window’s files', () => {
  it('come with the security fields, and hashed ones may be kept for ever', async () => {
    const page = await ask('/');
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<title>Sluice') as string });
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    const script = await ask('/assets/a-1234.js');
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect((await ask('/index.html?x=1', {}, 'HEAD')).body).toBe('');
    expect((await ask('/', {}, 'POST')).status).toBe(405);
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/assets/..\\..\\secret.txt',
    '//secret.txt',
    '/./../secret.txt',
    '/index.html%00.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    'secret.txt',
    `http://127.0.0.1/../secret.txt`,
  ])('do not lead out of their folder: %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBeOneOf([400, 404]);
    expect(body).not.toContain('TOP SECRET');
  });
});

describe('more than it takes', () => {
  it('a body above the limit is refused, announced or not', async () => {
    const body = Buffer.alloc(9_000_000, 'x');
    const json = { 'Content-Type': 'application/json', ...bearer() };
    const announced = await ask('/api/jobs', { ...json, 'Content-Length': String(body.length) }, 'POST', body).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    const chunked = await ask('/api/jobs', { ...json, 'Transfer-Encoding': 'chunked' }, 'POST', body).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    // The server answers and hangs up; a client that is still sending may see only that.
    for (const result of [announced, chunked]) {
      expect(typeof result === 'object' ? result.status : result).toBeOneOf([413, 'EPIPE', 'ECONNRESET']);
    }
    expect((await ask('/api/jobs', bearer())).body).toBe('[]');
  });

  it('a message above the limit closes its WebSocket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, [socketProtocol, tokenProtocol(served.token)]);
    await once(socket, 'open');
    socket.send('x'.repeat(9_000_000));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
  });

  it('a head above the limit is refused', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
  });

  it('more windows than there can be are turned away', async () => {
    const protocols = [socketProtocol, tokenProtocol(served.token)];
    const sockets = Array.from({ length: 32 }, () => new WebSocket(`ws://127.0.0.1:${port}/rpc`, protocols));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    expect(await dial(protocols)).toBe(503);
    await Promise.all(
      sockets.map((socket) => {
        socket.close();
        return once(socket, 'close');
      }),
    );
    await expect.poll(() => dial(protocols)).toBe('open');
  });
});

it('the link keeps its token out of requests, and instance.json has it for this person’s other programs', () => {
  const link = new URL(served.link);
  expect(link.search).toBe('');
  expect(link.hash).toBe(`#token=${served.token}`);
  expect(Buffer.from(served.token, 'base64url')).toHaveLength(32);
  expect(readInstance(home)).toMatchObject({ port, token: served.token, pid: process.pid, window: true });
});
