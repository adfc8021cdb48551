/** Certificates for a test PostgreSQL, and men in the middle that show others. */
import { appendFileSync, chmodSync, chownSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import type { TestPostgres } from './postgres.ts';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of its own. */
export async function makeAuthority(name: string): Promise<KeyPair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert, key };
}

/** A certificate that an authority signed, for a host name or a user. */
export async function makeCertificate(ca: KeyPair, name: string): Promise<KeyPair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
  return { cert, key };
}

/** Writes PEM texts to files of one folder, as a person has them; gives their paths. */
export function pemFiles<T extends Record<string, string>>(texts: T): { [Name in keyof T]: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pem-'));
  const paths = Object.entries(texts).map(([name, text]) => {
    const path = join(folder, `${name}.pem`);
    writeFileSync(path, text, { mode: 0o600 });
    return [name, path];
  });
  return Object.fromEntries(paths) as { [Name in keyof T]: string };
}

/** Lets a server speak TLS; users named `certified` log in by a certificate of `ca`, `encrypted` only over TLS. */
export async function turnOnTls(server: TestPostgres, ca: KeyPair, own: KeyPair): Promise<void> {
  const { uid, gid } = statSync(server.dataFolder);
  const put = (name: string, text: string) => {
    const path = join(server.dataFolder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    chownSync(path, uid, gid);
  };
  put('server.crt', own.cert);
  put('server.key', own.key);
  put('root.crt', ca.cert);
  const hba = join(server.dataFolder, 'pg_hba.conf');
  const rules = readFileSync(hba, 'utf8');
  writeFileSync(hba, 'hostssl all certified 127.0.0.1/32 cert\nhostnossl all encrypted 127.0.0.1/32 reject\n');
  appendFileSync(hba, rules);
  await server.restart({ ssl: 'on', ssl_ca_file: 'root.crt' });
}

export interface Middleman extends AsyncDisposable {
  readonly port: number;
  /** Everything that a client sent after it was told what it wanted to hear. */
  readonly heard: () => string;
}

/**
 * Stands between a client and a server. It answers the client's SSLRequest with `answer` itself; after 'S' it shows
 * `certificate` and passes on what it can read, in the clear.
 */
export async function standBetween(port: number, answer: string, certificate: KeyPair | null): Promise<Middleman> {
  let heard = '';
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    sockets.add(client.on('error', () => {}));
    client.once('data', () => {
      client.write(answer);
      const readable =
        certificate === null ? client : new TLSSocket(client, { isServer: true, ...certificate }).on('error', () => {});
      const upstream = connect(port, '127.0.0.1').on('error', () => {});
      sockets.add(upstream);
      readable.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
      readable.pipe(upstream).pipe(readable);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
