import { RPCLink } from '@orpc/client/websocket';
import { Refused, type Dial } from './client.ts';

/** Close codes with which the host says that the token is not the right one (RFC 6455 §7.4.1, and its private range). */
const refusals = [1008, 4401, 4403];

/** Dials the headless host that served this page. */
export function dialWebSocket(token: string | null): Dial {
  return async (signal) => {
    if (!token) throw new Refused('missing');
    const url = new URL('/rpc', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, ['sluice', `sluice.token.${token}`]);
    socket.binaryType = 'arraybuffer';
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve, { once: true }));
    const opened = new Promise<true>((resolve) => socket.addEventListener('open', () => resolve(true), { once: true }));
    signal.addEventListener('abort', () => socket.close(), { once: true });

    const first = await Promise.race([opened, closed]);
    if (first !== true) {
      if (refusals.includes(first.code) || (await isRefused(token))) throw new Refused('wrong');
      throw new Error('The host did not answer');
    }
    return {
      link: new RPCLink({ websocket: quietlyClosing(socket) }),
      closed: closed.then(() => undefined),
      close: () => socket.close(),
    };
  };
}

/**
 * The socket as oRPC sees it: open until its close is told. On one that is closing oRPC answers a signal with an error that
 * nobody can catch; what is to be sent then is let go, and the close, when it is told, ends all calls.
 */
function quietlyClosing(
  socket: WebSocket,
): Pick<WebSocket, 'readyState' | 'send' | 'addEventListener' | 'removeEventListener'> {
  let isClosed = false;
  socket.addEventListener('close', () => {
    isClosed = true;
  });
  return {
    get readyState() {
      return isClosed ? WebSocket.CLOSED : WebSocket.OPEN;
    },
    send(data) {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
  };
}

/** A browser does not tell why an upgrade failed, so the same question is asked once more over HTTP. */
async function isRefused(token: string): Promise<boolean> {
  try {
    const answer = await fetch('/api/system', { headers: { authorization: `Bearer ${token}` } });
    return answer.status === 401 || answer.status === 403;
  } catch {
    return false;
  }
}
