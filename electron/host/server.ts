/**
 * The local server: the window's files, the contract over WebSocket (/rpc) and over HTTP (/api). Loopback only; every
 * rule of who may ask is in guard.ts.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SluiceError } from '../../shared/failure.ts';
import {
  createRouter,
  removeInstance,
  safeHeaders,
  windowFiles,
  writeInstance,
  type Served,
  type ServeOptions,
} from '../app/index.ts';
import { createApi } from './api.ts';
import { refuseBearer, refuseHost, refuseOrigin, refuseSocketToken, type Refusal } from './guard.ts';
import { createSockets } from './sockets.ts';
import { serveWindow } from './serve-window.ts';

/** Starts the server, and writes `instance.json` so that other processes of this person find it. */
export async function serveInstance({ app, home, rendererDir, port = 0 }: ServeOptions): Promise<Served> {
  const token = randomBytes(32).toString('base64url');
  const router = createRouter(app);
  const api = createApi(router, app.version);
  const sockets = createSockets(router);
  const files = rendererDir === undefined ? () => undefined : windowFiles(rendererDir);
  let bound = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value);
    const path = pathOf(request);
    const isApi = path === '/api' || path.startsWith('/api/');
    const refusal =
      refuseHost(request.headers, bound) ??
      (isApi ? (refuseOrigin(request.headers, bound) ?? refuseBearer(request.headers, token)) : null);
    if (refusal) refuse(response, refusal);
    else if (isApi) await api(request, response, path);
    else serveWindow(files, path, request, response);
  };

  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 60_000 });
  server.maxConnections = 256;
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      app.log.error('A request broke', error);
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal =
      refuseHost(request.headers, bound) ??
      refuseOrigin(request.headers, bound) ??
      (pathOf(request) === '/rpc' ? refuseSocketToken(request.headers, token) : { status: 404 });
    if (refusal) refuseUpgrade(socket, refusal.status);
    else if (!sockets.accept(request, socket, head)) refuseUpgrade(socket, 503);
  });

  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new SluiceError(
      'bad-input',
      { detail: error.code === 'EADDRINUSE' ? `Port ${port} is in use.` : `Port ${port} cannot be used.` },
      { cause: error },
    );
  });
  bound = (server.address() as AddressInfo).port;
  writeInstance(home, {
    pid: process.pid,
    port: bound,
    token,
    version: app.version,
    face: app.face,
    window: rendererDir !== undefined,
  });

  const url = `http://127.0.0.1:${bound}/`;
  return {
    url,
    // In the fragment: it never reaches a server, a log or a Referer.
    link: `${url}#token=${token}`,
    token,
    close: async () => {
      removeInstance(home, token);
      sockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The path as it was sent, without the query: never decoded, so that there is one spelling of each name. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function refuse(response: ServerResponse, { status, reason }: Refusal): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    Connection: 'close',
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  });
  response.end(`${JSON.stringify({ message: reason })}\n`);
}

function refuseUpgrade(socket: Duplex, status: number): void {
  const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  // None of the server's time limits hold any more: a client that does not close its side would keep its place for good.
  socket.end(answer, () => socket.destroy());
}
