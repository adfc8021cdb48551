/** The whole shell over the doubles of Electron and the engine: from the start to the end of a session. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Served, ServeOptions } from '../../electron/app/index.ts';
import type { EngineOptions } from '../../electron/engine/index.ts';
import { startDesktop } from '../../electron/shell/index.ts';
import { channels } from '../../shared/desktop.ts';
import { failure } from '../../shared/failure.ts';
import { engineDouble } from './app-engine-double.ts';
import * as electron from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));
const engine = engineDouble();
let engineOptions: EngineOptions;
vi.mock('../../electron/engine/index.ts', () => ({
  openEngine: (options: EngineOptions) => {
    engineOptions = options;
    return Promise.resolve(engine);
  },
}));
const execFile = vi.hoisted(() => vi.fn<(command: string, args: string[], done: (error: null) => void) => void>());
vi.mock('node:child_process', () => ({ execFile }));

const work = mkdtempSync(join(tmpdir(), 'sluice-desktop-'));
const home = join(work, 'home');
mkdirSync(join(work, 'dist/renderer'), { recursive: true });
writeFileSync(join(work, 'dist/renderer/index.html'), '<!doctype html>');
afterAll(() => rmSync(work, { recursive: true, force: true }));

const doors: ServeOptions[] = [];
let doorsClosed = 0;
const serve = (options: ServeOptions): Promise<Served> => {
  doors.push(options);
  const close = () => Promise.resolve(void (doorsClosed += 1));
  return Promise.resolve({ url: '', link: '', token: '', close });
};
const { app, BrowserWindow, Notification } = electron;
const settled = () => new Promise((resolve) => setImmediate(resolve));
const window = () => {
  const last = BrowserWindow.all.at(-1);
  if (!last) throw new Error('There is no window');
  return last;
};
/** What the page does when it has loaded. */
const pageAsks = () =>
  electron.ipcMain.emit(channels.port, { sender: window().webContents, senderFrame: window().webContents.mainFrame });

let beforeReady: string[] = [];
beforeAll(async () => {
  startDesktop({ dist: join(work, 'dist'), args: ['--home', home, 'sluice:https://example.com/first.iso'], serve });
  beforeReady = [...electron.calls];
  app.ready.resolve();
  await vi.waitUntil(() => BrowserWindow.all.length === 1, { timeout: 60_000 });
});

test('what Electron wants before it is ready is done at once', () => {
  expect(beforeReady).toEqual(['id app.sluice.desktop', 'registerSchemesAsPrivileged', 'enableSandbox']);
});

test('all of it lives in the home folder, reachable for the command line only', () => {
  expect(app.paths.get('userData')).toBe(join(home, 'chromium'));
  expect(doors).toHaveLength(1);
  expect(doors[0]).not.toHaveProperty('rendererDir');
});

describe('the window', () => {
  test('is sandboxed, isolated and without Node, whatever the defaults become', () => {
    expect(window().options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: false,
      preload: join(work, 'dist/preload/preload.cjs'),
    });
    expect(electron.session.made[0]).toMatchObject({ options: { cache: false } });
    expect(window().url).toBe('app://sluice/index.html');
  });
  test('shows itself when it has something to show', () => {
    expect(window().options).toMatchObject({ show: false, width: 1180, height: 760, minWidth: 860, minHeight: 560 });
    window().emit('ready-to-show');
    expect(window().visible).toBe(true);
  });
  test('gives the links of the start to the page, once it listens, and adds nothing itself', () => {
    expect(window().webContents.sent).toEqual([]);
    pageAsks();
    expect(window().webContents.sent).toEqual([
      [channels.command, { kind: 'add', links: ['https://example.com/first.iso'] }],
    ]);
    expect(engine.list()).toEqual([]);
  });
  test('follows the theme of the settings', async () => {
    await engine.setSettings({ theme: 'dark' });
    expect(electron.nativeTheme.themeSource).toBe('dark');
  });
});

describe('a second start', () => {
  const sent = () => window().webContents.sent.at(-1);
  test('hands its links to the first', () => {
    expect(app.lockData).toEqual({ links: ['https://example.com/first.iso'] });
    app.emit('second-instance', {}, ['sluice'], '/', { links: ['https://example.com/second.iso', 'file:///x', 7] });
    expect(sent()).toEqual([channels.command, { kind: 'add', links: ['https://example.com/second.iso'] }]);
  });
  test('without links only shows the window', () => {
    const before = window().webContents.sent.length;
    window().minimized = true;
    app.emit('second-instance', {}, ['sluice', '--x'], '/', 'junk');
    expect(window().minimized).toBe(false);
    expect(window().webContents.sent).toHaveLength(before);
  });
  test('macOS hands links over in its own way', () => {
    const preventDefault = vi.fn<() => void>();
    app.emit('open-url', { preventDefault }, 'sluice:https://example.com/third.iso');
    expect(preventDefault).toHaveBeenCalledOnce();
    expect(sent()).toEqual([channels.command, { kind: 'add', links: ['https://example.com/third.iso'] }]);
  });
});

