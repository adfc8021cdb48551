import type net from 'node:net';
import { SluiceError } from '../../../shared/failure.ts';
import { networkError } from './network-errors.ts';
import { openSocket, type Network, type Origin } from './socket.ts';

/** Who has a socket watched: what it is told, and asked. */
export interface SocketOwner {
  /** True where silence is the server's: nothing here keeps its bytes from being read. */
  awaitsBytes(): boolean;
  failed(error: Error): void;
  /** The server said that it sends no more. */
  ended(): void;
  /** Called once, after all else. */
  closed(): void;
}

export interface WatchedSocket {
  readonly socket: net.Socket;
  /** Resolves once it stands. Rejects with the network's failures, connection-timed-out, or the signal's reason. */
  readonly standing: Promise<void>;
}

/**
 * Opens a socket (and TLS) that neither connects for ever nor is silent for ever while bytes are awaited, and that the
 * signal ends at any time. Tries all addresses of the name, both families (RFC 8305; fault 62).
 */
export function watchedSocket(
  origin: Origin,
  network: Network,
  onread: net.OnReadOpts,
  signal: AbortSignal,
  owner: SocketOwner,
): WatchedSocket {
  const { hostname } = origin;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timedOut = () => socket.destroy(new SluiceError('connection-timed-out', { host: hostname }));
  const timer = setTimeout(timedOut, network.connectTimeout);
  const socket = openSocket(origin, network, onread, () => {
    clearTimeout(timer);
    socket.setTimeout(network.idleTimeout);
    resolve();
  });
  const abort = () => socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const refuse = (error: unknown) => reject(signal.aborted ? signal.reason : networkError(error, hostname));
  socket.on('error', (error) => {
    owner.failed(error);
    refuse(error);
  });
  socket.on('close', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    refuse(new SluiceError('connection-lost', { host: hostname }));
    owner.closed();
  });
  socket.on('end', () => owner.ended());
  socket.on('timeout', () => {
    if (!owner.awaitsBytes()) return;
    // A thread that was late itself blames nobody: what has come meanwhile is read before a timer's immediate.
    const { bytesRead } = socket;
    setImmediate(() => {
      if (owner.awaitsBytes() && socket.bytesRead === bytesRead) timedOut();
    });
  });
  return { socket, standing: promise };
}
