/**
 * The end of a connection that may still bring bytes: closed with some of them unread it would be reset, and the reset
 * can take the answer from a client that has not read it yet (RFC 9112 §9.6).
 */
import type { Duplex } from 'node:stream';

/** Ms for which what still comes is read and dropped, once our last byte is out. */
const LINGER = 5_000;
/** Connections for which that is done at once; those that are one too many are not even counted among the others. */
const MOST = 256;

const ending = new WeakSet<Duplex>();
let lingering = 0;

/** Says that no more will be sent, drops what comes, and closes when the other side ends too, or is out of time. */
export function endInOrder(socket: Duplex): void {
  if (ending.has(socket) || socket.destroyed) return;
  ending.add(socket);
  // From here on nobody parses it: a request among it is not answered.
  socket.removeAllListeners('data');
  socket.on('data', () => {});
  socket.resume();
  const linger = () => {
    if (lingering >= MOST) {
      socket.destroy();
      return;
    }
    lingering += 1;
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => {
      lingering -= 1;
      clearTimeout(timer);
    });
  };
  if (socket.writableFinished) linger();
  else socket.once('finish', linger);
  socket.end();
}
