/** Connection strings: URIs and keyword/value texts, as libpq reads them (PostgreSQL manual, 34.1.1). Pure. */
import { tlsModes, type ConnectionDraft, type TlsMode } from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';

/** Parameters by libpq's names: host, port, dbname, user, password, sslmode, service … */
export type Parameters = Readonly<Record<string, string>>;

/** Ms that a preview may take until the person sets it otherwise. */
const STATEMENT_TIMEOUT = 60_000;

/**
 * The parameters in a URI or a keyword/value text.
 * @throws bad-input, which never repeats the text: it may hold a password
 */
export function readConnectionText(text: string): Parameters {
  const trimmed = text.trim().replace(/^jdbc:/i, '');
  return /^postgres(?:ql)?:\/\//i.test(trimmed) ? readUri(trimmed) : readKeywords(trimmed);
}

/** postgresql://user:password@host:port,host:port/database?parameter=value */
function readUri(uri: string): Parameters {
  const parts = /^\w+:\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?(.*))?$/s.exec(uri);
  if (parts === null) throw notUnderstood('a database URI');
  const [, login, hosts = '', database, query] = parts;
  const found: Record<string, string> = {};
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') found[name] = decode(value);
  };
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(login ?? '') ?? [];
  put('user', user);
  put('password', password);
  const places = hosts.split(',').map(splitHost);
  put('host', joined(places.map(([host]) => host)));
  put('port', joined(places.map(([, port]) => port)));
  put('dbname', database);
  for (const pair of query?.split('&') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0) put(decode(pair.slice(0, at)), pair.slice(at + 1));
  }
  // What JDBC writes.
  if (found['ssl'] === 'true' && found['sslmode'] === undefined) found['sslmode'] = 'require';
  return found;
}

/** “host:port”, “[::1]:port”. */
function splitHost(place: string): [string, string] {
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(place) ?? [];
  if (bracketed === undefined && plain === '' && port === '' && place !== '') throw notUnderstood('a database URI');
  return [bracketed ?? plain, port];
}

function joined(values: readonly string[]): string {
  return values.some((value) => value !== '') ? values.join(',') : '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw notUnderstood('a database URI (a “%” must be written as %25)');
  }
}

/** host=localhost dbname='my base' password='it\'s' */
function readKeywords(text: string): Parameters {
  const found: Record<string, string> = {};
  const pair = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\[^])*)'(?=\s|$)|((?:[^\s'\\]|\\[^])(?:[^\s\\]|\\[^])*)?)(?=\s|$)/gy;
  while (pair.lastIndex < text.length) {
    const [all, name = '', quoted, plain = ''] = pair.exec(text) ?? [];
    if (all === undefined) throw notUnderstood('a database URI (postgresql://…), nor “host=… dbname=…”');
    found[name] = (quoted ?? plain).replace(/\\([^])/g, '$1');
  }
  if (Object.keys(found).length === 0) throw notUnderstood('a connection');
  return found;
}

function notUnderstood(what: string): SluiceError {
  return new SluiceError('bad-input', { detail: `This cannot be read as ${what}.` });
}

/** What libpq would take where nothing is said. */
export interface Defaults {
  /** Name of the person on this system. */
  readonly user: string;
  /** Files in ~/.postgresql that are there: libpq takes them for TLS. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * The connection that parameters stand for; what they do not say is as libpq has it, but for the host: localhost.
 * Of several hosts the first is taken, and the name says so.
 * @throws bad-input
 */
export function draftOf(parameters: Parameters, defaults: Defaults, name?: string): ConnectionDraft {
  refuseUnkept(parameters);
  const hosts = (parameters['host'] ?? parameters['hostaddr'] ?? '').split(',');
  const host = hosts[0] || 'localhost';
  const portText = parameters['port']?.split(',')[0] || '5432';
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port < 1 || port > 65_535) {
    throw new SluiceError('bad-input', { detail: `“${portText.slice(0, 20)}” is not a port.` });
  }
  const user = parameters['user'] || defaults.user;
  const database = parameters['dbname'] || user;
  const mode = tlsMode(parameters['sslmode']);
  const file = (given: string | undefined, otherwise: string | undefined) =>
    given === undefined || given === '' ? ((mode === 'disable' ? undefined : otherwise) ?? null) : given;
  const several = hosts.length > 1 ? ` (first of ${hosts.length} hosts)` : '';
  // sslrootcert=system means the system's authorities and, as in libpq, every check. Channel binding wants to know the
  // server, and is used wherever that offers it, but cannot be demanded of it: a name that is proven says as much.
  const isSystem = parameters['sslrootcert'] === 'system';
  const isProven = isSystem || parameters['channel_binding'] === 'require';
  return {
    name: `${name ?? `${database} on ${host}`}${several}`.slice(0, 200),
    color: 'grey',
    host,
    port,
    database,
    user,
    tls: {
      mode: isProven ? 'verify-full' : mode,
      ca: isSystem ? null : file(parameters['sslrootcert'], mode === 'prefer' && !isProven ? undefined : defaults.ca),
      certificate: file(parameters['sslcert'], defaults.certificate),
      key: file(parameters['sslkey'], defaults.key),
    },
    ssh: null,
    readOnly: true,
    statementTimeout: STATEMENT_TIMEOUT,
    exportTimeout: 0,
    ...(parameters['password'] ? { password: parameters['password'] } : {}),
  };
}

/** What decides which rows come, or who may answer, and a connection here does not keep. */
const unkept: readonly (readonly [name: string, harmless: RegExp])[] = [
  ['options', /^\s*$/],
  ['currentSchema', /^$/],
  ['target_session_attrs', /^(?:any)?$/],
  ['require_auth', /^$/],
  ['requirepeer', /^$/],
  ['gssencmode', /^(?:|disable|prefer)$/],
  ['sslcrl', /^$/],
  ['sslcrldir', /^$/],
];

function refuseUnkept(parameters: Parameters): void {
  for (const [name, harmless] of unkept) {
    if (harmless.test(parameters[name] ?? '')) continue;
    const detail = `“${name}” in a connection is not supported: leave it out, or set it on the server (ALTER ROLE … SET …).`;
    throw new SluiceError('bad-input', { detail });
  }
}

/** `allow` differs from `prefer` in order only; neither protects. */
function tlsMode(text: string | undefined): TlsMode {
  if (text === undefined || text === '' || text === 'allow') return 'prefer';
  const mode = tlsModes.find((mode) => mode === text);
  if (mode === undefined) throw new SluiceError('bad-input', { detail: `“${text.slice(0, 20)}” is not an sslmode.` });
  return mode;
}
