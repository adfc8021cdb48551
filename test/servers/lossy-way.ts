/** A way to a PostgreSQL server that loses things: a TCP proxy on loopback that falls silent, or swallows cancels. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LossyWay extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing is passed on and nothing is said: what a VPN does that is gone. New connections open. */
  silence(): void;
  /** Swallows so many of the next CancelRequests. `swallowed`: resolves when they came. */
  swallowCancels(number: number): { readonly swallowed: Promise<void> };
}

/** CancelRequest (PostgreSQL manual, 54.7): its length and its code. */
const CANCEL = Buffer.from('0000001004d2162e', 'hex');

/** `to`: port on 127.0.0.1. */
export async function lossyWay(to: number): Promise<LossyWay> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  let left = 0;
  let swallowed = Promise.withResolvers<void>();
  const own = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  };
  const server = createServer((near) => {
    own(near);
    if (isSilent) return;
    near.once('data', (first: Buffer) => {
      if (left > 0 && first.subarray(0, 8).equals(CANCEL)) {
        left -= 1;
        if (left === 0) swallowed.resolve();
        near.end();
        return;
      }
      const far = connect(to, '127.0.0.1');
      own(far);
      far.write(first);
      near.pipe(far).pipe(near);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().removeAllListeners('end').pause();
    },
    swallowCancels(number) {
      left = number;
      swallowed = Promise.withResolvers();
      return { swallowed: swallowed.promise };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
