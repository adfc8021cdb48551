/**
 * The window's files under `app://sluice/`: only what lay in the renderer's folder when the app started, each with the
 * Content Security Policy. A request names an entry of a table; no path is ever built from it, so none can leave.
 */
import { protocol, type Session } from 'electron';
import { appOrigin } from '../../shared/desktop.ts';
import { safeHeaders, windowFiles, type WindowFiles } from '../app/index.ts';

const { protocol: appScheme, host: appHost } = new URL(appOrigin);

/** URL of the window's page. */
export const pageUrl = `${appOrigin}/index.html`;

/** Tells Chromium that `app:` URLs have an origin and are a secure context. Only before `ready`. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: appScheme.slice(0, -1), privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Answers every `app:` request of a session from the folder's files. */
export function setupAppProtocol(session: Pick<Session, 'protocol'>, folder: string): void {
  const files = windowFiles(folder);
  session.protocol.handle(appScheme.slice(0, -1), (request) => answer(request, files));
}

/** The answer to one request; every answer, refusals too, carries the policy. */
export function answer(request: Pick<Request, 'url' | 'method'>, files: WindowFiles): Response {
  const url = URL.canParse(request.url) ? new URL(request.url) : null;
  if (url?.protocol !== appScheme || url.host !== appHost || url.username || url.password) return refuse(403);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const file = files(url.pathname);
  if (!file) return refuse(404);
  return new Response(request.method === 'HEAD' ? null : file.body, { headers: { ...file.headers, ...safeHeaders } });
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: safeHeaders });
}
