/** The way to the server under each of libpq's TLS modes, against a real server and against men in the middle. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type ConnectTarget } from '../../electron/engine/database/index.ts';
import { type TlsMode } from '../../shared/database.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import {
  type KeyPair,
  makeAuthority,
  makeCertificate,
  pemFiles,
  standBetween,
  turnOnTls,
} from '../servers/postgres-tls.ts';

let server: TestPostgres;
let plain: TestPostgres;
let elsewhere: KeyPair;
let files: Record<'ca' | 'otherCa' | 'cert' | 'key' | 'strangerCert' | 'strangerKey', string>;

beforeAll(async () => {
  [server, plain] = await Promise.all([startPostgres(), startPostgres()]);
  const [ca, otherCa] = await Promise.all([makeAuthority('Test CA'), makeAuthority('Other CA')]);
  const [own, person, stranger] = await Promise.all([
    makeCertificate(ca, 'localhost'),
    makeCertificate(ca, 'certified'),
    makeCertificate(otherCa, 'certified'),
  ]);
  elsewhere = await makeCertificate(otherCa, 'localhost');
  files = pemFiles({
    ca: ca.cert,
    otherCa: otherCa.cert,
    cert: person.cert,
    key: person.key,
    strangerCert: stranger.cert,
    strangerKey: stranger.key,
  });
  await turnOnTls(server, ca, own);
  await server.sql(`CREATE ROLE certified LOGIN; CREATE ROLE encrypted LOGIN PASSWORD 'x'`);
});

afterAll(async () => {
  await Promise.all([server?.end(), plain?.end()]);
});

const none = { ca: null, certificate: null, key: null };
const through = (mode: TlsMode, tls: Partial<ConnectTarget['tls']> = {}, other: Partial<ConnectTarget> = {}) => ({
  ...server.target,
  host: 'localhost',
  tls: { mode, ...none, ...tls },
  ...other,
});

/** What TLS the server itself says a session has; or the failure. */
async function seen(target: ConnectTarget) {
  try {
    const session = await connect(target);
    const { rows } = await session.client.query('SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await session.end();
    expect(session.tls).toBe((rows[0] as { version: string | null }).version);
    return session.tls;
  } catch (error) {
    return error;
  }
}

describe('a server with TLS', () => {
  test('disable goes in the clear, every other mode is encrypted', async () => {
    expect(await seen(through('disable'))).toBeNull();
    expect(await seen(through('prefer'))).toBe('TLSv1.3');
    expect(await seen(through('require'))).toBe('TLSv1.3');
    expect(await seen(through('verify-ca', { ca: files.ca }))).toBe('TLSv1.3');
    expect(await seen(through('verify-full', { ca: files.ca }))).toBe('TLSv1.3');
  });

  test('an authority that the person did not choose is refused by verify-ca, verify-full, and require with an authority', async () => {
    for (const mode of ['verify-ca', 'verify-full', 'require'] as const) {
      expect(await seen(through(mode, { ca: files.otherCa }))).toMatchObject({ code: 'database-untrusted' });
    }
    expect(await seen(through('verify-full'))).toMatchObject({ code: 'database-untrusted' });
  });

  test('verify-full wants the certificate to name the host, verify-ca does not', async () => {
    const byAddress = { host: '127.0.0.1' };
    expect(await seen(through('verify-ca', { ca: files.ca }, byAddress))).toBe('TLSv1.3');
    expect(await seen(through('verify-full', { ca: files.ca }, byAddress))).toMatchObject({
      code: 'database-untrusted',
      failure: { params: { reason: 'its certificate is for another name', subject: 'localhost', issuer: 'Test CA' } },
    });
  });

  test('a client certificate logs in; without one, or with a stranger’s, the server refuses', async () => {
    const certified = { user: 'certified', password: null };
    const own = { ca: files.ca, certificate: files.cert, key: files.key };
    expect(await seen(through('verify-full', own, certified))).toBe('TLSv1.3');
    expect(await seen(through('verify-full', { ca: files.ca }, certified))).toMatchObject({ code: 'login-refused' });
    const strange = { ca: files.ca, certificate: files.strangerCert, key: files.strangerKey };
    expect(await seen(through('verify-full', strange, certified))).toMatchObject({
      code: expect.stringMatching(/tls-failed|database-lost/),
    });
  });

  test('where the server wants TLS and the mode forbids it, the failure says so', async () => {
    const encrypted = { user: 'encrypted', password: 'x' };
    expect(await seen(through('require', {}, encrypted))).toBe('TLSv1.3');
    expect(await seen(through('disable', {}, encrypted))).toMatchObject({
      code: 'login-refused',
      message: expect.stringContaining('no encryption'),
    });
  });

  test('a file that is not there, or is no certificate, is named', async () => {
    expect(await seen(through('verify-full', { ca: '/nowhere/ca.pem' }))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('/nowhere/ca.pem'),
    });
    expect(await seen(through('require', { certificate: files.key, key: files.cert }))).toMatchObject({
      code: 'bad-input',
    });
  });

  test('a cancel goes over TLS too', async () => {
    const session = await connect(through('verify-full', { ca: files.ca }));
    const sleeping = session.client.query('SELECT pg_sleep(3600)');
    // A cancel that comes before its query is for nothing.
    await expect
      .poll(() => server.sql(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'`))
      .toHaveLength(1);
    const [result] = await Promise.allSettled([sleeping, session.cancel()]);
    expect(result).toMatchObject({ status: 'rejected', reason: { code: '57014' } });
    await session.end();
  });
});

describe('a server without TLS', () => {
  test('prefer goes in the clear, require and stricter refuse', async () => {
    const to = (mode: TlsMode) => through(mode, {}, { port: plain.target.port });
    expect(await seen(to('prefer'))).toBeNull();
    for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
      expect(await seen(to(mode))).toMatchObject({ code: 'tls-failed' });
    }
  });

  test('a Unix-domain socket needs none, as in libpq', async () => {
    expect(await seen({ ...through('require'), host: plain.socketFolder, port: plain.target.port })).toBeNull();
  });
});

describe('a man in the middle', () => {
  test('with another certificate is refused under verify-full and hears no login', async () => {
    await using middleman = await standBetween(server.target.port, 'S', elsewhere);
    const target = through('verify-full', { ca: files.ca }, { port: middleman.port });
    expect(await seen(target)).toMatchObject({ code: 'database-untrusted' });
    expect(middleman.heard()).toBe('');
  });

  test('is what `require` does not protect from: it hears who logs in, though no password', async () => {
    await using middleman = await standBetween(plain.target.port, 'S', elsewhere);
    const session = await connect(through('require', {}, { port: middleman.port })).catch((error: unknown) => error);
    expect(middleman.heard()).toContain('postgres');
    expect(middleman.heard()).not.toContain(server.target.password);
    if (!(session instanceof Error)) await (session as Awaited<ReturnType<typeof connect>>).end();
  });

  test('who says that the server has no TLS gets nothing', async () => {
    await using middleman = await standBetween(server.target.port, 'N', null);
    for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
      const tls = mode === 'require' ? {} : { ca: files.ca };
      expect(await seen(through(mode, tls, { port: middleman.port }))).toMatchObject({ code: 'tls-failed' });
    }
    expect(middleman.heard()).toBe('');
  });

  test('who puts words of its own before the handshake is refused (CVE-2021-23222)', async () => {
    await using middleman = await standBetween(server.target.port, 'SR\0\0\0\u0008\0\0\0\0', null);
    const target = through('verify-full', { ca: files.ca }, { port: middleman.port });
    expect(await seen(target)).toMatchObject({ code: 'tls-failed' });
    expect(middleman.heard()).toBe('');
  });
});
