/**
 * What a user would get: the app is built and packaged on a stand-in for Electron's binary (a small ELF that carries
 * the fuse wire), its archive is listed, its fuses are read back, and the host is started from the code inside it.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { extractAll, extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { parseAst } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentSecurityPolicy } from '../../shared/csp.ts';
import { startRangeServer } from '../servers/range-server.ts';

const root = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'sluice-packaging-'));
const app = join(work, 'project/release/linux-unpacked');
const asar = join(app, 'resources/app.asar');
const unpacked = join(work, 'unpacked');

describe.skipIf(process.platform !== 'linux')('the packaged app', () => {
  beforeAll(() => {
    makeProject(join(work, 'project'));
    makeStandIn(join(work, 'electron'));
    run(join(work, 'project'), join(root, 'node_modules/electron-builder/cli.js'), [
      '--linux',
      'dir',
      '--publish',
      'never',
      `-c.electronDist=${join(work, 'electron')}`,
    ]);
    extractAll(asar, unpacked);
  }, 60_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test('holds the bundles, and nothing that only the checkout needs', () => {
    const entries = listPackage(asar, { isPack: false });
    expect(entries).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/dist/electron/main.js',
        '/dist/electron/host.js',
        '/dist/electron/cli.js',
        '/dist/electron/transfer-worker.js',
        '/dist/electron/hash-worker.js',
        '/dist/electron/icons/tray.png',
        '/dist/preload/preload.cjs',
        '/dist/renderer/index.html',
      ]),
    );
    expect(entries.length).toBeLessThan(200);
    expect(entries.filter((entry) => /node_modules|\.map$|\.tsx?$|\.test\.|\/types\//.test(entry))).toEqual([]);
  });

  test('names its main file and depends on nothing', () => {
    const manifest = JSON.parse(extractFile(asar, 'package.json').toString()) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'sluice', type: 'module', main: 'dist/electron/main.js' });
    expect(manifest['dependencies'] ?? {}).toEqual({});
    expect(manifest).not.toHaveProperty('devDependencies');
  });

  test('has all seven fuses set', async () => {
    const wire = await getCurrentFuseWire(join(app, 'sluice'));
    const off = [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ];
    const on = [
      FuseV1Options.EnableCookieEncryption,
      FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
      FuseV1Options.OnlyLoadAppFromAsar,
    ];
    expect(off.map((fuse) => wire[fuse])).toEqual(off.map(() => FuseState.DISABLE));
    expect(on.map((fuse) => wire[fuse])).toEqual(on.map(() => FuseState.ENABLE));
  });

  test('keeps top-level await out of all that the main process loads', () => {
    expect(modulesWithTopLevelAwait('dist/electron/main.js')).toEqual([]);
  });

  test('starts the host from the code inside the archive', async () => {
    const host = start('host.js', '--home', join(work, 'home-of-host'));
    const ended = new Promise<number | null>((resolve) => host.once('exit', resolve));
    try {
      const link = new URL(await firstLink(host));
      const page = await fetch(new URL('/', link));
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
      const html = await page.text();
      const script = /<script[^>]+src="([^"]+)"/.exec(html)?.[1];
      expect(script).toBeDefined();
      const code = await fetch(new URL(script ?? '', link));
      expect(code.headers.get('content-type')).toMatch(/^text\/javascript/);
    } finally {
      host.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
  });

  test('downloads with the threads inside the archive, and verifies', async () => {
    await using origin = await startRangeServer({ size: 3_000_000 });
    const sha256 = await origin.sha256();
    const folder = join(work, 'downloads');
    const home = join(work, 'home-of-get');
    const get = start('cli.js', 'get', origin.url, '-o', folder, '--checksum', `sha-256:${sha256}`, '--home', home);
    expect(await new Promise((resolve) => get.once('exit', resolve))).toBe(0);
    const bytes = readFileSync(join(folder, 'file.bin'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  });
});

/** Runs an entry of the extracted archive under Node, in a folder and a home of its own. */
function start(entry: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(unpacked, 'dist/electron', entry), ...args], {
    cwd: work,
    env: { PATH: process.env['PATH'], HOME: work },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A project of its own, so that nothing in the checkout's dist/ changes under someone's feet. */
function makeProject(project: string): void {
  mkdirSync(join(project, 'electron'), { recursive: true });
  for (const path of ['package.json', 'electron-builder.yml', 'electron/resources']) {
    cpSync(join(root, path), join(project, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  const out = (name: string) => ({ build: { outDir: join(project, 'dist', name), emptyOutDir: true } });
  const config = {
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    environments: { client: out('renderer'), node: out('electron'), preload: out('preload') },
  };
  const script = join(project, 'build.mjs');
  writeFileSync(
    script,
    `import { createBuilder } from 'vite'; await (await createBuilder(${JSON.stringify(config)})).buildApp();`,
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
    timeout: 55_000,
  });
  if (status !== 0) throw new Error(`${script} failed:\n${stdout}\n${stderr}`);
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

/** The files of the archive, from an entry on along its imports, that wait while they are loaded. */
function modulesWithTopLevelAwait(entry: string): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const program = parseAst(extractFile(asar, path).toString());
    if (awaits(program)) found.push(path);
    for (const statement of program.body) {
      const source = 'source' in statement ? statement.source?.value : undefined;
      if (typeof source === 'string' && source.startsWith('.')) visit(posix.join(posix.dirname(path), source));
    }
  };
  visit(entry);
  expect(seen.size).toBeGreaterThan(1); // it did follow the imports
  return found;
}

/** True where an await is in the tree and not inside a function. */
function awaits(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(awaits);
  if (typeof node !== 'object' || node === null || !('type' in node)) return false;
  const type = String(node.type);
  if (/^(ArrowFunction|Function)/.test(type)) return false;
  if (type === 'AwaitExpression' || ('await' in node && node.await === true)) return true;
  if (type === 'VariableDeclaration' && 'kind' in node && node.kind === 'await using') return true;
  return Object.values(node).some(awaits);
}
