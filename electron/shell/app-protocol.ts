/**
 * The window's files under `app://sluice/`: only what lay in the renderer's folder when the app started, each with the
 * Content Security Policy. A request names an entry of a table; no path is ever built from it, so none can leave.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { protocol, type Session } from 'electron';
import { contentSecurityPolicy } from '../../shared/csp.ts';
import { appOrigin } from '../../shared/desktop.ts';

const { protocol: appScheme, host: appHost } = new URL(appOrigin);

/** URL of the window's page. */
export const pageUrl = `${appOrigin}/index.html`;

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Tells Chromium that `app:` URLs have an origin and are a secure context. Only before `ready`. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: appScheme.slice(0, -1), privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Answers every `app:` request of a session from the folder's files. */
export function setupAppProtocol(session: Pick<Session, 'protocol'>, folder: string): void {
  const files = listFiles(folder);
  session.protocol.handle(appScheme.slice(0, -1), (request) => answer(request, files));
}

/** The files below a folder by the path that a URL has for them (“/assets/x.js”). Links are not followed. */
export function listFiles(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const walk = (directory: string, prefix: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path, `${prefix}${entry.name}/`);
      else if (entry.isFile()) files.set(`${prefix}${entry.name}`, path);
    }
  };
  walk(folder, '/');
  return files;
}

/** The answer to one request; every answer, refusals too, carries the policy. */
export async function answer(
  request: Pick<Request, 'url' | 'method'>,
  files: ReadonlyMap<string, string>,
): Promise<Response> {
  const url = URL.canParse(request.url) ? new URL(request.url) : null;
  if (url?.protocol !== appScheme || url.host !== appHost || url.username || url.password) return refuse(403);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const path = decode(url.pathname);
  if (path === null) return refuse(400);
  const name = path === '/' ? '/index.html' : path;
  const file = files.get(name);
  if (file === undefined) return refuse(404);
  const body = request.method === 'HEAD' ? null : await readFile(file);
  return new Response(body, { headers: headers(mediaTypes[extname(name)] ?? 'application/octet-stream') });
}

/** Undoes percent-encoding once; null where it is not valid. */
function decode(pathname: string): string | null {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return null;
  }
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: headers('text/plain; charset=utf-8') });
}

function headers(type: string): Record<string, string> {
  return {
    'content-type': type,
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-cache',
  };
}
