/** What goes wrong between here and a PostgreSQL server, as the failure that a person can act on. */
import type { TLSSocket } from 'node:tls';
import type { DatabaseError } from 'pg';
import { SluiceError } from '../../../shared/failure.ts';
import { certificateTrouble, networkError } from '../remote/index.ts';
import { pg } from './pg.ts';

/** What a failure's sentence names. */
export interface Whereabouts {
  readonly host: string;
  readonly user: string;
  readonly database: string;
}

/** A failure of the socket before PostgreSQL spoke. An abort stays what it is. */
export function networkFailure(error: unknown, host: string): unknown {
  if (error instanceof Error && error.name === 'AbortError') return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // A Unix-domain socket that is not there: no server listens.
  if (code === 'ENOENT') return new SluiceError('connection-refused', { host }, { cause: error });
  if (code === 'EACCES') return new SluiceError('database-lost', { host, detail: message }, { cause: error });
  if ((error as Error).name === 'TimeoutError') {
    return new SluiceError('connection-timed-out', { host }, { cause: error });
  }
  return networkError(error, host);
}

/** A failure of the TLS handshake. */
export function tlsFailure(error: unknown, host: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  // Servers that want a client certificate, or speak only what is too old, just end the handshake.
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new SluiceError('tls-failed', { host, detail: 'the server ended the handshake' }, { cause: error });
  }
  return networkFailure(error, host);
}

/** Why the certificate of a socket is not trusted, with what it says of itself. */
export function untrusted(socket: TLSSocket, host: string): SluiceError {
  const certificate = socket.getPeerCertificate();
  return new SluiceError('database-untrusted', {
    host,
    reason: certificateTrouble(socket.authorizationError),
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    fingerprint: certificate.fingerprint256 ?? '',
  });
}

function nameOf(name: { readonly CN?: string | string[]; readonly O?: string | string[] } | undefined): string {
  return [name?.CN ?? name?.O ?? 'nobody'].flat().join(', ');
}

/** SQLSTATE (PostgreSQL manual, appendix A) of what was thrown; '' where it is no error of the server's. */
export function sqlState(error: unknown): string {
  return error instanceof pg().DatabaseError ? (error.code ?? '') : '';
}

/** What a server, or the way to it, threw while a session was opened or used. Errors in SQL are `sqlFailure`'s. */
export function databaseFailure(error: unknown, { host, user, database }: Whereabouts): unknown {
  if (error instanceof SluiceError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  const state = sqlState(error);
  const options = { cause: error };
  const detail = wordsOf(error);
  if (state === '') {
    // pg's own errors have no code: a session that ended under a query.
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    if (isTimeout || typeof (error as NodeJS.ErrnoException).code === 'string') {
      const failure = networkFailure(error, host);
      if (!(failure instanceof SluiceError) || failure.code !== 'connection-lost') return failure;
    }
    return new SluiceError('database-lost', { host, detail }, options);
  }
  if (state.startsWith('28')) return new SluiceError('login-refused', { host, user, detail }, options);
  if (state === '3D000') return new SluiceError('no-such-database', { host, database }, options);
  if (state === '42501') return new SluiceError('no-permission', { user, detail }, options);
  // Too many connections; starting up or shutting down.
  if (state === '53300' || state === '57P03') return new SluiceError('database-busy', { host, detail }, options);
  // Sorts and joins that do not fit in memory go to the server's disk.
  if (state === '53100') return new SluiceError('database-full', { host, detail }, options);
  // A protocol violation that leaves the session is what was asked, e.g. with too many parameters; poolers end it so.
  const isLost = state === '08P01' ? (error as DatabaseError).severity !== 'ERROR' : /^57P0|^08/.test(state);
  if (isLost) return new SluiceError('database-lost', { host, detail }, options);
  if (state === '57014') {
    return /statement timeout/.test(detail)
      ? new SluiceError('query-timed-out', { detail }, options)
      : new SluiceError('query-cancelled', {}, options);
  }
  return new SluiceError('sql-error', { detail, hint: '' }, options);
}

function wordsOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the server or the network cut it off';
  return sentencePart(error instanceof Error ? error.message : String(error));
}

/** Characters of the server's words: it repeats a value that it cannot read, of whatever length. */
const MOST_WORDS = 500;

/** A message as it fits into a sentence: without its full stop, and not without end. */
export function sentencePart(message: string): string {
  return cut(message).replace(/\.$/, '');
}

/** As much of the server's words as a person reads. */
export function cut(words: string): string {
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS).toWellFormed()}…` : words;
}
