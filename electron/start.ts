/**
 * `npm start`: builds what is stale, then opens the desktop window where Electron and a display are there; else says
 * what is missing and serves the same window to a browser. Runs before anything is built: Node only, no rooms.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);

if (isStale()) build();
const missing = whatIsMissing();
if (missing === null) {
  run(electronBinary(), [root, ...args]);
} else {
  console.error(`${missing}, so the window is served to your browser instead.`);
  run(process.execPath, [join(root, 'dist/electron/host.js'), ...args]);
}

/** The desktop binary, by its file: the `electron` package would try to download it when it is asked. */
function electronBinary(): string {
  const names: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'Electron.app/Contents/MacOS/Electron',
    win32: 'electron.exe',
  };
  return join(root, 'node_modules/electron/dist', names[process.platform] ?? 'electron');
}

/** Why the desktop window cannot be opened here; null where it can. */
function whatIsMissing(): string | null {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (!existsSync(electronBinary()))
    return 'Electron’s program is not installed here (npx install-electron fetches it)';
  if (process.platform !== 'linux') return null;
  if (!DISPLAY && !WAYLAND_DISPLAY) return 'There is no display here';
  if (process.getuid?.() === 0) return 'Electron’s sandbox does not run as root';
  return null;
}

/** True where a source, or what decides how it is built, is newer than the build. */
function isStale(): boolean {
  const built = ['dist/renderer/index.html', 'dist/electron/host.js', 'dist/preload/preload.cjs'].map(
    (file) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  const sources = ['electron', 'renderer', 'shared', 'package.json', 'package-lock.json', 'vite.config.ts'];
  return Math.max(...sources.map((name) => newest(join(root, name)))) > Math.min(...built);
}

/** Time of the newest change below a path, in ms since the epoch. */
function newest(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function build(): void {
  console.error('Building…');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', '--app', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Hands over to another program: its output, its signals, its exit code. */
function run(program: string, programArgs: readonly string[]): void {
  const child = spawn(program, programArgs, { stdio: 'inherit', env: environment() });
  // The terminal sends Ctrl-C to both; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 1;
  });
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

/** Electron as Electron, even in a shell that was made to use it as Node. */
function environment(): NodeJS.ProcessEnv {
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = process.env;
  return rest;
}
