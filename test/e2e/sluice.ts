/**
 * The product under test, as a person has it: started on a home folder of its own, its window in a page, killed and
 * started again. The same tests drive both faces: the headless host in a browser, and the desktop app.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { _electron, expect, test as base, type ElectronApplication, type Page } from '@playwright/test';
import type { AddResult, DownloadRequest } from '../../shared/download.ts';
import type { Job } from '../../shared/job.ts';
import type { Share, ShareOptions } from '../../shared/share.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { electronBinary } from '../tools/electron-binary.ts';

export { expect } from '@playwright/test';

export const root = join(import.meta.dirname, '../..');

/** A person's folders, made for one test. */
export interface Person extends Disposable {
  /** Where Sluice keeps its store. */
  readonly home: string;
  /** Where files go unless said otherwise. */
  readonly downloads: string;
  readonly env: Record<string, string>;
}

export function newPerson(): Person {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  const downloads = join(folder, 'Downloads');
  mkdirSync(downloads);
  const { XDG_CONFIG_HOME: _config, XDG_DATA_HOME: _data, SLUICE_HOME: _home, ...env } = process.env;
  return {
    home: join(folder, 'home'),
    downloads,
    env: { ...(env as Record<string, string>), HOME: folder, USERPROFILE: folder },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** One way to start Sluice and to see its window. */
interface Face {
  /** Starts it, and resolves with its window. */
  start(): Promise<Page>;
  /** `kill -9`: no chance to say goodbye. */
  kill(): Promise<void>;
}

function hostInBrowser(person: Person, page: Page): Face {
  let host: ChildProcess | null = null;
  return {
    async start() {
      const child = spawn(process.execPath, [join(root, 'dist/electron/host.js'), '--json', '--home', person.home], {
        env: person.env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      host = child;
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { link } = JSON.parse(line) as { link?: string };
      if (link === undefined) throw new Error(line);
      // A link that differs only in its fragment would not load anew.
      await page.goto('about:blank');
      await page.goto(link);
      return page;
    },
    kill: () => killHard(host),
  };
}

function desktopApp(person: Person): Face {
  let app: ElectronApplication | null = null;
  return {
    async start() {
      app = await _electron.launch({
        executablePath: electronBinary,
        args: [root, `--home=${person.home}`],
        env: person.env,
      });
      return app.firstWindow();
    },
    kill: () => killHard(app?.process() ?? null),
  };
}

async function killHard(child: ChildProcess | null): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Sluice, running, and its window. */
export interface Sluice {
  readonly page: Page;
  readonly person: Person;
  /** `kill -9` in the middle of whatever it does, and a start on the same home. */
  killAndRestart(): Promise<void>;
  /** Adds downloads as a script does; for what a test needs but is not about. */
  add(...downloads: DownloadRequest[]): Promise<string[]>;
  /** All jobs, as the engine has them. */
  jobs(): Promise<Job[]>;
  /** Changes what can be changed of the only share, as a script does. */
  changeShare(options: Partial<ShareOptions>): Promise<void>;
}

async function startSluice(face: Face, person: Person, watch: (page: Page) => void): Promise<Sluice> {
  const open = async () => {
    const page = await face.start();
    watch(page);
    await expect(page.getByLabel('Status')).toContainText('Connected');
    return page;
  };
  let page = await open();

  async function api<T>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
    const instance = JSON.parse(readFileSync(join(person.home, 'instance.json'), 'utf8')) as {
      port: number;
      token: string;
    };
    const response = await fetch(`http://127.0.0.1:${instance.port}/api${path}`, {
      headers: { authorization: `Bearer ${instance.token}`, 'content-type': 'application/json' },
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  return {
    person,
    get page() {
      return page;
    },
    async killAndRestart() {
      await face.kill();
      page = await open();
    },
    async add(...downloads) {
      const results = await api<AddResult[]>('/jobs', { downloads });
      return results.map((result) => {
        if (!result.ok) throw new Error(result.failure.message);
        return result.id;
      });
    },
    jobs: () => api('/jobs'),
    async changeShare(options) {
      const [share] = await api<Share[]>('/shares');
      if (!share) throw new Error('Nothing is shared');
      await api(`/shares/${share.id}`, { options }, 'PATCH');
    },
  };
}

/** What the window said on its console that no user should have caused. */
function watchConsole(complaints: string[]): (page: Page) => void {
  const watched = new WeakSet<Page>();
  return (page) => {
    if (watched.has(page)) return;
    watched.add(page);
    page.on('pageerror', (error) => complaints.push(`page error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      const text = message.text();
      if (/Content Security Policy|Trusted ?Type|Permissions policy/i.test(text)) complaints.push(text);
    });
  };
}

export interface Fixtures {
  readonly person: Person;
  /** Starts one; it is killed at the end of the test. */
  readonly sluice: Sluice;
  /** A throttled, ranged origin of one file, `file.bin`. Change it with `set`. */
  readonly origin: RangeServer;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are used from the pattern
  person: async ({}, use) => {
    using person = newPerson();
    await use(person);
  },
  sluice: async ({ person, page }, use, { project }) => {
    const face = project.name === 'electron' ? desktopApp(person) : hostInBrowser(person, page);
    const complaints: string[] = [];
    try {
      await use(await startSluice(face, person, watchConsole(complaints)));
    } finally {
      await face.kill();
    }
    expect(complaints).toEqual([]);
  },
  // oxlint-disable-next-line no-empty-pattern -- as above
  origin: async ({}, use) => {
    await using origin = await startRangeServer();
    await use(origin);
  },
});
