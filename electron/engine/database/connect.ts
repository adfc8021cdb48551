/** Sessions: a connection to a PostgreSQL server with the settings that Sluice works under. */
import { type EventEmitter, once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Client, CustomTypesConfig } from 'pg';
import { SluiceError } from '../../../shared/failure.ts';
import { databaseFailure } from './failures.ts';
import { guardParser } from './guarded-parser.ts';
import { pg } from './pg.ts';
import { openTransport } from './transport.ts';
import type { ConnectTarget } from './types.ts';

export interface ConnectOptions {
  /** Ends the attempt. What an open session does is ended by its `cancel`. */
  readonly signal?: AbortSignal | undefined;
  /** As pg_stat_activity shows it; default “Sluice”. */
  readonly applicationName?: string;
  /** True: the timeout of exports holds, not the one of previews. */
  readonly exportSession?: boolean;
}

export interface Session {
  /** Values are texts, as PostgreSQL writes them. */
  readonly client: Client;
  /** Process id of the backend, as in pg_stat_activity. */
  readonly backend: number;
  /** Version of the server: 18; 0 where it did not say. */
  readonly major: number;
  /** E.g. “TLSv1.3”; null where the way is not encrypted. */
  readonly tls: string | null;
  /** True where a pooler (pgbouncer) answers that takes no settings at the start: only a transaction's own hold. */
  readonly pooler: boolean;
  /** Cancels what runs, by a CancelRequest on a second connection over the same way. Resolves when it was delivered. */
  cancel(): Promise<void>;
  /** Ends the session; quietly where it is gone already. */
  end(): Promise<void>;
}

/** Ms until a server that does not answer counts as gone. */
const CONNECT_TIMEOUT = 15_000;
const END_TIMEOUT = 2000;

/**
 * Opens a session: read-only where the target says so, its timeout set, values as texts in UTF-8.
 * @throws host-not-found, connection-refused, connection-timed-out, tls-failed, database-untrusted, ssh-failed,
 *   ssh-host-unknown, login-refused, no-such-database, no-permission, database-busy, database-lost
 */
export async function connect(target: ConnectTarget, options: ConnectOptions = {}): Promise<Session> {
  try {
    return await open(target, options, settingsOf(target, options));
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!refusesSettings(error)) throw databaseFailure(error, target);
  }
  // pgbouncer knows no `options`; each of our transactions brings its settings along anyway.
  try {
    return { ...(await open(target, options, null)), pooler: true };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw databaseFailure(error, target);
  }
}

async function open(target: ConnectTarget, options: ConnectOptions, settings: string | null): Promise<Session> {
  const timeout = AbortSignal.timeout(CONNECT_TIMEOUT);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  const { stream, tls } = await openTransport(target, signal);
  const client = new (pg().Client)({
    stream: () => opened(stream),
    // TLS, where there is any, is below the stream already.
    ssl: false,
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    // A function, for pg would look for another password by itself where there is none.
    password: () => passwordOf(target),
    application_name: options.applicationName ?? 'Sluice',
    client_encoding: 'UTF8',
    enableChannelBinding: true,
    types: asText,
  });
  // Put here, for what is left out above pg takes from PGOPTIONS.
  (client as unknown as { connectionParameters: { options: string | null } }).connectionParameters.options = settings;
  const { connection } = client as unknown as { connection: Parameters<typeof guardParser>[0] & EventEmitter };
  const { host, user } = target;
  const kerberos = { host, user, detail: 'it asks for Kerberos (GSSAPI or SSPI), which Sluice does not know' };
  guardParser(connection, () => new SluiceError('login-refused', kerberos));
  let major = 0;
  connection.on('parameterStatus', ({ parameterName, parameterValue }: Record<string, string>) => {
    if (parameterName === 'server_version') major = Number.parseInt(parameterValue ?? '', 10) || 0;
  });
  // A session that is lost while idle: the next query says so.
  client.on('error', () => {});
  const onAbort = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect();
  } catch (error) {
    stream.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  return {
    client,
    backend: processID,
    major,
    tls,
    pooler: false,
    cancel: () => cancel(target, processID, secretKey),
    async end() {
      // A server that vanished does not say goodbye.
      const patience = setTimeout(() => stream.destroy(), END_TIMEOUT);
      await client.end().catch(() => {});
      clearTimeout(patience);
    },
  };
}

/** Settings of the whole session, as libpq's `options` (PostgreSQL manual, 34.1.2). */
function settingsOf(target: ConnectTarget, { exportSession = false }: ConnectOptions): string {
  const timeout = exportSession ? target.exportTimeout : target.statementTimeout;
  return `-c default_transaction_read_only=${target.readOnly ? 'on' : 'off'} -c statement_timeout=${timeout}`;
}

/** True where the other side does not take settings in the startup packet: pgbouncer, in its words. */
function refusesSettings(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}

function passwordOf(target: ConnectTarget): string {
  if (target.password !== null) return target.password;
  const { host, user } = target;
  throw new SluiceError('login-refused', { host, user, detail: 'it asks for a password and there is none' });
}

/** pg's parsers turn values into JavaScript's, which damages them; here each stays what the server sent. */
const asText = { getTypeParser: () => (value: string) => value } as unknown as CustomTypesConfig;

/** A stream that is open already, as pg wants one: it connects, and has a socket's switches. */
function opened(stream: Duplex): Duplex {
  const none = () => stream;
  const switches = { setNoDelay: none, setKeepAlive: none, ref: none, unref: none };
  const missing = Object.fromEntries(Object.entries(switches).filter(([name]) => !(name in stream)));
  const connect = () => {
    queueMicrotask(() => stream.emit('connect'));
    return stream;
  };
  return Object.assign(stream, missing, { connect });
}

/** CancelRequest (PostgreSQL manual, 54.7): length 16, 1234 and 5678, process id, secret. */
async function cancel(target: ConnectTarget, processId: number, secret: number): Promise<void> {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt16BE(1234, 4);
  request.writeInt16BE(5678, 6);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secret, 12);
  const { stream } = await openTransport(target, AbortSignal.timeout(CONNECT_TIMEOUT));
  // The server acts, answers nothing and closes. It closes first: pgbouncer drops a request whose sender has gone.
  const closed = once(stream, 'close');
  const patience = setTimeout(() => stream.destroy(), CONNECT_TIMEOUT);
  stream.on('error', () => {}).resume();
  stream.write(request);
  await closed;
  clearTimeout(patience);
}
