/** The window's files over HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WindowFiles } from '../app/index.ts';

/** Answers GET and HEAD for the window's files. */
export function serveWindow(
  files: WindowFiles,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const file = files(path);
  if (!file) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  } else {
    response.writeHead(200, file.headers);
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }
}
