import type { ConnectionDraft, ConnectionProfile, SshTunnel } from '../../../shared/database.ts';

/** A connection while it is edited: what is typed stays as it is typed. */
export interface Typed extends Omit<ConnectionDraft, 'port' | 'tls' | 'ssh' | 'statementTimeout' | 'exportTimeout'> {
  readonly port: string;
  readonly mode: ConnectionDraft['tls']['mode'];
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly useSsh: boolean;
  readonly ssh: Omit<SshTunnel, 'port' | 'keyFile'> & { readonly port: string; readonly keyFile: string };
  /** Seconds. */
  readonly statementTimeout: string;
  readonly exportTimeout: string;
}

/** A connection that nobody has typed anything of yet. */
export const emptyDraft: ConnectionDraft = {
  name: '',
  color: 'grey',
  host: 'localhost',
  port: 5432,
  database: 'postgres',
  user: 'postgres',
  tls: { mode: 'prefer', ca: null, certificate: null, key: null },
  ssh: null,
  readOnly: true,
  statementTimeout: 30_000,
  exportTimeout: 0,
};

const seconds = (ms: number) => (ms === 0 ? '' : String(ms / 1000));

export function typedOf(given: ConnectionDraft): Typed {
  const { port, tls, ssh, statementTimeout, exportTimeout, ...rest } = given;
  return {
    ...rest,
    port: String(port),
    mode: tls.mode,
    ca: tls.ca ?? '',
    certificate: tls.certificate ?? '',
    key: tls.key ?? '',
    useSsh: ssh !== null,
    ssh: {
      host: ssh?.host ?? '',
      port: String(ssh?.port ?? 22),
      user: ssh?.user ?? '',
      authentication: ssh?.authentication ?? 'agent',
      keyFile: ssh?.keyFile ?? '',
      hostKey: ssh?.hostKey ?? null,
    },
    statementTimeout: seconds(statementTimeout),
    exportTimeout: seconds(exportTimeout),
  };
}

/** A kept connection as a draft: its passwords stay as they are unless the person types others. */
export function draftOfProfile(profile: ConnectionProfile): ConnectionDraft {
  const { hasPassword: _, hasSshPassword: __, sample: ___, ...draft } = profile;
  return draft;
}

const portOf = (text: string) => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : 0);
const isPort = (port: number) => port >= 1 && port <= 65_535;
const timeoutOf = (text: string) => (text.trim() === '' ? 0 : Math.round(Number(text) * 1000));
const isTimeout = (ms: number) => Number.isFinite(ms) && ms >= 0 && ms <= 2_147_483_647;

/** What is wrong with what was typed, in a few words, by field. */
export function problemsOf(typed: Typed): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  if (!typed.host.trim()) problems['host'] = 'Write a host name, an address, or the folder of a socket.';
  if (!isPort(portOf(typed.port))) problems['port'] = 'A port is a number from 1 to 65535.';
  if (!typed.database.trim()) problems['database'] = 'Write the name of a database.';
  if (!typed.user.trim()) problems['user'] = 'Write a user name.';
  if (!isTimeout(timeoutOf(typed.statementTimeout))) problems['statementTimeout'] = 'Write a number of seconds.';
  if (!isTimeout(timeoutOf(typed.exportTimeout))) problems['exportTimeout'] = 'Write a number of seconds.';
  if (!typed.useSsh) return problems;
  if (!typed.ssh.host.trim()) problems['sshHost'] = 'Write the host of the SSH server.';
  if (!isPort(portOf(typed.ssh.port))) problems['sshPort'] = 'A port is a number from 1 to 65535.';
  if (!typed.ssh.user.trim()) problems['sshUser'] = 'Write a user name.';
  if (typed.ssh.authentication === 'key' && !typed.ssh.keyFile.trim()) problems['sshKey'] = 'Name the key’s file.';
  return problems;
}

/** What was typed as the engine takes it; to be asked for only where nothing is wrong with it. */
export function draftOf(typed: Typed): ConnectionDraft {
  const { mode, ca, certificate, key, useSsh, ssh, name, host, database, user, ...rest } = typed;
  return {
    ...rest,
    name: name.trim() || `${database.trim()} on ${host.trim()}`,
    host: host.trim(),
    database: database.trim(),
    user: user.trim(),
    port: portOf(typed.port),
    tls: { mode, ca: ca.trim() || null, certificate: certificate.trim() || null, key: key.trim() || null },
    ssh: useSsh
      ? {
          ...ssh,
          host: ssh.host.trim(),
          user: ssh.user.trim(),
          port: portOf(ssh.port),
          keyFile: ssh.authentication === 'key' ? ssh.keyFile.trim() : null,
        }
      : null,
    statementTimeout: timeoutOf(typed.statementTimeout),
    exportTimeout: timeoutOf(typed.exportTimeout),
  };
}
