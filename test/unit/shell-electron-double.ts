/**
 * What the shell touches of Electron, recorded: `vi.mock('electron', () => import('./shell-electron-double.ts'))`.
 * Nothing here decides anything; a test reads what the shell registered, and plays the other side.
 */
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

type Handler = (...args: never[]) => unknown;

/** What happened, in order, by name. */
export const calls: string[] = [];
const note = (name: string): void => void calls.push(name);

class App extends EventEmitter {
  isPackaged = true;
  name = 'Sluice';
  hasLock = true;
  lockData: unknown = null;
  exitCode: number | null = null;
  badge = 0;
  readonly paths = new Map<string, string>();
  readonly ready = Promise.withResolvers<void>();
  readonly dock = undefined;
  readonly commandLine = { appendSwitch: (name: string, value: string) => note(`switch ${name}=${value}`) };
  enableSandbox = () => note('enableSandbox');
  disableHardwareAcceleration = () => note('disableHardwareAcceleration');
  setName = (name: string) => void (this.name = name);
  setPath = (name: string, path: string) => void this.paths.set(name, path);
  getPath = (name: string) => this.paths.get(name) ?? tmpdir();
  setAppUserModelId = (id: string) => note(`id ${id}`);
  setAboutPanelOptions = () => {};
  setAsDefaultProtocolClient = (scheme: string) => note(`default for ${scheme}`);
  setBadgeCount = (count: number) => void (this.badge = count);
  whenReady = () => this.ready.promise;
  requestSingleInstanceLock = (data: unknown) => {
    this.lockData = data;
    return this.hasLock;
  };
  quit = () => {
    note('quit');
    const event = { prevented: false, preventDefault: () => void (event.prevented = true) };
    this.emit('before-quit', event);
    if (!event.prevented) note('quits');
  };
  exit = (code: number) => {
    this.exitCode = code;
    note('exit');
  };
}
export const app = new App();

interface Scheme {
  readonly scheme: string;
  readonly privileges: Readonly<Record<string, boolean>>;
}
export const protocol = {
  schemes: [] as Scheme[],
  registerSchemesAsPrivileged(schemes: Scheme[]): void {
    note('registerSchemesAsPrivileged');
    protocol.schemes = schemes;
  },
};

export class SessionDouble extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  readonly protocol = { handle: (scheme: string, handler: Handler) => void this.handlers.set(scheme, handler) };
  readonly webRequest = { onBeforeRequest: (handler: Handler) => void this.handlers.set('request', handler) };
  spellChecker = true;
  setPermissionRequestHandler = (handler: Handler) => void this.handlers.set('permission-request', handler);
  setPermissionCheckHandler = (handler: Handler) => void this.handlers.set('permission-check', handler);
  setDevicePermissionHandler = (handler: Handler) => void this.handlers.set('device', handler);
  setSpellCheckerEnabled = (on: boolean) => void (this.spellChecker = on);
}
export const session = {
  made: [] as { partition: string; options: unknown; session: SessionDouble }[],
  fromPartition(partition: string, options: unknown) {
    const made = new SessionDouble();
    session.made.push({ partition, options, session: made });
    app.emit('session-created', made);
    return made;
  },
};

export class ContentsDouble extends EventEmitter {
  readonly sent: unknown[] = [];
  openHandler: ((details: { url: string }) => unknown) | null = null;
  reloads = 0;
  readonly mainFrame = new FrameDouble('app://sluice', null);
  setWindowOpenHandler = (handler: (details: { url: string }) => unknown) => void (this.openHandler = handler);
  send = (channel: string, message: unknown) => void this.sent.push([channel, message]);
  reload = () => void (this.reloads += 1);
}

export class FrameDouble {
  readonly posted: { channel: string; ports: PortDouble[] }[] = [];
  readonly origin: string;
  readonly url: string;
  readonly parent: FrameDouble | null;
  constructor(origin: string, parent: FrameDouble | null) {
    this.origin = origin;
    this.url = `${origin}/index.html`;
    this.parent = parent;
  }
  postMessage = (channel: string, _message: unknown, ports: PortDouble[]) => void this.posted.push({ channel, ports });
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  readonly webContents = new ContentsDouble();
  readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> };
  progress: unknown = null;
  visible = false;
  focused = false;
  minimized = false;
  maximized = false;
  url = '';
  overlay: unknown = null;
  constructor(options: BrowserWindow['options']) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  loadURL = (url: string) => {
    this.url = url;
    return Promise.resolve();
  };
  show = () => void (this.visible = true);
  focus = () => void (this.focused = true);
  restore = () => void (this.minimized = false);
  maximize = () => void (this.maximized = true);
  isMinimized = () => this.minimized;
  isMaximized = () => this.maximized;
  isFocused = () => this.focused;
  getNormalBounds = () => ({ x: 10, y: 20, width: 1000, height: 700 });
  setProgressBar = (value: number, options: unknown) => void (this.progress = { value, options });
  setBackgroundColor = () => {};
  setTitleBarOverlay = (overlay: unknown) => void (this.overlay = overlay);
  /** Closes it as a person does. */
  close = () => {
    this.emit('close');
    this.emit('closed');
    app.emit('window-all-closed');
  };
}

