import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';

/**
 * Magic numbers (statfs(2)) of ext2 to ext4, XFS and btrfs. Others, above all those of networks and of FUSE, have their own ways
 * to keep what goes around the cache together with what goes through it.
 */
const KNOWN = [0xef53, 0x58465342, 0x9123683e];

/** Whether a file system of that type (statfs(2)) is one that is known to do well what is special here. */
export function isKnown(type: number): boolean {
  return KNOWN.includes(type);
}

/** A path to an open file, by its descriptor: its name may be another file's by now. */
export function pathOf({ fd }: fs.FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

/**
 * Opens a file once more, for writes that go around the page cache (open(2), O_DIRECT). Null where the system or its file
 * system is not known to do that well.
 */
export async function openDirect(handle: fs.FileHandle): Promise<fs.FileHandle | null> {
  if (process.platform !== 'linux') return null;
  const path = pathOf(handle);
  try {
    if (!isKnown((await fs.statfs(path)).type)) return null;
    return await fs.open(path, constants.O_WRONLY | constants.O_DIRECT);
  } catch {
    return null;
  }
}
