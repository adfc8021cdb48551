import { realpath, stat } from 'node:fs/promises';
import { notFound } from './refusal.ts';

/** The folder of a share as it is now: its owner's path may be a symbolic link, and may come and go. */
export interface FolderRoot {
  readonly trouble: string | null;
  /** Its real path. @throws Refusal 404 where it is not there */
  path(): Promise<string>;
}

export function createFolderRoot(given: string, changed: () => void): FolderRoot {
  let trouble: string | null = null;
  const note = (now: string | null) => {
    if (now === trouble) return;
    trouble = now;
    changed();
  };
  const look = async () => {
    try {
      const real = await realpath(given);
      if (!(await stat(real)).isDirectory()) throw new Error('No folder');
      note(null);
      return real;
    } catch {
      note('The folder is not there any more.');
      return null;
    }
  };
  void look();
  return {
    get trouble() {
      return trouble;
    },
    async path() {
      const real = await look();
      if (real === null) throw notFound();
      return real;
    },
  };
}
