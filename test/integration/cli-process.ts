/** Runs the command line as a person does: another process, its output, its signals, its exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/**
 * `npm test` builds before it comes here: the bundle starts in a quarter of the time that Node needs to read the source.
 * Where it is missing, or older than the source, the source is what is tested.
 */
const built = changedAt('dist/electron/cli.js') > Math.max(newest('electron'), newest('shared'));
const scripts = built ? bundles() : { cli: 'electron/cli.ts', host: 'test/integration/cli-host-entry.ts' };

/** A copy, so that a build meanwhile takes nothing away from under the tests. */
function bundles() {
  const copy = mkdtempSync(join(tmpdir(), 'sluice-built-'));
  afterAll(() => rmSync(copy, { recursive: true, force: true }));
  for (const part of ['electron', 'renderer']) cpSync(join(root, 'dist', part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  // The bundles are modules, as package.json says of those beside it.
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
  const cli = join(copy, 'electron/cli.js');
  return { cli, host: cli };
}

/** In ms since the epoch; 0 where the file is not there. */
function changedAt(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
function newest(folder: string): number {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return Math.max(...names.map((name) => changedAt(join(folder, name))));
}

export type CliEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface CliRun {
  readonly pid: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The objects printed so far with --json. */
  readonly events: readonly CliEvent[];
  /** The first object for which `match` is true, printed already or to come. Rejects when the process ends without. */
  event(match: string | ((event: CliEvent) => boolean)): Promise<CliEvent>;
  /** Resolves with the first line of stderr that matches. */
  note(match: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Reads no more of stdout, as `head` does that has enough. */
  hangUp(): void;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** A home and a downloads folder of its own; every process started here is gone when it is disposed. */
export class Sandbox implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  readonly home = join(this.root, 'home');
  readonly #running = new Map<CliRun, NodeJS.Signals>();

  /** `sluice ARGS`, in the sandbox's folder. */
  run(...args: readonly string[]): CliRun {
    return this.#keep(spawnScript(scripts.cli, args, this.root, { SLUICE_HOME: this.home }));
  }

  /** The same, with these variables of the environment. */
  runIn(env: Readonly<Record<string, string>>, ...args: readonly string[]): CliRun {
    return this.#keep(spawnScript(scripts.cli, args, this.root, { SLUICE_HOME: this.home, ...env }));
  }

  /** The same, with this text on stdin. */
  runWith(input: string, ...args: readonly string[]): CliRun {
    return this.#keep(spawnScript(scripts.cli, args, this.root, { SLUICE_HOME: this.home }, input));
  }

  /** `npm start`, with these variables of the environment. */
  start(env: Readonly<Record<string, string>>): CliRun {
    return this.#keep(spawnScript('electron/start.ts', [], this.root, { SLUICE_HOME: this.home, ...env }), 'SIGTERM');
  }

  /** A host; resolves when it listens. */
  async host(...args: readonly string[]): Promise<CliRun & { readonly url: string; readonly token: string }> {
    const hostArgs = ['host', '--json', ...args];
    const run = this.#keep(spawnScript(scripts.host, hostArgs, this.root, { SLUICE_HOME: this.home }));
    const link = new URL(String((await run.event('listening'))['link']));
    return Object.assign(run, { url: link.origin, token: link.hash.replace('#token=', '') });
  }

  /** `signal` ends it where the test does not; one that has children of its own needs a chance to end them. */
  #keep(run: CliRun, signal: NodeJS.Signals = 'SIGKILL'): CliRun {
    this.#running.set(run, signal);
    void run.ended.then(() => this.#running.delete(run));
    return run;
  }

  path(...names: readonly string[]): string {
    return join(this.root, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#running];
    for (const [run, signal] of running) run.kill(signal);
    await Promise.all(running.map(([run]) => run.ended));
    rmSync(this.root, { recursive: true, force: true });
  }
}

function spawnScript(
  script: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  input?: string,
): CliRun {
  const child = spawn(process.execPath, [resolve(root, script), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(input);
  const stdout: string[] = [];
  const stderr: string[] = [];
  const events: CliEvent[] = [];
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  let over = false;

  createInterface(child.stdout!).on('line', (line) => {
    stdout.push(line);
    if (line.startsWith('{')) events.push(JSON.parse(line) as CliEvent);
    changed();
  });
  createInterface(child.stderr!).on('line', (line) => {
    stderr.push(line);
    changed();
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true;
    changed();
    return (code ?? signal) as number | NodeJS.Signals;
  });

  function until<T>(find: () => T | undefined, what: string): Promise<T> {
    return new Promise((fulfil, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined && !over) return;
        listeners.delete(look);
        if (found === undefined) reject(new Error(`It ended without ${what}: ${[...stdout, ...stderr].join('\n')}`));
        else fulfil(found);
      };
      listeners.add(look);
      look();
    });
  }

  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    events,
    ended,
    event: (match) => {
      const test = typeof match === 'string' ? (event: CliEvent) => event.event === match : match;
      return until(() => events.find(test), String(match));
    },
    note: (match) => until(() => stderr.find((line) => match.test(line)), String(match)),
    kill: (signal) => child.kill(signal),
    hangUp: () => child.stdout?.destroy(),
  };
}
