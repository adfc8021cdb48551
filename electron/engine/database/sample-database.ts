/** “Try it”: a real PostgreSQL with made-up tables, which runs on this computer while somebody uses it. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SluiceError } from '../../../shared/failure.ts';
import { connect } from './connect.ts';
import {
  embeddedPrograms,
  makeCluster,
  type PostgresServer,
  reachablePrograms,
  runSingle,
  type ServerPrograms,
  serverUser,
  type ServerUser,
  startServer,
} from './postgres-server.ts';
import { SAMPLE_DATA } from './sample-data.ts';
import type { ConnectTarget } from './types.ts';

const run = promisify(execFile);

/** Where the sample answers while it runs. The port and the password are others at each start. */
export type SamplePlace = Pick<ConnectTarget, 'host' | 'port' | 'database' | 'user' | 'password'>;

const USER = 'sluice';
const DATABASE = 'sample';

/** Small, and durable like any other: it survives a power cut. */
const settings = {
  shared_buffers: '32MB',
  max_connections: '40',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
};

export class SampleDatabase {
  private readonly folder: string;
  private running: Promise<{ server: PostgresServer; place: SamplePlace }> | null = null;

  /** @param folder The sample's own, inside the engine's home. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Starts the server where it does not run; the first time makes the data, which takes a few seconds.
   * @throws no-sample
   */
  async start(): Promise<SamplePlace> {
    this.running ??= this.launch();
    try {
      return (await this.running).place;
    } catch (error) {
      this.running = null;
      throw error;
    }
  }

  /** Ends the server in order. */
  async stop(): Promise<void> {
    const running = await this.running?.catch(() => null);
    this.running = null;
    await running?.server.stop();
  }

  private async launch() {
    try {
      const installed = embeddedPrograms();
      const version = await versionOf(installed);
      const user = serverUser();
      const folder = reachableFolder(this.folder, user);
      const programs = await reachablePrograms(installed, user, join(folder, `programs-${version}`));
      // Another major version cannot read the same files, so each has its own.
      const data = join(folder, `data-${/^\d+/.exec(version)?.[0] ?? version}`);
      await endStale(programs, data);
      await makeOnce(programs, data, user);
      // New at each start, and kept nowhere.
      const password = newPassword();
      await runSingle(programs, data, user, `ALTER ROLE postgres PASSWORD '${password}'`);
      const server = await startServer({ programs, folder: data, user, settings });
      void server.ended.then(() => (this.running = null));
      try {
        return { server, place: await furnish(server.port, password) };
      } catch (error) {
        await server.stop();
        throw error;
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const detail = code === 'MODULE_NOT_FOUND' ? 'its server was not installed with Sluice' : lastLine(message);
      throw new SluiceError('no-sample', { detail }, { cause: error });
    }
  }
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').replace(/\.$/, '');
}

/** E.g. “18.4”. */
async function versionOf({ postgres }: ServerPrograms): Promise<string> {
  const { stdout } = await run(postgres, ['--version']);
  return /\d[.\w]*(?=\s*$)/.exec(stdout.replace(/\(.*\)/, ''))?.[0] ?? 'unknown';
}

/**
 * The sample's folder, or where Sluice runs as root, and the server as somebody who cannot reach the home, a folder of
 * that user's, under a name that nobody could have taken before; the sample's own folder remembers it.
 */
function reachableFolder(folder: string, user: ServerUser | null): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user === null) return folder;
  const note = join(folder, 'folder');
  const noted = existsSync(note) ? readFileSync(note, 'utf8') : '';
  const info = noted === '' ? undefined : lstatSync(noted, { throwIfNoEntry: false });
  if (info?.isDirectory() === true && info.uid === user.uid) return noted;
  const made = mkdtempSync(join(tmpdir(), 'sluice-sample-'));
  chownSync(made, user.uid, user.gid);
  writeFileSync(note, made);
  return made;
}

async function makeOnce(programs: ServerPrograms, data: string, user: ServerUser | null): Promise<void> {
  if (existsSync(data)) return;
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(`${unfinished}.password`, { force: true });
  await makeCluster({ programs, folder: unfinished, user, password: newPassword() });
  renameSync(unfinished, data);
}

/** The user, the database and its tables, where they are not there yet. */
async function furnish(port: number, password: string): Promise<SamplePlace> {
  const place = { host: '127.0.0.1', port, database: DATABASE, user: USER, password: newPassword() };
  await withSession({ ...place, database: 'postgres', user: 'postgres', password }, async (query) => {
    if ((await query(`SELECT FROM pg_roles WHERE rolname = '${USER}'`)) === 0) await query(`CREATE ROLE ${USER} LOGIN`);
    await query(`ALTER ROLE ${USER} PASSWORD '${place.password}'`);
    if ((await query(`SELECT FROM pg_database WHERE datname = '${DATABASE}'`)) === 0) {
      await query(`CREATE DATABASE ${DATABASE} OWNER ${USER}`);
    }
  });
  await withSession(place, async (query) => {
    if ((await query(`SELECT FROM pg_tables WHERE schemaname = 'shop'`)) > 0) return;
    // One transaction: the tables are all there, or none is.
    await query(`BEGIN; ${SAMPLE_DATA}; COMMIT`);
    await query('VACUUM ANALYZE');
  });
  return place;
}

/** Runs work on a session that may write. `query` gives the number of rows. */
async function withSession(
  place: SamplePlace,
  work: (query: (sql: string) => Promise<number>) => Promise<void>,
): Promise<void> {
  const session = await connect({
    ...place,
    id: 'sample',
    name: 'sample',
    color: 'grey',
    tls: { mode: 'disable', ca: null, certificate: null, key: null },
    ssh: null,
    sshPassword: null,
    readOnly: false,
    statementTimeout: 0,
    exportTimeout: 0,
  });
  try {
    await work(async (sql) => (await session.client.query(sql)).rowCount ?? 0);
  } finally {
    await session.end();
  }
}

/**
 * Ends a server that an earlier Sluice left behind on this folder. Only that one: the process must be a postgres that was
 * started with just this folder, for the number in postmaster.pid may be another program's by now.
 */
async function endStale(programs: ServerPrograms, data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  if (!(pid > 0)) return;
  const command = await commandOf(pid);
  if (!command.includes(`${programs.postgres} -D ${data} `)) {
    // PostgreSQL would take a program that has the number now, and is ours too, for the server.
    if (command !== '') rmSync(file);
    return;
  }
  process.kill(pid, 'SIGINT');
  for (let left = 200; left > 0 && isAlive(pid); left--) await sleep(50);
}

/** The command line of a process; '' where it cannot be told. */
async function commandOf(pid: number): Promise<string> {
  const file = `/proc/${pid}/cmdline`;
  if (existsSync(file)) return readFileSync(file, 'utf8').replaceAll('\0', ' ');
  const list =
    process.platform === 'win32'
      ? run('powershell', [
          '-NoProfile',
          '-Command',
          `(Get-CimInstance Win32_Process -Filter ProcessId=${pid}).CommandLine`,
        ])
      : run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return (await list.catch(() => null))?.stdout.replaceAll('"', '') ?? '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
