/** A certificate for loopback names that signs itself: what https test servers show. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. A client that trusts this as its authority (`ca`, NODE_EXTRA_CA_CERTS) trusts the server. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

let made: Promise<Certificate> | undefined;

/** The process's certificate for localhost, 127.0.0.1 and ::1; made once. */
export function loopbackCertificate(): Promise<Certificate> {
  made ??= generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    keySize: 2048,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  }).then(({ cert, private: key }) => ({ cert, key }));
  return made;
}

/** The certificate as files, for programs that read it from disk. Dispose to delete them. */
export async function certificateFiles(): Promise<{ cert: string; key: string } & Disposable> {
  const certificate = await loopbackCertificate();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificate-'));
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  writeFileSync(cert, certificate.cert);
  writeFileSync(key, certificate.key, { mode: 0o600 });
  return { cert, key, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