test('the menu has each shortcut once, and sends what they mean', () => {
  const items = electron.Menu.application.flatMap(({ submenu }) => submenu ?? []);
  const keys = items.flatMap(({ accelerator }) => accelerator ?? []);
  expect(new Set(keys).size).toBe(keys.length);
  items.find(({ accelerator }) => accelerator === 'CmdOrCtrl+N')?.click?.();
  expect(window().webContents.sent.at(-1)).toEqual([channels.command, { kind: 'add', links: [] }]);
});

describe('jobs', () => {
  test('that end are announced to a person who looks elsewhere; a click shows the job', () => {
    engine.add([{ url: 'https://example.com/a.iso' }, { url: 'https://example.com/b.iso' }]);
    const [a, b] = engine.list();
    if (!a || !b) throw new Error('no jobs');
    window().focused = true;
    engine.move(b.id, { kind: 'failed', failure: failure('offline') });
    expect(Notification.shown).toHaveLength(0);
    window().focused = false;
    engine.move(a.id, { kind: 'running' });
    engine.move(a.id, { kind: 'completed', at: 1, proof: 'size' }, { size: 4_800_000_000 });
    expect(Notification.shown.map(({ title, body }) => [title, body])).toEqual([
      ['a.iso is here', '4.8 GB from example.com, in /downloads'],
    ]);
    Notification.shown[0]?.emit('click');
    expect(window().webContents.sent.at(-1)).toEqual([channels.command, { kind: 'show-job', id: a.id }]);
    window().focused = false;
  });
  test('are not announced to a person who does not want it', async () => {
    await engine.setSettings({ notifications: false });
    const [a] = engine.list();
    if (!a) throw new Error('no job');
    engine.move(a.id, { kind: 'running' });
    engine.move(a.id, { kind: 'completed', at: 1, proof: 'size' });
    expect(Notification.shown).toHaveLength(1);
    await engine.setSettings({ notifications: true });
  });
  test('can all be paused and resumed from the tray', () => {
    const click = (label: string) => electron.Tray.last?.menu.find((item) => item.label === label)?.click?.();
    const [a] = engine.list();
    if (!a) throw new Error('no job');
    engine.move(a.id, { kind: 'running' });
    click('Pause All');
    expect(engine.get(a.id).state.kind).toBe('paused');
    click('Resume All');
    expect(engine.get(a.id).state.kind).toBe('queued');
    engine.move(a.id, { kind: 'running' });
  });
  test('keep the app alive without its window, which says so, and keeps its place', () => {
    window().close();
    expect(Notification.shown.at(-1)?.title).toBe('Sluice goes on in the background');
    expect(electron.calls).not.toContain('quit');
    expect(JSON.parse(readFileSync(join(home, 'window.json'), 'utf8'))).toMatchObject({ x: 10, y: 20, width: 1000 });
    Notification.shown.at(-1)?.emit('click');
    expect(BrowserWindow.all).toHaveLength(2);
    expect(window().options).toMatchObject({ x: 10, y: 20, width: 1000, height: 700 });
  });
});

test('what the engine has to keep secret goes through the keychain', async () => {
  const before = electron.safeStorage.encryptions;
  await engineOptions.secrets?.set('job:1', 'Bearer hunter2');
  expect(electron.safeStorage.encryptions).toBe(before + 1);
  expect(readFileSync(join(home, 'secrets.json'), 'utf8')).not.toContain('hunter2');
  expect(await engineOptions.secrets?.get('job:1')).toBe('Bearer hunter2');
});

describe('after the last job', () => {
  test('the computer sleeps if the person wants it and nothing runs', async () => {
    for (const { id } of engine.list()) engine.move(id, { kind: 'completed', at: 1, proof: 'size' });
    electron.dialog.response = 1;
    engineOptions.onAllDone?.('sleep');
    await expect.poll(() => execFile.mock.calls.length).toBe(1);
    expect(electron.dialog.asked.at(-1)).toMatchObject({ message: 'All downloads are done.' });
  });
  test('a job that runs again prevents it', async () => {
    engine.add([{ url: 'https://example.com/late.iso' }]);
    engine.move(engine.list().at(-1)!.id, { kind: 'running' });
    engineOptions.onAllDone?.('sleep');
    await settled();
    expect(execFile).not.toHaveBeenCalled();
    electron.dialog.response = 0;
  });
});

test('a page that died is loaded again, but not in a loop', () => {
  const { webContents } = window();
  for (let n = 0; n < 3; n += 1) webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
  expect(webContents.reloads).toBe(1);
  expect(existsSync(join(home, 'log/sluice.log'))).toBe(true);
});

test('quitting closes the door and the engine first', async () => {
  app.quit();
  expect(electron.calls).not.toContain('quits');
  await settled();
  expect(doorsClosed).toBe(1);
  expect(engine.closed).toBe(true);
  expect(electron.calls.at(-1)).toBe('quits');
});

test('after the last job Sluice quits, if the person wants that', () => {
  const before = electron.calls.filter((call) => call === 'quit').length;
  engineOptions.onAllDone?.('quit');
  expect(electron.calls.filter((call) => call === 'quit')).toHaveLength(before + 1);
});
