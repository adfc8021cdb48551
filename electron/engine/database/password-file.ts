/** .pgpass, as libpq reads it (PostgreSQL manual, 34.16). */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A line of the file; “*” stands for anything. */
export interface PasswordEntry {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export interface PasswordFor {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where libpq looks for the file. */
export function passwordFilePath(environment: Environment, platform = process.platform): string {
  const given = environment['PGPASSFILE'];
  if (given) return given;
  if (platform === 'win32') return join(environment['APPDATA'] ?? homedir(), 'postgresql', 'pgpass.conf');
  return join(environment['HOME'] ?? homedir(), '.pgpass');
}

/** The file's entries; none where it is missing, or others than its owner may read it: libpq ignores it then. */
export function readPasswordFile(path: string): PasswordEntry[] {
  try {
    const info = statSync(path);
    if (!info.isFile() || (process.platform !== 'win32' && (info.mode & 0o077) !== 0)) return [];
    return parsePasswords(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
}

/** Fields stand between colons; a backslash makes a colon or a backslash a part of its field. */
export function parsePasswords(text: string): PasswordEntry[] {
  return text.split(/\r?\n/).flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const [host, port, database, user, password] = [...line.matchAll(/((?:[^:\\]|\\[^]?)*)(?::|$)/g)].map((field) =>
      (field[1] ?? '').replace(/\\(.)/g, '$1'),
    );
    if (host === undefined || port === undefined || database === undefined || user === undefined) return [];
    return password === undefined ? [] : [{ host, port, database, user, password }];
  });
}

/** The password of the first entry that fits; null: none does. A Unix-domain socket counts as localhost. */
export function findPassword(entries: readonly PasswordEntry[], wanted: PasswordFor): string | null {
  const host = wanted.host.startsWith('/') ? 'localhost' : wanted.host;
  const fits = (field: string, value: string) => field === '*' || field === value;
  const found = entries.find(
    (entry) =>
      (fits(entry.host, host) || entry.host === wanted.host) &&
      fits(entry.port, String(wanted.port)) &&
      fits(entry.database, wanted.database) &&
      fits(entry.user, wanted.user),
  );
  return found?.password ?? null;
}