/** Speaks as MessagePortMain does: `message` events carry `data`, and nothing comes before `start`. */
export class PortDouble extends EventEmitter {
  readonly #port: MessagePort;
  closed = false;
  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.once('close', () => this.emit('close'));
  }
  start = () => void this.#port.on('message', (data) => this.emit('message', { data }));
  postMessage = (message: unknown) => this.#port.postMessage(message);
  close = () => {
    this.closed = true;
    this.#port.close();
  };
}
export class MessageChannelMain {
  readonly port1: PortDouble;
  readonly port2: PortDouble;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new PortDouble(port1);
    this.port2 = new PortDouble(port2);
  }
}
export const ipcMain = new EventEmitter();

export const shell = {
  opened: [] as string[],
  problem: '',
  openExternal: (url: string) => {
    shell.opened.push(url);
    return Promise.resolve();
  },
  openPath: (path: string) => {
    shell.opened.push(path);
    return Promise.resolve(shell.problem);
  },
  showItemInFolder: (path: string) => void shell.opened.push(`folder of ${path}`),
};

export const dialog = {
  asked: [] as Record<string, unknown>[],
  response: 0,
  folder: null as string | null,
  errors: [] as string[],
  showMessageBox: (...args: unknown[]) => {
    dialog.asked.push(args.at(-1) as Record<string, unknown>);
    return Promise.resolve({ response: dialog.response });
  },
  showOpenDialog: (...args: unknown[]) => {
    dialog.asked.push(args.at(-1) as Record<string, unknown>);
    return Promise.resolve({
      canceled: dialog.folder === null,
      filePaths: dialog.folder === null ? [] : [dialog.folder],
    });
  },
  showErrorBox: (title: string, text: string) => void dialog.errors.push(`${title}: ${text}`),
};

export const nativeTheme = Object.assign(new EventEmitter(), { themeSource: 'system', shouldUseDarkColors: false });
export const nativeImage = { createFromPath: (path: string) => ({ path }) };

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } };
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] };

export interface MenuItemDouble {
  readonly label?: string;
  readonly accelerator?: string;
  readonly role?: string;
  readonly enabled?: boolean;
  readonly submenu?: MenuItemDouble[];
  readonly click?: () => void;
}
export const Menu = {
  application: [] as MenuItemDouble[],
  buildFromTemplate: (template: MenuItemDouble[]) => template,
  setApplicationMenu: (menu: MenuItemDouble[]) => void (Menu.application = menu),
};
export class Tray extends EventEmitter {
  static last: Tray | null = null;
  toolTip = '';
  menu: MenuItemDouble[] = [];
  menus = 0;
  constructor() {
    super();
    Tray.last = this;
  }
  setToolTip = (text: string) => void (this.toolTip = text);
  setTitle = () => {};
  setContextMenu = (menu: MenuItemDouble[]) => {
    this.menu = menu;
    this.menus += 1;
  };
}
export class Notification extends EventEmitter {
  static readonly shown: Notification[] = [];
  static isSupported = () => true;
  readonly title: string;
  readonly body: string;
  constructor({ title, body }: { title: string; body: string }) {
    super();
    this.title = title;
    this.body = body;
  }
  show = () => void Notification.shown.push(this);
}

export const powerSaveBlocker = {
  running: new Set<number>(),
  started: [] as string[],
  start(kind: string) {
    powerSaveBlocker.started.push(kind);
    powerSaveBlocker.running.add(powerSaveBlocker.started.length);
    return powerSaveBlocker.started.length;
  },
  stop: (id: number) => void powerSaveBlocker.running.delete(id),
};

/** Inverts every bit: enough to see that what is kept is not what was given. */
const invert = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((byte) => ~byte));

export const safeStorage = {
  available: true,
  backend: 'gnome_libsecret',
  shouldReEncrypt: false,
  encryptions: 0,
  isAsyncEncryptionAvailable: () => Promise.resolve(safeStorage.available),
  encryptStringAsync: (text: string) => {
    safeStorage.encryptions += 1;
    return Promise.resolve(invert(Buffer.from(text)));
  },
  decryptStringAsync: (bytes: Buffer) =>
    Promise.resolve({
      result: invert(bytes).toString(),
      shouldReEncrypt: safeStorage.shouldReEncrypt,
    }),
  getSelectedStorageBackend: () => safeStorage.backend,
};
