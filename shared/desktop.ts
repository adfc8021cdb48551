/**
 * What the desktop window's preload script offers the page as `window.sluice`; in a browser it is not there.
 * The page calls `requestPort()`; the port then arrives as a window message whose `data` is `portMessage`, whose
 * `source` is the window itself and whose first port speaks oRPC.
 */

/** Something the person asked for outside the page: in the menu, the tray, a notification or with a link. */
export type DesktopCommand =
  /** Opens the add dialog, filled with the links (none: empty). Nothing is added before the person agrees. */
  | { readonly kind: 'add'; readonly links: readonly string[] }
  /** Selects one job and shows its details. */
  | { readonly kind: 'show-job'; readonly id: string }
  | { readonly kind: 'search' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'settings' }
  | { readonly kind: 'toggle-details' };

export interface DesktopBridge {
  /** `process.platform` of the main process: the window leaves room for the system's controls by it. */
  readonly platform: 'darwin' | 'win32' | 'linux';
  /** Asks for a port to the engine; asked again, a fresh one comes (the old one is closed). */
  requestPort(): void;
  /** Commands that came before a listener was there are kept for it. Returns what ends the listening. */
  onCommand(listener: (command: DesktopCommand) => void): () => void;
}

/** `data` of the window message that carries the port. */
export const portMessage = 'sluice-port';

/** The one origin that the desktop window shows. */
export const appOrigin = 'app://sluice';

/** Channels between the preload script and the main process. */
export const channels = { port: 'sluice:port', command: 'sluice:command' } as const;
