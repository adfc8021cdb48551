/** From the words of `sluice connections add` and `test` to the connection that they describe. */
import { resolve } from 'node:path';
import { type ConnectionDraft, type SshTunnel, connectionColors } from '../../shared/database.ts';
import type { Client } from '../app/index.ts';
import { bad } from './bad-input.ts';
import type { Context } from './context.ts';
import { askPassword, readPassword } from './password.ts';
import { parseSpan } from './size-words.ts';

export interface ConnectionFlags {
  readonly url?: string;
  readonly passwordStdin?: boolean;
  readonly askPassword?: boolean;
  readonly write?: boolean;
  readonly color?: string;
  readonly timeout?: string;
  readonly exportTimeout?: string;
  readonly ssh?: string;
  readonly sshKey?: string;
  readonly sshHostKey?: string;
  readonly askSshPassword?: boolean;
}

/**
 * The connection that flags describe; null where the person gave no password.
 * @throws bad-input
 */
export async function toDraft(
  client: Client,
  flags: ConnectionFlags,
  { cwd, stdin, stderr }: Context,
): Promise<ConnectionDraft | null> {
  if (flags.url === undefined) bad('Say where: --url postgresql://…');
  const said = settingsOf(flags);
  const ssh = tunnelOf(flags, cwd);
  const draft = { ...(await client.connections.parse({ text: flags.url })), ...said, ...(ssh && { ssh }) };
  const { passwordStdin, askPassword: ask, askSshPassword } = flags;
  const question = `Password of ${draft.user} at ${draft.host}: `;
  const password = passwordStdin
    ? await readPassword(stdin)
    : ask
      ? await askPassword(question, stdin, stderr)
      : undefined;
  if (password === null) return null;
  const sshQuestion = `Password of ${ssh?.keyFile ?? `${ssh?.user} at ${ssh?.host}`}: `;
  const sshPassword = askSshPassword ? await askPassword(sshQuestion, stdin, stderr) : undefined;
  if (sshPassword === null) return null;
  return { ...draft, ...(password !== undefined && { password }), ...(sshPassword !== undefined && { sshPassword }) };
}

function settingsOf({ write, color, timeout, exportTimeout }: ConnectionFlags): Partial<ConnectionDraft> {
  return {
    ...(write && { readOnly: false }),
    ...(color !== undefined && { color: connectionColors.find((one) => one === color) ?? 'grey' }),
    ...(timeout !== undefined && { statementTimeout: toMs(timeout) }),
    ...(exportTimeout !== undefined && { exportTimeout: toMs(exportTimeout) }),
  };
}

/** “0” is without end, as PostgreSQL says it. */
function toMs(span: string): number {
  return span === '0' ? 0 : Math.round(parseSpan(span) * 1000);
}

/** “user@host:port”. The agent logs in where neither a key nor a password is meant to. */
function tunnelOf({ ssh, sshKey, sshHostKey, askSshPassword }: ConnectionFlags, cwd: string): SshTunnel | null {
  if (ssh === undefined) {
    if (sshKey !== undefined || sshHostKey !== undefined || askSshPassword) bad('--ssh-… goes with --ssh USER@HOST.');
    return null;
  }
  const [, user, name, address, port = '22'] = /^([^@]+)@(?:([^:[\]]+)|\[([^\]]+)\])(?::(\d{1,5}))?$/.exec(ssh) ?? [];
  const host = name ?? address;
  if (!user || !host) bad(`“${ssh}” is not an SSH server: write USER@HOST or USER@HOST:PORT.`);
  const authentication = sshKey === undefined ? (askSshPassword ? 'password' : 'agent') : 'key';
  const keyFile = sshKey === undefined ? null : resolve(cwd, sshKey);
  return { host, port: Number(port), user, authentication, keyFile, hostKey: sshHostKey ?? null };
}
