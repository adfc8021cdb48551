import type {
  ConnectionColor,
  ConnectionProfile,
  ConnectionReport,
  Importable,
  SshTunnel,
  TlsMode,
} from '../../../shared/database.ts';
import type { FailureCode } from '../../../shared/failure.ts';

export const colorWords: Readonly<Record<ConnectionColor, string>> = {
  grey: 'Grey',
  red: 'Red',
  orange: 'Orange',
  yellow: 'Yellow',
  green: 'Green',
  blue: 'Blue',
  purple: 'Purple',
};

export const tlsWords: Readonly<Record<TlsMode, string>> = {
  disable: 'Off',
  prefer: 'If the server offers it',
  require: 'Always, any certificate',
  'verify-ca': 'Always, known authority',
  'verify-full': 'Always, known authority and host',
};

export const sshWords: Readonly<Record<SshTunnel['authentication'], string>> = {
  agent: 'SSH agent',
  key: 'Key file',
  password: 'Password',
};

export const fromWords: Readonly<Record<Importable['from'], string>> = {
  service: 'from pg_service.conf',
  pgpass: 'from .pgpass',
  environment: 'from PG* variables',
};

/** “ada@db.example.com:5432/shop”; the usual port goes without saying. */
export function addressOf({
  user,
  host,
  port,
  database,
}: Pick<ConnectionProfile, 'user' | 'host' | 'port' | 'database'>) {
  return `${user}@${host}${port === 5432 ? '' : `:${port}`}/${database}`;
}

/** The steps of connecting, in order. */
export const steps = ['ssh', 'host', 'server', 'tls', 'login', 'database'] as const;
export type Step = (typeof steps)[number];

export const stepWords: Readonly<Record<Step, string>> = {
  ssh: 'SSH tunnel',
  host: 'Host found',
  server: 'Server reached',
  tls: 'Encrypted',
  login: 'Logged in',
  database: 'Database open',
};

const stepsOfFailures: Partial<Record<FailureCode, Step>> = {
  'ssh-failed': 'ssh',
  'ssh-host-unknown': 'ssh',
  'host-not-found': 'host',
  offline: 'host',
  'connection-refused': 'server',
  'connection-timed-out': 'server',
  'connection-lost': 'server',
  'database-busy': 'server',
  'tls-failed': 'tls',
  'database-untrusted': 'tls',
  'login-refused': 'login',
  'no-such-database': 'database',
  'no-permission': 'database',
};

/** The step that a failure is about; null where it is about none of them. */
export const stepOf = (code: FailureCode): Step | null => stepsOfFailures[code] ?? null;

/** “PostgreSQL 18.4 · 3 ms · TLSv1.3 · ada on shop · read-only”. */
export function reportWords({ server, latency, tls, user, database, readOnly }: ConnectionReport): string {
  const parts = [server, `${Math.max(1, Math.round(latency))} ms`, tls ?? 'not encrypted', `${user} on ${database}`];
  return [...parts, ...(readOnly ? ['read-only'] : [])].join(' · ');
}
