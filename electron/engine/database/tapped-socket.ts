/** Sockets whose bytes can be looked at where they were read. */
import { connect, type Socket, type TcpNetConnectOpts, type IpcNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';

/** Bytes that one read takes at most: 256 KiB keep the loop away for longer, and are no faster. */
const READ = 64 * 1024;

/** Gets what was read, valid during the call only. False: nothing more is read until `resume`. */
export type Tap = (chunk: Buffer) => boolean;

const taps = new WeakMap<Duplex, { tap: Tap | null }>();

/**
 * Connects. All reads go into one buffer, for a server that sends 8 KiB at a time would have one made for each of them;
 * listeners to 'data' get copies, which they may keep.
 */
export function connectTapped(where: TcpNetConnectOpts | IpcNetConnectOpts): Socket {
  const current: { tap: Tap | null } = { tap: null };
  const buffer = Buffer.allocUnsafeSlow(READ);
  const callback = (bytes: number): boolean => {
    const chunk = buffer.subarray(0, bytes);
    if (current.tap) return current.tap(chunk);
    socket.emit('data', Buffer.from(chunk));
    return true;
  };
  const socket = connect({ ...where, onread: { buffer, callback } });
  taps.set(socket, current);
  return socket;
}

/** Gives what comes to `tap` alone from now on; null: to the listeners again. False where the stream cannot: it is encrypted, say. */
export function tapInto(stream: Duplex, tap: Tap | null): boolean {
  const current = taps.get(stream);
  if (current) current.tap = tap;
  return current !== undefined;
}
