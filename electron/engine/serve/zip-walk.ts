/** What goes into a ZIP archive of a folder. Runs in the archive thread, where a disk that is slow holds nobody up. */
import { createHash, type Hash } from 'node:crypto';
import { accessSync, constants, lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { isShown } from './folder-entries.ts';
import { versionOf } from './open-files.ts';
import { throughFolderSync } from './real-place.ts';
import type { Archived } from './zip-plan.ts';

/** More files than this are refused: their names would be the memory. */
export const MOST_ENTRIES = 200_000;

/**
 * Everything shown below a folder, or below the chosen names in it, in a lasting order. Symbolic links and what is no
 * plain file are left out, as is what may not be read, and what goes while it is looked at.
 */
export function* walkFolder(folder: string, names: readonly string[] | null, hidden: boolean): Generator<Archived> {
  const chosen = names === null ? null : [...new Set(names)];
  yield* walkNames(folder, '', chosen ?? namesIn(folder), hidden);
}

function* walkNames(at: string, prefix: string, names: readonly string[], hidden: boolean): Generator<Archived> {
  for (const name of names) {
    if (!isShown(name, hidden)) continue;
    const path = join(at, name);
    const found = look(path);
    if (found?.isDirectory()) {
      const modified = Number(found.mtimeMs);
      // A folder's own time changes nothing in the archive but its stamp.
      yield { name: `${prefix}${name}/`, path: null, size: 0, modified, version: String(modified) };
      yield* walkNames(path, `${prefix}${name}/`, namesIn(path), hidden);
    } else if (found?.isFile() && isReadable(path)) {
      const [size, modified] = [Number(found.size), Number(found.mtimeMs)];
      yield { name: `${prefix}${name}`, path, size, modified, version: entryVersion(found) };
    }
  }
}

/** What tells this version of a file from any other, however young it is. */
export function entryVersion(stats: BigIntStats): string {
  return versionOf(stats, Infinity).etag;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return throughFolderSync(folder, (at) => readdirSync(at)).toSorted();
  } catch {
    return [];
  }
}

function look(path: string): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return null;
  }
}

/** The archive's strong tag: it is the same bytes exactly while all its entries are the same versions. */
export class ZipTag {
  readonly #hash: Hash = createHash('sha256');

  add({ name, size, modified, version }: Archived): void {
    this.#hash.update(`${name}\0${size}\0${modified}\0${version}\0`);
  }

  toString(): string {
    return `"zip-${this.#hash.digest('base64url').slice(0, 32)}"`;
  }
}
