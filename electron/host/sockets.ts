/** The contract over WebSocket, for the window in a browser and for the command line. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { socketProtocol, type AppRouter } from '../app/index.ts';
import { maxRequestBytes } from './api.ts';

/** Windows and terminals at the same time. */
const maxSockets = 32;
/** A client that does not answer two pings in a row is gone. */
const pingEveryMs = 30_000;

export interface Sockets {
  /** Takes over a request that was let in; false where there are too many already. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): void;
}

export function createSockets(router: AppRouter): Sockets {
  const handler = new RPCHandler(router);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxRequestBytes,
    perMessageDeflate: false,
    handleProtocols: () => socketProtocol,
  });
  const alive = new WeakSet<WebSocket>();
  const pings = setInterval(() => {
    for (const client of server.clients) {
      if (!alive.delete(client)) client.terminate();
      else client.ping();
    }
  }, pingEveryMs);
  pings.unref();

  return {
    accept(request, socket, head) {
      if (server.clients.size >= maxSockets) return false;
      server.handleUpgrade(request, socket, head, (client) => {
        alive.add(client);
        client.on('pong', () => alive.add(client));
        // Protocol errors and too large messages: ws has closed the socket already.
        client.on('error', () => {});
        void handler.upgrade(withBackpressure(client));
      });
      return true;
    },
    close() {
      clearInterval(pings);
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

/**
 * oRPC awaits what `send` returns before it pulls the next event. A promise that resolves when the message went to the
 * system makes a slow reader stop its event stream, instead of filling this process's memory.
 */
function withBackpressure(client: WebSocket): Pick<WebSocket, 'addEventListener' | 'send'> {
  const send = (data: Parameters<WebSocket['send']>[0]) =>
    // An error means that the socket is closing; its close event ends the streams.
    new Promise<void>((resolve) => client.send(data, () => resolve()));
  return { addEventListener: client.addEventListener.bind(client), send: send as WebSocket['send'] };
}
