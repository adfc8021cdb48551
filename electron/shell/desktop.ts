/** The desktop app: joins the engine to the window and to everything around it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RPCHandler } from '@orpc/server/message-port';
import { app, dialog, nativeTheme, type MessageBoxOptions } from 'electron';
import { allowedActions, jobGroup, type JobAction } from '../../shared/job-state.ts';
import { toFailure } from '../../shared/failure.ts';
import {
  createLog,
  createRouter,
  openInstance,
  resolveHome,
  version,
  type Instance,
  type Log,
  type Serve,
} from '../app/index.ts';
import { createActivity, type Activity } from './activity.ts';
import { registerAppScheme } from './app-protocol.ts';
import { homeFlag } from './arguments.ts';
import { setupBridge } from './bridge.ts';
import { setupErrors } from './errors.ts';
import { setupPathDialog } from './path-dialog.ts';
import { setupSingleInstance } from './instance.ts';
import { parseLinks } from './links.ts';
import { setupMenu } from './menu.ts';
import { setupNotifications } from './notifications.ts';
import { setupOpener } from './opener.ts';
import { setupPowerSaveBlocker } from './power.ts';
import { setupProgress } from './progress.ts';
import { setupSafeQuit } from './quit.ts';
import { setupSecrets } from './secrets.ts';
import { setupSecurity } from './security.ts';
import { setupSystemPower } from './system-power.ts';
import { setupTray } from './tray.ts';
import { setupWindow, type MainWindow } from './window.ts';

export interface DesktopOptions {
  /** The folder that the build made: electron/, preload/ and renderer/ are in it. */
  readonly dist: string;
  /** The person's arguments: links, `--home DIR`. */
  readonly args: readonly string[];
  /** Makes this instance reachable for the command line. */
  readonly serve: Serve;
}

/** Everything that must happen before `ready`, at once; the rest follows when Electron is ready. */
export function startDesktop({ dist, args, serve }: DesktopOptions): void {
  const home = resolveHome(homeFlag(args));
  const log = createLog(home);
  useHome(home);
  setupErrors(log);
  registerAppScheme();
  setupSecurity(log);

  let waiting: string[] | null = parseLinks(args);
  let receive = (links: readonly string[]): void => void waiting?.push(...links);
  if (!setupSingleInstance(waiting, (links) => receive(links))) {
    app.quit();
    return;
  }
  const boot = async (): Promise<void> => {
    const window = await openDesktop(home, dist, serve, log);
    receive = (links) => (links.length > 0 ? window.send({ kind: 'add', links }) : window.show());
    receive(waiting ?? []);
    waiting = null;
  };
  void app
    .whenReady()
    .then(boot)
    .catch((error: unknown) => {
      log.error('Sluice could not start', error);
      dialog.showErrorBox('Sluice cannot start', toFailure(error).message);
      app.exit(1);
    });
}

/** Chromium's own files, and with them the lock of the single instance, live in Sluice's home folder. */
function useHome(home: string): void {
  const folder = join(home, 'chromium');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  app.setName('Sluice');
  app.setPath('userData', folder);
  app.setAppUserModelId('app.sluice.desktop'); // Windows shows no notification without it
  app.setAboutPanelOptions({ applicationName: 'Sluice', applicationVersion: version });
}

async function openDesktop(home: string, dist: string, serve: Serve, log: Log): Promise<MainWindow> {
  const window = setupWindow({ home, dist, log });
  const instance: Instance = await openInstance({
    home,
    face: 'desktop',
    downloadsFolder: app.getPath('downloads'),
    ports: {
      choosePath: setupPathDialog(home, window.current),
      opener: setupOpener(window.current),
      power: setupSystemPower({ ...window, busy: () => isBusy(instance), quit: () => app.quit() }),
      quit: () => app.quit(),
    },
    secrets: setupSecrets(
      home,
      () => void tellWeakSecrets(window).catch((error: unknown) => log.error('A warning was not shown', error)),
    ),
    serve,
  });
  setupSafeQuit(() => instance.close(), log);
  // Linux has it from the package's desktop entry.
  if (app.isPackaged && process.platform !== 'linux') app.setAsDefaultProtocolClient('sluice');
  const handler = new RPCHandler(createRouter(instance.app));
  setupBridge({
    owns: window.owns,
    serve: (port) => handler.upgrade(port),
    onPage: window.pageIsThere,
    log,
  });
  setupSurroundings(window, instance, join(dist, 'electron', 'icons'));
  return window;
}

/** True where a job moves bytes or is about to. */
function isBusy({ app: { engine } }: Instance): boolean {
  return engine.list().some(({ state }) => jobGroup(state) === 'active' && state.kind !== 'waiting');
}

/** A desktop without a keyring: what is kept is only obscured, and the person has to know. */
async function tellWeakSecrets(window: MainWindow): Promise<void> {
  const options: MessageBoxOptions = {
    type: 'warning',
    message: 'This desktop has no keyring.',
    detail:
      'Passwords and cookies that you give are kept in your home folder almost unprotected. Install GNOME Keyring or KWallet to protect them.',
  };
  const current = window.current();
  await (current ? dialog.showMessageBox(current, options) : dialog.showMessageBox(options));
}

/** Menu, tray, taskbar, notifications and sleep follow the jobs. */
function setupSurroundings(window: MainWindow, { app: { engine } }: Instance, icons: string): void {
  const actions = {
    send: window.send,
    show: window.show,
    pauseAll: () => onAll(engine, 'pause', (ids) => engine.pause(ids)),
    resumeAll: () => onAll(engine, 'resume', (ids) => engine.resume(ids)),
    quit: () => app.quit(),
  };
  setupMenu(actions);
  const showInTray = setupTray(icons, actions);
  const showProgress = setupProgress(window.current);
  const keepAwake = setupPowerSaveBlocker();
  const notifications = setupNotifications({ ...window, wanted: () => engine.settings().notifications });

  let now: Activity | null = null;
  const follow = createActivity();
  engine.subscribe((event) => {
    const { activity, endings, settings } = follow(event);
    if (settings) nativeTheme.themeSource = settings.theme;
    now = activity;
    showInTray(activity);
    showProgress(activity);
    keepAwake(activity);
    notifications.ended(endings);
  });

  app.on('activate', () => window.show());
  app.on('window-all-closed', () => {
    if (process.platform === 'darwin') return; // there an app without windows is nothing unusual
    if (now && now.running > 0) notifications.goesOn(now.running);
    else app.quit();
  });
}

/** Does something to all jobs whose state allows it; the engine takes no empty list. */
function onAll(engine: Instance['app']['engine'], action: JobAction, act: (ids: string[]) => void): void {
  const able = engine.list().filter(({ state }) => allowedActions(state.kind).includes(action));
  if (able.length > 0) act(able.map(({ id }) => id));
}
