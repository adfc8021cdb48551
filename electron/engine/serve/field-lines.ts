import type { IncomingMessage } from 'node:http';

/** How many lines a request has for a field (`name` in lower case): Node joins them, or keeps the first. */
export function countLines({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at] ?? '';
    if (given.length === name.length && given.toLowerCase() === name) count += 1;
  }
  return count;
}
