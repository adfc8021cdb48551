/**
 * A long link in user space, for machines whose kernel has no `tc netem`: a TCP proxy on loopback that models one
 * direction as TCP would fill it. Each connection has a congestion window that starts at ten segments, doubles every
 * round trip up to a receive window, halves on loss and then grows by a segment a round trip (Reno, RFC 5681). What it
 * does not model: queues in routers, and competition between connections but for the link's rate.
 *
 * `node test/servers/delay-proxy.ts --to PORT [--rtt MS] [--window BYTES] [--loss P] [--rate B/S]
 * [--connectionRate B/S] [--slowRate B/S]` prints its port.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { seededRandom } from './random.ts';

const SEGMENT = 1460;
const READ_AHEAD = 256 * 1024;
/** Which connection is the slow one. */
const SLOW = 3;

export interface DelayProxyOptions {
  /** Port on 127.0.0.1 that is behind the link. */
  readonly to: number;
  /** Round-trip time in ms. Default 50. */
  readonly rtt?: number;
  /** Most bytes under way on a connection. Default 1 MiB: 20 MB/s at 50 ms. */
  readonly window?: number;
  /** Chance of each segment to be lost. Default 0. */
  readonly loss?: number;
  /** Bytes per second of the whole link. Default Infinity. */
  readonly rate?: number;
  /** Bytes per second of each connection. Default Infinity. */
  readonly connectionRate?: number;
  /** Bytes per second of the third connection that is opened after there was none. Default as the others'. */
  readonly slowRate?: number;
  /** Of the losses: the same seed loses the same segments where the traffic is the same. */
  readonly seed?: number;
}

export interface DelayProxy extends AsyncDisposable {
  readonly port: number;
  close(): Promise<void>;
}

export async function startDelayProxy(options: DelayProxyOptions): Promise<DelayProxy> {
  const { to, rtt = 50, window = 1 << 20, loss = 0, rate = Infinity, seed = 1 } = options;
  const { connectionRate = Infinity, slowRate = connectionRate } = options;
  const random = seededRandom(seed);
  const sockets = new Set<Socket>();
  let linkFreeAt = 0;
  let opened = 0;

  /** Server to client: in order, as far as the window allows. */
  function download(upstream: Socket, client: Socket, ownRate: number): void {
    const deliver = inOrder();
    const hear = inOrder();
    const waiting: Buffer[] = [];
    let waitingBytes = 0;
    let congestion = 10 * SEGMENT;
    let threshold = window;
    let inFlight = 0;
    let lastArrival = 0;
    let freeAt = 0;
    let isOver = false;

    const send = () => {
      while (waiting.length > 0 && inFlight < congestion) {
        const room = Math.max(SEGMENT, Math.floor(congestion - inFlight));
        const [first] = waiting;
        if (!first) break;
        const slice = first.subarray(0, room);
        if (slice.length === first.length) waiting.shift();
        else waiting[0] = first.subarray(room);
        waitingBytes -= slice.length;
        transmit(slice);
      }
      if (waitingBytes < READ_AHEAD && upstream.isPaused()) upstream.resume();
      if (isOver && waiting.length === 0 && inFlight === 0) client.end();
    };
    const transmit = (bytes: Buffer) => {
      const now = performance.now();
      linkFreeAt = Math.max(linkFreeAt, now) + (bytes.length / rate) * 1000;
      freeAt = Math.max(freeAt, now) + (bytes.length / ownRate) * 1000;
      const isLost = loss > 0 && random.next() < 1 - (1 - loss) ** (bytes.length / SEGMENT);
      if (isLost) {
        threshold = Math.max(2 * SEGMENT, congestion / 2);
        congestion = threshold;
      }
      // A lost segment comes one round trip later, and holds up what follows it.
      lastArrival = Math.max(lastArrival, Math.max(linkFreeAt, freeAt) + rtt / 2 + (isLost ? rtt : 0));
      inFlight += bytes.length;
      deliver(lastArrival, () => {
        if (!client.destroyed) client.write(bytes);
        hear(performance.now() + rtt / 2, () => acknowledge(bytes.length));
      });
    };
    const acknowledge = (bytes: number) => {
      inFlight -= bytes;
      congestion += congestion < threshold ? bytes : (SEGMENT * bytes) / congestion;
      congestion = Math.min(congestion, window);
      send();
    };
    upstream.on('data', (chunk: Buffer) => {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= READ_AHEAD) upstream.pause();
      send();
    });
    upstream.once('end', () => {
      isOver = true;
      send();
    });
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    opened = sockets.size === 0 ? 1 : opened + 1;
    const upstream = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        if (socket === client || socket.errored) other.destroy();
      });
    }
    // Requests are small: they are late, and the first one also by the handshake's round trip.
    const deliver = inOrder();
    let arrival = performance.now() + rtt;
    client.on('data', (chunk: Buffer) => {
      arrival = Math.max(arrival, performance.now());
      deliver(arrival + rtt / 2, () => upstream.write(chunk));
    });
    client.once('end', () => deliver(Math.max(arrival, performance.now()) + rtt / 2, () => upstream.end()));
    download(upstream, client, opened === SLOW ? slowRate : connectionRate);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close };
}

/**
 * Runs actions at their times, in the order in which they were given: timers of different lengths may overtake each
 * other within a millisecond, bytes may not.
 */
function inOrder(): (at: number, action: () => void) => void {
  const queue: { readonly at: number; readonly action: () => void }[] = [];
  let isArmed = false;
  const arm = () => {
    const [first] = queue;
    if (isArmed || !first) return;
    isArmed = true;
    setTimeout(run, Math.max(0, first.at - performance.now()));
  };
  const run = () => {
    for (let first = queue[0]; first && first.at <= performance.now() + 0.5; first = queue[0]) {
      queue.shift();
      first.action();
    }
    isArmed = false;
    arm();
  };
  return (at, action) => {
    queue.push({ at, action });
    arm();
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      to: { type: 'string' },
      rtt: { type: 'string', default: '50' },
      window: { type: 'string', default: String(1 << 20) },
      loss: { type: 'string', default: '0' },
      rate: { type: 'string', default: 'Infinity' },
      connectionRate: { type: 'string', default: 'Infinity' },
      slowRate: { type: 'string' },
    },
  });
  const figures = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
  const proxy = await startDelayProxy({ to: 0, ...figures });
  console.log(proxy.port);
}
