/** The certificate that shares on the network are served under: made once per home, signed by itself. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isIP } from 'node:net';
import type { KeyPair } from './face.ts';

const DAY = 86_400_000;
/** Some systems trust none that is valid for longer. */
const DAYS = 825;

export interface Certificate extends KeyPair {
  /** SHA-256 as Node writes it, “AB:CD:…”: what a person compares. */
  readonly fingerprint: string;
}

/** The home's certificate, if it names all these addresses and is valid for another month; else a new one. */
export async function certificateFor(home: string, names: readonly string[], now = Date.now()): Promise<Certificate> {
  const path = join(home, 'certificate.json');
  const kept = read(path);
  if (kept && isGood(kept, names, now)) return { ...kept, fingerprint: new X509Certificate(kept.cert).fingerprint256 };
  // Its libraries are a third of the program's code, and rarely needed.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: `Sluice on ${hostname()}` }], {
    algorithm: 'sha256',
    keyType: 'ec',
    curve: 'P-256',
    notBeforeDate: new Date(now - DAY),
    notAfterDate: new Date(now + DAYS * DAY),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
        ),
      },
    ],
  });
  const pair = { cert: made.cert, key: made.private };
  writeFileSync(path, JSON.stringify(pair), { mode: 0o600 });
  return { ...pair, fingerprint: new X509Certificate(pair.cert).fingerprint256 };
}

function read(path: string): KeyPair | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KeyPair;
  } catch {
    return null;
  }
}

function isGood({ cert }: KeyPair, names: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(cert);
  const has = (name: string) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
  return names.every(has) && Date.parse(certificate.validTo) > now + 30 * DAY;
}
