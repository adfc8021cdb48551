/** SSH tunnels: a channel through an SSH server whose key is the one that the person accepted. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import type { SshTunnel } from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { networkFailure } from './failures.ts';
import type { Route } from './transport.ts';

/** What ssh2 throws: `level` says at which step. */
interface SshError extends Error {
  readonly level?: string;
}

/**
 * Opens a channel to the route's host and port as the SSH server sees them. It and its SSH connection end together.
 * @throws ssh-host-unknown, ssh-failed, host-not-found, connection-refused, connection-timed-out
 */
export async function openTunnel(route: Route & { readonly ssh: SshTunnel }, signal: AbortSignal): Promise<Duplex> {
  const { ssh } = route;
  const credentials = await credentialsOf(ssh, route.sshPassword);
  // Loaded when it is needed: most people have no tunnel.
  const { Client } = await import('ssh2');
  const client = new Client();
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const onAbort = () => reject(networkFailure(signal.reason, ssh.host));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  client
    .on('error', (error: SshError) => reject(sshFailure(error, ssh)))
    .on('close', () => reject(failed(ssh, 'it closed the connection')))
    .on('ready', () => void forward(client, route).then(resolve, reject))
    // A server that asks its questions one by one asks for the password only.
    .on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => {
      answer(prompts.map(() => route.sshPassword ?? ''));
    });
  const hostVerifier = (key: Buffer) => {
    const refusal = keyRefusal(key, ssh);
    if (refusal !== null) reject(refusal);
    return refusal === null;
  };
  // The timeout is the signal's.
  const settings = { readyTimeout: 0, keepaliveInterval: 30_000, hostVerifier };
  try {
    client.connect({ host: ssh.host, port: ssh.port, username: ssh.user, ...credentials, ...settings });
  } catch (error) {
    // A key that cannot be read, before anything was sent.
    reject(failed(ssh, 'the key cannot be used: is it a private key, and its passphrase right?', error));
  }
  try {
    const channel = await promise;
    channel.once('close', () => client.end());
    return channel;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A key's fingerprint as ssh-keygen writes it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Why a server's key is not to be trusted; null where it is the accepted one. */
function keyRefusal(key: Buffer, ssh: SshTunnel): SluiceError | null {
  const fingerprint = fingerprintOf(key);
  if (ssh.hostKey === fingerprint) return null;
  if (ssh.hostKey === null) return new SluiceError('ssh-host-unknown', { host: ssh.host, fingerprint });
  return failed(ssh, `its key is not the one you allowed, but ${fingerprint}. Somebody may be listening in`);
}

async function credentialsOf(ssh: SshTunnel, password: string | null): Promise<ConnectConfig> {
  if (ssh.authentication === 'password') return { password: password ?? '', tryKeyboard: true };
  if (ssh.authentication === 'key') {
    if (ssh.keyFile === null) throw failed(ssh, 'no key file is chosen');
    const privateKey = await readFile(ssh.keyFile).catch((error: unknown) => {
      throw failed(ssh, `the key file ${ssh.keyFile ?? ''} cannot be read`, error);
    });
    return { privateKey, ...(password === null ? {} : { passphrase: password }) };
  }
  // On Windows OpenSSH's own agent listens there.
  const agent =
    process.env['SSH_AUTH_SOCK'] ?? (process.platform === 'win32' ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined);
  if (agent === undefined) throw failed(ssh, 'no SSH agent runs here');
  return { agent };
}

function forward(client: Client, { ssh, host, port }: Route & { readonly ssh: SshTunnel }): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const done = (error: Error | undefined, channel: Duplex) => {
    if (error === undefined) resolve(channel);
    else reject(failed(ssh, `from there ${host} cannot be reached (${error.message})`, error));
  };
  if (host.startsWith('/')) client.openssh_forwardOutStreamLocal(`${host}/.s.PGSQL.${port}`, done);
  else client.forwardOut('127.0.0.1', 0, host, port, done);
  return promise;
}

function sshFailure(error: SshError, ssh: SshTunnel): unknown {
  if (error.level === 'client-socket') return networkFailure(error, ssh.host);
  if (error.level === 'client-authentication') return failed(ssh, `it refused the login of ${ssh.user}`, error);
  if (error.level === 'agent') return failed(ssh, 'the SSH agent did not answer', error);
  return failed(ssh, error.message.replace(/\.$/, ''), error);
}

function failed(ssh: SshTunnel, detail: string, cause?: unknown): SluiceError {
  return new SluiceError('ssh-failed', { host: ssh.host, detail }, { cause });
}
