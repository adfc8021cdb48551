import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';

/**
 * Magic numbers (statfs(2)) of ext2 to ext4, XFS and btrfs. Others, above all those of networks and of FUSE, have their own ways
 * to keep what goes around the cache together with what goes through it.
 */
const KNOWN = [0xef53, 0x58465342, 0x9123683e];

/**
 * Opens a file once more, for writes that go around the page cache (open(2), O_DIRECT). Null where the system or its file
 * system is not known to do that well.
 */
export async function openDirect({ fd }: fs.FileHandle): Promise<fs.FileHandle | null> {
  if (process.platform !== 'linux') return null;
  // By its descriptor: its name may be another file's by now.
  const path = `/proc/self/fd/${fd}`;
  try {
    if (!KNOWN.includes((await fs.statfs(path)).type)) return null;
    return await fs.open(path, constants.O_WRONLY | constants.O_DIRECT);
  } catch {
    return null;
  }
}
