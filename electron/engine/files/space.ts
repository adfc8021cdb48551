/** What a folder's file system offers. */
import { accessSync, constants, statSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { SluiceError } from '../../../shared/failure.ts';
import { errorCode, toDiskError } from './disk-failure.ts';

export interface Space {
  /** Bytes this person may still write. */
  readonly free: number;
  /** Which file system it is: equal for two paths whose files share the space. */
  readonly device: number;
}

/** Free space at a path, or at its nearest ancestor that exists. */
export async function freeSpace(path: string): Promise<Space> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const [figures, { dev }] = await Promise.all([statfs(at), stat(at)]);
      // Some network file systems tell nothing: then the first write that fails does.
      const free = figures.blocks === 0 ? Number.MAX_SAFE_INTEGER : figures.bavail * figures.bsize;
      return { free, device: dev };
    } catch (error) {
      if (!isMissing(error) || dirname(at) === at) throw toDiskError(error, path);
    }
  }
}

/**
 * Throws where files cannot go: the path is not absolute, is no folder and cannot become one, or is not writable.
 * Makes nothing. Synchronous, so that a request is refused where it was typed; the last word has the first write.
 */
export function checkFolder(path: string): void {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new SluiceError('bad-input', { detail: `“${path}” is not a whole path to a folder.` });
  }
  for (let at = path; ; at = dirname(at)) {
    try {
      if (!statSync(at).isDirectory()) throw new SluiceError('not-a-folder', { folder: path });
      accessSync(at, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (!isMissing(error) || dirname(at) === at) throw toDiskError(error, path);
    }
  }
}

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}
