/**
 * What no page may do, whatever runs in it: leave `app://sluice`, open windows, embed others, fetch from elsewhere,
 * download, or use a device. One rule per line of the list in SECURITY.md.
 */
import { app, shell, type Session, type WebContents } from 'electron';
import { appOrigin } from '../../shared/desktop.ts';
import { SluiceError } from '../../shared/failure.ts';
import type { Log } from '../app/index.ts';
import { pageUrl } from './app-protocol.ts';
import { webLink } from './links.ts';

/** The only thing a page may ask for: writing text to the clipboard when the person copies something. */
const allowedPermission = 'clipboard-sanitized-write';

/** Arms every session and every page from its birth on. Only before `ready`. */
export function setupSecurity(log: Log): void {
  app.enableSandbox();
  app.on('session-created', lockSession);
  app.on('web-contents-created', (_event, contents) => lockContents(contents, log));
}

function lockSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) => decide(permission === allowedPermission));
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === allowedPermission && origin.replace(/\/$/, '') === appOrigin,
  );
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false); // it fetches its dictionaries from the network
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, decide) => decide({ cancel: !isOwnRequest(details.url) }));
}

/** True for the window's own files, and for Electron's developer tools, which exist in unpackaged builds only. */
function isOwnRequest(url: string): boolean {
  return url.startsWith(`${appOrigin}/`) || (!app.isPackaged && url.startsWith('devtools://'));
}

function lockContents(contents: WebContents, log: Log): void {
  const guard = (event: { preventDefault(): void; url: string; isMainFrame: boolean }): void => {
    if (event.isMainFrame && isPage(event.url)) return;
    event.preventDefault();
    log.info(`The window was kept from going to ${event.url}`);
  };
  contents.on('will-navigate', guard);
  contents.on('will-frame-navigate', guard);
  contents.on('will-redirect', guard);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    void openLink(url).catch((error: unknown) => log.error('A link was not opened', error));
    return { action: 'deny' };
  });
}

/** The page itself, so that it can be loaded again. */
function isPage(url: string): boolean {
  return url === pageUrl || url === `${appOrigin}/`;
}

/** Opens an http or https link in the person's browser. */
export async function openLink(text: string): Promise<void> {
  const link = webLink(text);
  if (link === null) throw new SluiceError('unsupported-scheme', { scheme: URL.parse(text)?.protocol ?? text });
  await shell.openExternal(link);
}
