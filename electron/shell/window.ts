/** The window: one at a time, where it was last, shown when it has something to show. */
import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen, session, type Session, type WebContents } from 'electron';
import { channels, type DesktopCommand } from '../../shared/desktop.ts';
import type { Log } from '../app/index.ts';
import { pageUrl, setupAppProtocol } from './app-protocol.ts';
import { fitToDisplays, leastSize, readWindowState, writeWindowState } from './window-state.ts';

/** `--frame` and `--text` of renderer/src/styles/tokens.css, for what is drawn before and beside the page. */
const colours = {
  light: { background: '#f3f3f5', symbols: '#19191d' },
  dark: { background: '#161619', symbols: '#ededf1' },
} as const;
/** The page's header without its border line. Pixels. */
const headerHeight = 51;

export interface WindowOptions {
  /** Sluice's home folder. */
  readonly home: string;
  /** The folder that the build made: renderer/, preload/ and electron/ are in it. */
  readonly dist: string;
  readonly log: Log;
}

export interface MainWindow {
  /** Opens the window or brings it to the front. */
  readonly show: () => void;
  /** Shows the window and gives its page a command, at once or as soon as the page listens. */
  readonly send: (command: DesktopCommand) => void;
  /** Tells that the page listens now. */
  readonly pageIsThere: (contents: WebContents) => void;
  readonly owns: (contents: WebContents) => boolean;
  /** The window, where one is open. */
  readonly current: () => BrowserWindow | null;
}

/** Only after `ready`. */
export function setupWindow({ home, dist, log }: WindowOptions): MainWindow {
  const stateFile = join(home, 'window.json');
  const pages = openSession(dist);
  let window: BrowserWindow | null = null;
  let listening = false;
  let waiting: DesktopCommand[] = [];

  const open = (): BrowserWindow => {
    const state = readWindowState(stateFile);
    const opened = new BrowserWindow({
      ...fitToDisplays(state, workAreas()),
      ...titleBar(),
      minWidth: leastSize.width,
      minHeight: leastSize.height,
      title: 'Sluice',
      show: false,
      backgroundColor: colour().background,
      ...(process.platform === 'linux' ? { icon: join(dist, 'electron/icons/icon.png') } : {}),
      webPreferences: {
        preload: join(dist, 'preload/preload.cjs'),
        session: pages,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        devTools: !app.isPackaged,
      },
    });
    opened.once('ready-to-show', () => {
      if (state?.maximized) opened.maximize(); // shows it too
      opened.show();
    });
    opened.on('close', () => {
      writeWindowState(stateFile, { ...opened.getNormalBounds(), maximized: opened.isMaximized() });
    });
    opened.on('closed', () => {
      window = null;
      listening = false;
    });
    opened.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) listening = false;
    });
    setupRecovery(opened, log);
    opened.loadURL(pageUrl).catch((error: unknown) => log.error('The window could not load', error));
    return opened;
  };

  nativeTheme.on('updated', () => {
    if (!window) return;
    window.setBackgroundColor(colour().background);
    if (process.platform !== 'darwin') window.setTitleBarOverlay(overlay());
  });

  const show = (): BrowserWindow => {
    if (!window) return (window = open());
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    return window;
  };

  return {
    show,
    send(command) {
      const { webContents } = show();
      if (listening) webContents.send(channels.command, command);
      else waiting.push(command);
    },
    pageIsThere(contents) {
      listening = true;
      for (const command of waiting) contents.send(channels.command, command);
      waiting = [];
    },
    owns: (contents) => window !== null && window.webContents === contents,
    current: () => window,
  };
}

/** A session of its own, without a cache, that can reach the window's files and nothing else. */
function openSession(dist: string): Session {
  const pages = session.fromPartition('persist:window', { cache: false });
  setupAppProtocol(pages, join(dist, 'renderer'));
  return pages;
}

function workAreas(): Electron.Rectangle[] {
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  return [primary, ...others].map(({ workArea }) => workArea);
}

function colour(): (typeof colours)[keyof typeof colours] {
  return nativeTheme.shouldUseDarkColors ? colours.dark : colours.light;
}

function overlay(): { color: string; symbolColor: string; height: number } {
  const { background, symbols } = colour();
  return { color: background, symbolColor: symbols, height: headerHeight };
}

function titleBar(): Electron.BrowserWindowConstructorOptions {
  return process.platform === 'darwin'
    ? {
        titleBarStyle: 'hiddenInset',
        trafficLightPosition: { x: 18, y: 18 },
        titleBarOverlay: { height: headerHeight },
      }
    : { titleBarStyle: 'hidden', titleBarOverlay: overlay() };
}

/** A page that died is loaded again, but not in a loop. */
function setupRecovery(window: BrowserWindow, log: Log): void {
  let last = 0;
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    log.error(`The window’s page stopped: ${reason} (${exitCode})`);
    const now = Date.now();
    if (reason === 'clean-exit' || now - last < 60_000) return;
    last = now;
    window.webContents.reload();
  });
}
