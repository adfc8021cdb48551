/**
 * The end of a connection that may still bring bytes: closed with some of them unread it would be reset, and the reset
 * can take the answer from a client that has not read it yet (RFC 9112 §9.6).
 */
import type { Duplex } from 'node:stream';

/** Ms for which what still comes is read and dropped, once our last byte is out. */
const LINGER = 5_000;

const ending = new WeakSet<Duplex>();

/** Says that no more will be sent, drops what comes, and closes when the other side ends too, or is out of time. */
export function endInOrder(socket: Duplex): void {
  if (ending.has(socket) || socket.destroyed) return;
  ending.add(socket);
  // From here on nobody parses it: a request among it is not answered.
  socket.removeAllListeners('data');
  socket.on('data', () => {});
  socket.resume();
  let timer: NodeJS.Timeout | undefined;
  const linger = () => {
    timer = setTimeout(() => socket.destroy(), LINGER);
  };
  socket.once('close', () => clearTimeout(timer));
  if (socket.writableFinished) linger();
  else socket.once('finish', linger);
  socket.end();
}
