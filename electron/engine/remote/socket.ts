import type { LookupAddress } from 'node:dns';
import net from 'node:net';
import type tls from 'node:tls';
import { SluiceError } from '../../../shared/failure.ts';
import { certificateTrouble } from './network-errors.ts';

/** Where a connection leads. */
export interface Origin {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
}

/** The origin of an http or https URL. */
export function originOf(url: URL): Origin {
  const secure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return { secure, hostname, port: url.port === '' ? (secure ? 443 : 80) : Number(url.port) };
}

/** How patient connections are, and whom they trust. */
export interface Network {
  /** Ms until a connection, TLS included, must stand. */
  readonly connectTimeout: number;
  /** Ms without a byte, while bytes are wanted, after which a connection counts as dead. */
  readonly idleTimeout: number;
  /** Ms before the second try of a failed request; doubled with each further one. */
  readonly backoff: number;
  /** A certificate (PEM) to trust besides the usual ones. */
  readonly ca?: string;
  /** Certificates that the person allowed, by host name: SHA-256 fingerprints as Node writes them, “AB:CD:…”. */
  readonly trusted?: Readonly<Record<string, string>>;
}

export const defaultNetwork: Network = { connectTimeout: 20_000, idleTimeout: 30_000, backoff: 500 };

/**
 * Opens a socket that reads into the caller's buffers (`onread` null: as a stream). `ready` is called when it stands and,
 * under TLS, is trusted.
 */
export function openSocket(
  origin: Origin,
  network: Network,
  onread: net.OnReadOpts | null,
  ready: () => void,
): net.Socket {
  const { hostname, port } = origin;
  const lookup = isLocalhost(hostname) && { lookup: loopback };
  const options = { host: hostname, port, ...lookup, ...(onread && { onread }), noDelay: true, keepAlive: true };
  if (!origin.secure) return net.connect(options, ready);
  const socket: tls.TLSSocket = secure().connect({
    ...options,
    ALPNProtocols: ['http/1.1'],
    // Judged below, so that an untrusted certificate can be shown instead of only refused. Nothing is sent before.
    rejectUnauthorized: false,
    secureContext: contextFor(network.ca),
    ...(net.isIP(hostname) ? {} : { servername: hostname }),
  });
  socket.once('secureConnect', () => {
    const refused = certificateFailure(socket, hostname, network.trusted);
    if (refused) socket.destroy(refused);
    else ready();
  });
  return socket;
}

/** RFC 6761 §6.3: this name, and all below it, are the loopback addresses, whatever the system knows of them. */
const isLocalhost = (hostname: string) => /(^|\.)localhost\.?$/i.test(hostname);

const LOOPBACK: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

const loopback: net.LookupFunction = (_hostname, { all }, found) => {
  const [{ address, family } = { address: '' }] = LOOPBACK;
  process.nextTick(() => (all === true ? found(null, LOOPBACK) : found(null, address, family)));
};

/**
 * Loaded with the first secure connection, and not by `import`: it is a tenth of what a download's thread takes of memory
 * (4 MB) and of time to start.
 */
const secure = () => process.getBuiltinModule('node:tls');

const contexts = new Map<string | undefined, tls.SecureContext>();

/** What all sockets that trust the same share: reading the root certificates takes longer than a handshake. */
function contextFor(ca: string | undefined): tls.SecureContext {
  const known = contexts.get(ca);
  if (known) return known;
  const { createSecureContext, rootCertificates } = secure();
  const context = createSecureContext(ca === undefined ? {} : { ca: [...rootCertificates, ca] });
  contexts.set(ca, context);
  return context;
}

/** Why the certificate of a socket is not to be trusted; null where it is, or where the person allowed just this one. */
function certificateFailure(
  socket: tls.TLSSocket,
  host: string,
  trusted: Readonly<Record<string, string>> = {},
): SluiceError | null {
  if (socket.authorized) return null;
  const certificate = socket.getPeerCertificate();
  const { fingerprint256: fingerprint } = certificate;
  if (fingerprint && trusted[host] === fingerprint) return null;
  const name = (holder: tls.Certificate | undefined) => String(holder?.CN ?? holder?.O ?? 'nobody named');
  return new SluiceError('certificate-untrusted', {
    host,
    reason: certificateTrouble(socket.authorizationError),
    subject: name(certificate.subject),
    issuer: name(certificate.issuer),
    fingerprint: fingerprint ?? '',
    until: certificate.valid_to ?? '',
  });
}
