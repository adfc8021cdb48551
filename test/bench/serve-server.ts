/** A process that serves one folder: `serve-server.ts sluice|sirv|send FOLDER FILE`. Prints the link of the file. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import send from 'send';
import sirv from 'sirv';
import { openShares } from '../../electron/engine/serve/index.ts';
import { serveWorld } from '../servers/serve-world.ts';

const [kind, folder = '', file = ''] = process.argv.slice(2);

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`;
}

async function start(): Promise<string> {
  if (kind === 'sirv') {
    const files = sirv(folder, { etag: true });
    return listen((request, response) => files(request, response, () => void response.writeHead(404).end()));
  }
  if (kind === 'send')
    return listen((request, response) => void send(request, request.url ?? '/', { root: folder }).pipe(response));
  const shares = openShares(serveWorld(mkdtempSync(join(tmpdir(), 'sluice-bench-home-'))));
  const { links } = await shares.add({ target: { kind: 'file', path: join(folder, file) }, options: {} });
  return links[0] ?? '';
}

const link = await start();
// The longest that the loop was kept from its work, for whoever asks.
let worst = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  worst = Math.max(worst, now - last - 5);
  last = now;
}, 5);
process.on('message', () => {
  process.send?.({ delay: worst });
  worst = 0;
});
process.send?.({ link });
