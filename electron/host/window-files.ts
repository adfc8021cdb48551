/** The built window, held in memory and served by exact path: what is not in the table does not exist. */
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

interface WindowFile {
  readonly body: Buffer;
  readonly type: string;
  readonly cache: string;
}
export type WindowFiles = ReadonlyMap<string, WindowFile>;

/**
 * Reads the folder once (a few hundred kB): a path of a request is only ever looked up, never joined to a folder, and
 * an update of the program on disk does not mix with what a page already loaded.
 */
export function loadWindow(folder: string): WindowFiles {
  const files = new Map<string, WindowFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    files.set(path, {
      body: readFileSync(file),
      type: types[extname(entry.name)] ?? 'application/octet-stream',
      // Vite puts a hash of the content into the names under assets/.
      cache: path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  }
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  return files;
}

/** Answers GET and HEAD for the window's files. */
export function serveWindow(
  files: WindowFiles,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const file = files.get(path);
  if (!file) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  } else {
    response.writeHead(200, {
      'Content-Type': file.type,
      'Content-Length': file.body.length,
      'Cache-Control': file.cache,
    });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }
}
