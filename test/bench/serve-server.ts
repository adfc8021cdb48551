/**
 * A process that serves one file of a folder: `serve-server.ts Sluice|sirv|send FOLDER FILE`. Says the file's link, then
 * answers: “delay” (the worst of its loop), “flow” (bytes of its sockets), or a target to share.
 */
import { channel } from 'node:diagnostics_channel';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import send from 'send';
import sirv from 'sirv';
import { openShares, type Shares } from '../../electron/engine/serve/index.ts';
import type { ShareTarget } from '../../shared/share.ts';
import { serveWorld } from '../servers/serve-world.ts';

const [kind, folder = '', file = ''] = process.argv.slice(2);
let shares: Shares | null = null;

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`;
}

async function share(target: ShareTarget): Promise<string> {
  if (!shares) {
    const home = mkdtempSync(join(tmpdir(), 'sluice-bench-home-'));
    process.once('exit', () => rmSync(home, { recursive: true, force: true }));
    process.once('SIGTERM', () => process.exit());
    shares = openShares(serveWorld(home));
  }
  const { links } = await shares.add({ target, options: {} });
  return links[0] ?? '';
}

async function start(): Promise<string> {
  if (kind === 'sirv') {
    const files = sirv(folder, { etag: true });
    return listen((request, response) => files(request, response, () => void response.writeHead(404).end()));
  }
  if (kind === 'send')
    return listen((request, response) => void send(request, request.url ?? '/', { root: folder }).pipe(response));
  return share({ kind: 'file', path: join(folder, file) });
}

const link = await start();

const sockets = { remotes: new Set<Socket>(), readers: new Set<Socket>() };
const gather = (name: string, into: Set<Socket>) =>
  channel(name).subscribe((message) => into.add((message as { socket: Socket }).socket));
gather('net.client.socket', sockets.remotes);
gather('net.server.socket', sockets.readers);
const bytes = (all: Set<Socket>, of: 'bytesRead' | 'bytesWritten') =>
  [...all].reduce((sum, socket) => sum + (socket[of] ?? 0), 0);

// The longest that the loop was kept from its work, for whoever asks; and how long of such a time this thread worked
// itself: the rest it waited for a processor, which readers and other threads have taken.
let worst = { delay: 0, own: 0 };
let last = performance.now();
let lastCpu = cpuTime();
setInterval(() => {
  const now = performance.now();
  const cpu = cpuTime();
  const delay = now - last - 5;
  worst = { delay: Math.max(worst.delay, delay), own: Math.max(worst.own, Math.min(delay, cpu - lastCpu)) };
  last = now;
  lastCpu = cpu;
}, 5);

/** Ms that this thread has run. */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

const answer = (message: unknown) => process.send?.(message);
process.on('message', (question: 'delay' | 'flow' | ShareTarget) => {
  if (question === 'delay') {
    answer(worst);
    worst = { delay: 0, own: 0 };
  } else if (question === 'flow') {
    answer({ read: bytes(sockets.remotes, 'bytesRead'), written: bytes(sockets.readers, 'bytesWritten') });
  } else {
    void share(question).then(answer);
  }
});
answer(link);
