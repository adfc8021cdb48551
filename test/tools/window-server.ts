/** The built window as the headless host serves it (same CSP, same WebSocket), with doubles for engines. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { contentSecurityPolicy } from '../../shared/csp.ts';
import type { EngineDouble } from '../component/engine-double.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export interface WindowServer {
  readonly origin: string;
  /** Puts an engine behind a token; the page is `origin/#token=TOKEN`. */
  serve(token: string, engine: EngineDouble): void;
  /** Cuts the lines of a token, and lets no new one in. */
  cut(token: string): void;
  close(): void;
}

export async function startWindowServer(folder: string): Promise<WindowServer> {
  if (!existsSync(join(folder, 'index.html'))) throw new Error(`There is no built window in ${folder}: npm run build`);
  const engines = new Map<string, EngineDouble>();
  const down = new Set<string>();
  const open = new Map<string, Set<WebSocket>>();
  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname.startsWith('/api/')) {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      response.writeHead(engines.has(token) ? 200 : 401).end();
      return;
    }
    const file = join(folder, normalize(pathname === '/' ? '/index.html' : pathname));
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Content-Security-Policy': contentSecurityPolicy,
    });
    createReadStream(file).pipe(response);
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'sluice' });
  http.on('upgrade', (request, socket, head) => {
    // A page that is closed while it is refused resets its socket.
    socket.on('error', () => socket.destroy());
    const token = /sluice\.token\.([\w-]+)/.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1] ?? '';
    const engine = engines.get(token);
    if (!engine || down.has(token)) {
      socket.end(`HTTP/1.1 ${engine ? '503 Service Unavailable' : '401 Unauthorized'}\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      const lines = open.get(token) ?? new Set();
      open.set(token, lines.add(client));
      void new RPCHandler(engine.router()).upgrade(client);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    serve: (token, engine) => engines.set(token, engine),
    cut: (token) => {
      down.add(token);
      for (const client of open.get(token) ?? []) client.terminate();
    },
    close: () => {
      for (const client of sockets.clients) client.terminate();
      http.close();
      http.closeAllConnections();
    },
  };
}
