/** SSH tunnels: every way to log in, and host keys that are unknown or have changed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { connect, type ConnectTarget } from '../../electron/engine/database/index.ts';
import type { SshTunnel } from '../../shared/database.ts';
import { SluiceError } from '../../shared/failure.ts';
import { lacks } from '../bench/programs.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { makeSshKey, type SshServer, startSshServer } from '../servers/postgres-ssh.ts';
import { makeAuthority, makeCertificate, pemFiles, turnOnTls } from '../servers/postgres-tls.ts';

const PASSWORD = 'through the wall';
const hostKey = makeSshKey();
const own = makeSshKey();
const locked = makeSshKey('open sesame');

let server: TestPostgres;
let ssh: SshServer;
/** As the person accepted it. */
let accepted: string;

beforeAll(async () => {
  server = await startPostgres();
  ssh = await startSshServer({ hostKey: hostKey.private, password: PASSWORD, publicKey: own.public });
  accepted = await fingerprint();
});

afterAll(async () => {
  await ssh?.[Symbol.asyncDispose]();
  await server?.end();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

function through(tunnel: Partial<SshTunnel>, other: Partial<ConnectTarget> = {}): ConnectTarget {
  const all = { host: '127.0.0.1', port: ssh.port, user: 'tunnel', keyFile: null, hostKey: accepted };
  return { ...server.target, sshPassword: null, ...other, ssh: { ...all, authentication: 'password', ...tunnel } };
}

async function failureOf(target: ConnectTarget): Promise<SluiceError> {
  const thrown: unknown = await connect(target).then(
    (session) => session.end(),
    (error: unknown) => error,
  );
  if (!(thrown instanceof SluiceError)) throw new Error(`no failure, but ${String(thrown)}`);
  return thrown;
}

async function fingerprint(): Promise<string> {
  const all = { host: '127.0.0.1', port: ssh.port, user: 'tunnel', keyFile: null, hostKey: null };
  const target = { ...server.target, ssh: { ...all, authentication: 'password' as const }, sshPassword: PASSWORD };
  return String((await failureOf(target)).failure.params['fingerprint']);
}

/** Reads more than one SSH window through the tunnel. */
async function works(target: ConnectTarget): Promise<void> {
  const session = await connect(target);
  const { rows } = await session.client.query(`SELECT repeat('x', 8000000) AS long`);
  expect((rows[0] as { long: string }).long).toHaveLength(8_000_000);
  await session.end();
}

function keyFile(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'sluice-ssh-')), 'id');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test.skipIf(lacks('ssh-keygen'))(
  'a server whose key is not known yet is told with its fingerprint, as ssh-keygen writes it, and gets no password',
  async () => {
    ssh.shown.length = 0;
    const failure = await failureOf(through({ hostKey: null }, { sshPassword: PASSWORD }));
    expect(failure.code).toBe('ssh-host-unknown');
    const listed = execFileSync('ssh-keygen', ['-lf', '-'], { input: hostKey.public, encoding: 'utf8' });
    expect(listed).toContain(failure.failure.params['fingerprint']);
    expect(ssh.shown).toEqual([]);
  },
);

test('a server whose key has changed is refused and gets no password', async () => {
  await using impostor = await startSshServer({ hostKey: makeSshKey().private, password: PASSWORD, publicKey: null });
  const failure = await failureOf(through({ port: impostor.port }, { sshPassword: PASSWORD }));
  expect(failure).toMatchObject({ code: 'ssh-failed', message: expect.stringContaining('its key is not the one') });
  expect(impostor.shown).toEqual([]);
});

test('a password opens the tunnel, a wrong one is named', async () => {
  await works(through({}, { sshPassword: PASSWORD }));
  const failure = await failureOf(through({}, { sshPassword: 'wrong' }));
  expect(failure).toMatchObject({
    code: 'ssh-failed',
    message: expect.stringContaining('refused the login of tunnel'),
  });
});

test('a key opens the tunnel; one with a passphrase needs it', async () => {
  await works(through({ authentication: 'key', keyFile: keyFile(own.private) }));
  const other = { authentication: 'key' as const, keyFile: keyFile(locked.private) };
  expect(await failureOf(through(other))).toMatchObject({
    code: 'ssh-failed',
    message: expect.stringContaining('passphrase'),
  });
  // Unlocked, it is a key that this server does not know.
  expect(await failureOf(through(other, { sshPassword: 'open sesame' }))).toMatchObject({
    message: expect.stringContaining('refused the login'),
  });
  expect(await failureOf(through({ authentication: 'key', keyFile: '/nowhere/id' }))).toMatchObject({
    message: expect.stringContaining('/nowhere/id'),
  });
});

test.skipIf(lacks('ssh-agent'))('an agent opens the tunnel; that none runs is said', async () => {
  const socket = join(mkdtempSync(join(tmpdir(), 'sluice-agent-')), 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(agent.stdout, 'data');
    vi.stubEnv('SSH_AUTH_SOCK', socket);
    execFileSync('ssh-add', ['-q', keyFile(own.private)], { stdio: 'ignore' });
    await works(through({ authentication: 'agent' }));
  } finally {
    agent.kill();
  }
  vi.stubEnv('SSH_AUTH_SOCK', undefined);
  expect(await failureOf(through({ authentication: 'agent' }))).toMatchObject({
    message: expect.stringContaining('no SSH agent'),
  });
});

test('TLS inside the tunnel checks the database’s name, and a cancel takes the same way', async () => {
  const ca = await makeAuthority('Test CA');
  await turnOnTls(server, ca, await makeCertificate(ca, 'localhost'));
  const files = pemFiles({ ca: ca.cert });
  const tls = { mode: 'verify-full' as const, ca: files.ca, certificate: null, key: null };
  const session = await connect(through({}, { sshPassword: PASSWORD, host: 'localhost', tls }));
  expect(session.tls).toBe('TLSv1.3');
  const sleeping = session.client.query('SELECT pg_sleep(3600)');
  // A cancel that comes before its query is for nothing.
  await expect.poll(() => server.sql(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).toHaveLength(1);
  const [result] = await Promise.allSettled([sleeping, session.cancel()]);
  expect(result).toMatchObject({ reason: { code: '57014' } });
  await session.end();
  const failure = await failureOf(through({}, { sshPassword: PASSWORD, tls }));
  expect(failure.code).toBe('database-untrusted');
});

test('the SSH connection ends with the session', async () => {
  const session = await connect(through({}, { sshPassword: PASSWORD }));
  expect(ssh.open()).toBeGreaterThan(0);
  await session.end();
  await expect.poll(() => ssh.open()).toBe(0);
});

test('what cannot be reached is named: the SSH server, or the database behind it', async () => {
  const target = { sshPassword: PASSWORD };
  expect(await failureOf(through({ port: 1 }, target))).toMatchObject({ code: 'connection-refused' });
  expect(await failureOf(through({ host: 'nowhere.invalid' }, target))).toMatchObject({ code: 'host-not-found' });
  expect(await failureOf(through({}, { ...target, port: 1 }))).toMatchObject({
    code: 'ssh-failed',
    message: expect.stringContaining('from there 127.0.0.1 cannot be reached'),
  });
});
