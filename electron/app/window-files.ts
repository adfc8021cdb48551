/**
 * The built window, held in memory and served by exact path, to the desktop window and to a browser alike: what is not
 * in the table does not exist, so that no request can lead to another file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { contentSecurityPolicy } from '../../shared/csp.ts';

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Fields that every answer carries, refusals too. There are no CORS fields: no other site may read anything. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export interface WindowFile {
  readonly body: Buffer<ArrayBuffer>;
  /** Media type, length and how long it may be kept. */
  readonly headers: Readonly<Record<string, string>>;
}
/** The file at a path as a URL has it (“/assets/x.js”), percent-encoded: each name has one spelling, and nothing is decoded. */
export type WindowFiles = (path: string) => WindowFile | undefined;

/**
 * The files of a folder. All are read (1.5 MB) when the first is asked for, so that an update of the program on disk does not
 * mix with what a page has loaded already. Symbolic links are not followed.
 */
export function windowFiles(folder: string): WindowFiles {
  let files: ReadonlyMap<string, WindowFile> | null = null;
  return (path) => {
    files ??= readAll(folder);
    return files.get(path);
  };
}

function readAll(folder: string): ReadonlyMap<string, WindowFile> {
  const files = new Map<string, WindowFile>();
  const walk = (directory: string, prefix: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const file = join(directory, entry.name);
      const path = `${prefix}${encodeURIComponent(entry.name)}`;
      if (entry.isDirectory()) walk(file, `${path}/`);
      else if (entry.isFile()) files.set(path, read(file, path));
    }
  };
  walk(folder, '/');
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  return files;
}

function read(file: string, path: string): WindowFile {
  const body = readFileSync(file);
  return {
    body,
    headers: {
      'Content-Type': mediaTypes[extname(file)] ?? 'application/octet-stream',
      'Content-Length': String(body.length),
      // Vite puts a hash of the content into the names under assets/.
      'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  };
}
