/** One Sluice per home folder: a second start hands its links to the first and ends. */
import { app } from 'electron';
import { parseLinks } from './links.ts';

/**
 * @param links of this start
 * @param onLinks gets the links of later starts (none: only show the window), and those that macOS hands over
 * @returns false where another instance has them now and this one must quit
 */
export function setupSingleInstance(links: readonly string[], onLinks: (links: readonly string[]) => void): boolean {
  if (!app.requestSingleInstanceLock({ links })) return false;
  app.on('second-instance', (_event, argv, _folder, data) => onLinks(parseLinks(linksIn(data) ?? argv)));
  app.on('open-url', (event, url) => {
    event.preventDefault();
    onLinks(parseLinks([url]));
  });
  return true;
}

/** Data of another process is checked like any other input. */
function linksIn(data: unknown): string[] | null {
  if (typeof data !== 'object' || data === null || !('links' in data) || !Array.isArray(data.links)) return null;
  return data.links.filter((link) => typeof link === 'string');
}
