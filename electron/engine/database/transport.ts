/** The way to a PostgreSQL server, up to where its own protocol begins: socket or SSH tunnel, then TLS as asked for. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { SluiceError } from '../../../shared/failure.ts';
import { networkFailure, tlsFailure, untrusted } from './failures.ts';
import { openTunnel } from './ssh-tunnel.ts';
import { connectTapped } from './tapped-socket.ts';
import type { ConnectTarget } from './types.ts';

/** What of a target says how it is reached. */
export type Route = Pick<ConnectTarget, 'host' | 'port' | 'tls' | 'ssh' | 'sshPassword'>;

export interface Transport {
  /** Bytes to and from the server: decrypted, and through the tunnel. */
  readonly stream: Duplex;
  /** E.g. “TLSv1.3”; null where the way is not encrypted. */
  readonly tls: string | null;
}

/** SSLRequest (PostgreSQL manual, 54.7): length 8, then 1234 and 5679. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Opens the way. An abort ends it while it is being opened, not later.
 * @throws host-not-found, connection-refused, connection-timed-out, tls-failed, database-untrusted, ssh-failed …
 */
export async function openTransport(route: Route, signal: AbortSignal): Promise<Transport> {
  // libpq too uses no TLS on a Unix-domain socket, whatever the mode.
  const mode = route.host.startsWith('/') ? 'disable' : route.tls.mode;
  const options = mode === 'disable' ? null : await tlsOptions(route);
  const stream = await openStream(route, signal);
  if (options === null) return { stream, tls: null };
  try {
    if (!(await asksForTls(stream, route.host, signal))) {
      if (mode !== 'prefer') {
        throw new SluiceError('tls-failed', { host: route.host, detail: 'the server does not offer TLS' });
      }
      // The answer 'N' leaves the connection usable in the clear.
      return { stream, tls: null };
    }
    const secure = await handshake(stream, options, route.host, signal);
    return { stream: secure, tls: secure.getProtocol() };
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

async function openStream(route: Route, signal: AbortSignal): Promise<Duplex> {
  const { host, port, ssh } = route;
  if (ssh !== null) return await openTunnel({ ...route, ssh }, signal);
  const socket = connectTapped(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  try {
    await settled(socket, 'connect', signal);
  } catch (error) {
    socket.destroy();
    throw networkFailure(error, host);
  }
  socket.setNoDelay(true);
  // A server that vanished without a word is noticed.
  socket.setKeepAlive(true, 30_000);
  return socket;
}

/** Asks whether the server takes TLS. Exactly one byte may answer: bytes after it are somebody else's (CVE-2021-23222). */
async function asksForTls(stream: Duplex, host: string, signal: AbortSignal): Promise<boolean> {
  const answered = settled<Buffer>(stream, 'data', signal);
  stream.write(SSL_REQUEST);
  const answer = await answered.catch((error: unknown) => {
    throw networkFailure(error, host);
  });
  if (answer.length === 1 && answer[0] === 0x53) return true;
  if (answer.length === 1 && answer[0] === 0x4e) return false;
  throw new SluiceError('tls-failed', { host, detail: 'what answers there is no PostgreSQL server' });
}

async function handshake(
  stream: Duplex,
  { checked, ...options }: TlsChoice,
  host: string,
  signal: AbortSignal,
): Promise<TLSSocket> {
  // Refused below rather than by Node, which forgets the certificate that a person may want to look at.
  const secure = encrypted({ ...options, socket: stream, rejectUnauthorized: false });
  try {
    await settled(secure, 'secureConnect', signal);
    if (checked && !secure.authorized) throw untrusted(secure, host);
    return secure;
  } catch (error) {
    secure.destroy();
    throw tlsFailure(error, host);
  }
}

/** Reads the certificates of the person too, which may be anything. */
function encrypted(options: ConnectionOptions): TLSSocket {
  try {
    return connectTls(options);
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    const detail = `The certificate or key of this connection cannot be used: ${reason ?? message}.`;
    throw new SluiceError('bad-input', { detail }, { cause: error });
  }
}

interface TlsChoice extends ConnectionOptions {
  /** True where a certificate that is not trusted ends the connection. */
  readonly checked: boolean;
}

/** What libpq's modes check (PostgreSQL manual, 34.19.3). */
async function tlsOptions({ host, tls }: Route): Promise<TlsChoice> {
  const [ca, cert, key] = await Promise.all([pem(tls.ca), pem(tls.certificate), pem(tls.key)]);
  // As in libpq, `require` with an authority at hand checks the chain like `verify-ca`.
  const checked =
    tls.mode === 'verify-full' || tls.mode === 'verify-ca' || (tls.mode === 'require' && ca !== undefined);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // SNI names hosts, never addresses (RFC 6066, 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    checked,
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

async function pem(path: string | null): Promise<Buffer | undefined> {
  if (path === null) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    const detail = `The file ${path} cannot be read`;
    throw new SluiceError('bad-input', { detail: `${detail}.` }, { cause: error });
  }
}

/** The first value of an event, or what ended the wait: an error, a close, an abort. */
export function settled<T = void>(emitter: Duplex, event: string, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onError = (error: Error) => reject(error);
  const onClose = () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
  const onAbort = () => reject(signal.reason as Error);
  emitter.once(event, resolve).on('error', onError).once('close', onClose);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    emitter.off(event, resolve).off('close', onClose);
    // One listener for errors stays where it failed: what is destroyed may still complain.
    promise.then(
      () => emitter.off('error', onError),
      () => {},
    );
    signal.removeEventListener('abort', onAbort);
  });
}
