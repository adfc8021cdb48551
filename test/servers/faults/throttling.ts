/** Rows 57-64: servers that are busy, slow or gone for a while. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { loopbackCertificate } from '../certificate.ts';
import { count, ordinary, PARALLEL, type Exchange, type Fault } from './exchange.ts';

const RETRIED = ['408', '429', '500', '502', '503', '504', '520', '521', '522', '524'];
const FINAL = ['400', '401', '403', '404', '410'];

const retryAfter: Readonly<Record<string, () => string>> = {
  seconds: () => '2',
  date: () => new Date(Date.now() + 3000).toUTCString(),
  absurd: () => '999999999',
};

async function listening(server: Server, host: string, port = 0): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** At most two responses at a time: what comes on top is turned away. */
async function atMostTwo(x: Exchange): Promise<void> {
  if (x.run.active > 2 && x.run.variant === 'reset') return x.reset();
  if (x.run.active > 2) return x.text(Number(x.run.variant), 'Too many connections.');
  return ordinary(x);
}

export const throttlingFaults: readonly Fault[] = [
  {
    number: 57,
    title: '503 with Retry-After, twice',
    outcome: 'Honoured, capped and shown',
    variants: Object.keys(retryAfter),
    play: (x) =>
      x.turn <= 2
        ? x.text(503, 'Come back later.', { 'retry-after': retryAfter[x.run.variant]?.() ?? '1' })
        : ordinary(x),
  },
  {
    number: 58,
    title: '429, 503 or a reset from the third connection on',
    outcome: 'Two become the host’s cap, after a reset for a minute; no retries are spent on it',
    variants: ['429', '503', 'reset'],
    ...PARALLEL,
    play: atMostTwo,
  },
  {
    number: 59,
    title: 'A status twice, then the file',
    outcome: `Retried: ${RETRIED.join(' ')}; not: 400 404 410; 401 and 403 ask for a new link or a login`,
    variants: [...RETRIED, ...FINAL],
    play: (x) => (x.turn <= 2 ? x.text(Number(x.run.variant), 'Not now.') : ordinary(x)),
  },
  {
    number: 60,
    title: 'The first connection stalls after a quarter, open and silent',
    outcome: 'Closed after a while, its remainder fetched anew',
    play: async (x) => {
      if (x.turn > 1) return ordinary(x);
      const plan = x.plan();
      await x.head(plan.status, plan.headers);
      await x.content(plan.start, plan.start + (plan.end - plan.start) / 4);
      return x.stall();
    },
  },
  {
    number: 61,
    title: 'The first two connections are reset in the TLS handshake',
    outcome: 'Retried',
    scheme: 'https',
    play: ordinary,
    async listen(run, serve, onClose) {
      const certificate = await loopbackCertificate();
      const server = createServer((socket) => {
        socket.on('error', () => socket.destroy());
        if (count(run, 'handshakes') <= 2) socket.once('data', () => socket.resetAndDestroy());
        else serve(new TLSSocket(socket, { isServer: true, ...certificate }));
      });
      onClose(() => server.close());
      return `https://127.0.0.1:${await listening(server, '127.0.0.1')}`;
    },
  },
  {
    number: 62,
    title: 'The name has two addresses, and nothing listens on one (IPv6, or IPv4)',
    outcome: 'The other is tried',
    variants: ['no-ipv6', 'no-ipv4'],
    play: ordinary,
    async listen(run, serve, onClose) {
      const server = createServer(serve);
      onClose(() => server.close());
      return `http://localhost:${await listening(server, run.variant === 'no-ipv6' ? '127.0.0.1' : '::1')}`;
    },
  },
  {
    number: 63,
    title: 'The server is gone for three seconds, half-way',
    outcome: 'Waited for, and on it goes',
    play: async (x) => {
      if (x.turn > 1) return ordinary(x);
      const plan = x.plan();
      await x.head(plan.status, plan.headers);
      await x.content(plan.start, plan.start + (plan.end - plan.start) / 2);
      count(x.run, 'gone');
      return x.stall();
    },
    async listen(run, serve, onClose) {
      const sockets = new Set<Socket>();
      const open = () =>
        createServer((socket) => {
          sockets.add(socket.once('close', () => sockets.delete(socket)));
          serve(socket);
        });
      let server = open();
      const port = await listening(server, '127.0.0.1');
      let back: NodeJS.Timeout | undefined;
      const watch = setInterval(() => {
        if (run.counters['gone'] === undefined) return;
        clearInterval(watch);
        server.close();
        for (const socket of sockets) socket.resetAndDestroy();
        back = setTimeout(() => {
          server = open();
          server.listen(port, '127.0.0.1');
        }, 3000);
      }, 20);
      onClose(() => {
        clearInterval(watch);
        clearTimeout(back);
        server.close();
      });
      return `http://127.0.0.1:${port}`;
    },
  },
  {
    number: 64,
    title: 'Two hosts behind one address; a connection made for one is refused for the other (421)',
    outcome: 'Connections are never shared between hosts',
    scheme: 'https',
    play: (x) => {
      if (x.hosts.size > 1) return x.text(421, 'This connection belongs to another host.');
      const [host = ''] = x.hosts;
      if (host.startsWith('localhost')) {
        return x.reply(x.plan(), { cut: count(x.run, 'ends') === 1 ? x.run.file.size / 2 : Infinity });
      }
      return x.redirect(302, x.origins.https.replace('127.0.0.1', 'localhost') + x.request.target);
    },
  },
];
