/** Connections that this computer knows already: services (manual, 34.17), .pgpass and PG* variables (34.15). */
import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ConnectionDraft, Importable } from '../../../shared/database.ts';
import { type Defaults, draftOf, type Parameters, readConnectionText } from './connection-text.ts';
import { findPassword, passwordFilePath, readPasswordFile } from './password-file.ts';

/** As `passwordOf`: what .pgpass holds for this very connection. */
const PASSWORD_FILE = 'pgpass';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is known here, and each one's password where there is one. Read anew at each look. */
export class KnownConnections {
  private readonly environment: Environment;

  constructor(environment: Environment = process.env) {
    this.environment = environment;
  }

  list(): Importable[] {
    return this.all().map(({ password, ...importable }) => ({ ...importable, hasPassword: password !== null }));
  }

  /**
   * The password that a draft asks to take over by its `passwordOf`; null: there is none. It is given only for the
   * server that it belongs to: whoever writes a draft cannot have it sent to another.
   */
  passwordFor(draft: ConnectionDraft): string | null {
    if (draft.passwordOf === undefined || draft.ssh !== null) return null;
    if (draft.passwordOf === PASSWORD_FILE) return this.kept(draft);
    const found = this.all().find(({ key }) => key === draft.passwordOf);
    const isSame = (['host', 'port', 'user'] as const).every((field) => found?.draft[field] === draft[field]);
    return isSame ? (found?.password ?? null) : null;
  }

  /** A connection string as a draft. A service in it is looked up; a password in .pgpass is taken over when it is used. */
  parse(text: string): ConnectionDraft {
    const written = readConnectionText(text);
    const service = written['service'];
    const parameters = service === undefined ? written : { ...this.services().get(service), ...written };
    const draft = draftOf(parameters, this.defaults());
    return draft.password === undefined && this.kept(draft) !== null ? { ...draft, passwordOf: PASSWORD_FILE } : draft;
  }

  /** The password of .pgpass for a connection; null: there is none. */
  private kept(draft: Pick<ConnectionDraft, 'host' | 'port' | 'database' | 'user'>): string | null {
    return findPassword(readPasswordFile(passwordFilePath(this.environment)), draft);
  }

  private all(): (Omit<Importable, 'hasPassword'> & { readonly password: string | null })[] {
    const found = [...this.fromEnvironment(), ...this.fromServices(), ...this.fromPasswordFile()];
    return found.map(({ key, from, draft: { password: given, ...draft } }) => {
      const password = given ?? this.kept(draft);
      return { key, from, draft: password === null ? draft : { ...draft, passwordOf: key }, password };
    });
  }

  private fromEnvironment(): Known[] {
    const parameters: Record<string, string> = {};
    for (const [variable, name] of Object.entries(variables)) {
      const value = this.environment[variable];
      if (value) parameters[name] = value;
    }
    const service = parameters['service'];
    const all = service === undefined ? parameters : { ...this.services().get(service), ...parameters };
    // A password or a mode alone names no server.
    if (!['host', 'hostaddr', 'dbname', 'user'].some((name) => name in all)) return [];
    return this.known('environment', 'environment', all, undefined);
  }

  private fromServices(): Known[] {
    return [...this.services()].flatMap(([name, parameters]) =>
      this.known(`service:${name}`, 'service', parameters, name),
    );
  }

  private fromPasswordFile(): Known[] {
    const entries = readPasswordFile(passwordFilePath(this.environment));
    return entries.flatMap(({ host, port, database, user, password }) => {
      if (host === '*' || user === '*') return [];
      const parameters: Parameters = {
        host,
        user,
        password,
        ...(port === '*' ? {} : { port }),
        ...(database === '*' ? {} : { dbname: database }),
      };
      return this.known(`pgpass:${JSON.stringify([host, port, database, user])}`, 'pgpass', parameters, undefined);
    });
  }

  /** One known connection, or none where its parameters make no sense. */
  private known(key: string, from: Importable['from'], parameters: Parameters, name: string | undefined): Known[] {
    try {
      return [{ key: key.slice(0, 1000), from, draft: draftOf(parameters, this.defaults(), name) }];
    } catch {
      return [];
    }
  }

  private services(): Map<string, Parameters> {
    const { environment } = this;
    const system = join(environment['PGSYSCONFDIR'] ?? '/etc/postgresql-common', 'pg_service.conf');
    const own = environment['PGSERVICEFILE'] ?? join(environment['HOME'] ?? homedir(), '.pg_service.conf');
    // The person's own file wins.
    return new Map([...parseServices(readIfThere(system)), ...parseServices(readIfThere(own))]);
  }

  private defaults(): Defaults {
    const folder = join(this.environment['HOME'] ?? homedir(), '.postgresql');
    const file = (name: string) => (existsSync(join(folder, name)) ? join(folder, name) : undefined);
    const certificate = file('postgresql.crt');
    return {
      user: userName(this.environment),
      ca: file('root.crt'),
      certificate,
      key: certificate === undefined ? undefined : file('postgresql.key'),
    };
  }
}

type Known = Pick<Importable, 'key' | 'from' | 'draft'>;

const variables: Readonly<Record<string, string>> = {
  PGHOST: 'host',
  PGHOSTADDR: 'hostaddr',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGSERVICE: 'service',
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
};

/** Sections of a service file: “[name]”, then “keyword=value” lines. */
export function parseServices(text: string): Map<string, Parameters> {
  const services = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    const [, keyword, value] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section !== undefined) services.set(section, (current = {}));
    else if (keyword !== undefined && current !== undefined) current[keyword] = value ?? '';
  }
  return services;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function userName(environment: Environment): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without a name, as in some containers.
    return environment['USER'] ?? 'postgres';
  }
}
