/**
 * The unfinished file beside its final name, and the moment in which it gets that name: once, complete, synced, and
 * never over a file that is there already. Plain Node without state, so that the transfer worker can use it.
 */
import { type BigIntStats, constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../shared/failure.ts';
import { errorCode, toDiskError } from './disk-failure.ts';
import { numberedName, PART_SUFFIX } from './names.ts';

export interface Part {
  /** The final name; the part file is this + `.sluice`. */
  readonly name: string;
  /** Path of the part file. */
  readonly path: string;
  /** Open for reading and writing; the caller closes it. */
  readonly handle: FileHandle;
  /** When the file was made, in ns since 1970; null where its file system does not know. */
  readonly born: string | null;
}

/** Path of the part file of a final name. */
export function partPath(folder: string, name: string): string {
  return join(folder, name + PART_SUFFIX);
}

/**
 * Makes the part file of the first of “NAME”, “NAME (1)” … of which neither the file nor the part file is there.
 * `name` has to be safe already.
 */
export async function openPart(folder: string, name: string): Promise<Part> {
  for (let n = 0; ; n += 1) {
    const candidate = numberedName(name, n);
    if (await exists(join(folder, candidate), folder)) continue;
    const path = partPath(folder, candidate);
    try {
      const handle = await fs.open(path, 'wx+');
      return { name: candidate, path, handle, born: bornAt(await handle.stat({ bigint: true })) };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw toDiskError(error, folder);
    }
  }
}

/** The first of “NAME”, “NAME (1)” … of which neither the file nor the part file is there now. */
export async function freeName(folder: string, name: string): Promise<string> {
  for (let n = 0; ; n += 1) {
    const candidate = numberedName(name, n);
    const isTaken = await exists(join(folder, candidate), folder);
    if (!isTaken && !(await exists(partPath(folder, candidate), folder))) return candidate;
  }
}

/** FAT keeps local time, which moves with the time zone, by quarters of an hour. */
const ZONE_STEP = 900_000_000_000n;

/** When a file was made, in ns since 1970; null where its file system does not know. */
export function bornAt({ birthtimeNs }: Pick<BigIntStats, 'birthtimeNs'>): string | null {
  return birthtimeNs > 0n ? String(birthtimeNs) : null;
}

/**
 * Opens the part file of an earlier run. `part-missing` where it is gone, and where another file has its name, and
 * `folder-missing` where its folder is.
 * @param born when it was made, where that is known. An inode would not do: exFAT and others give a new number with each
 * mount.
 */
export async function reopenPart(folder: string, name: string, born: string | null = null): Promise<Part> {
  const path = partPath(folder, name);
  try {
    // A symbolic link put in its place is not followed; O_NOFOLLOW is not there on Windows.
    const handle = await fs.open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    const stats = await handle.stat({ bigint: true });
    const isAnother = born !== null && stats.birthtimeNs > 0n && (stats.birthtimeNs - BigInt(born)) % ZONE_STEP !== 0n;
    if (stats.isFile() && !isAnother) return { name, path, handle, born: bornAt(stats) };
    await handle.close();
    throw new SluiceError('part-missing', { part: name + PART_SUFFIX });
  } catch (error) {
    const code = errorCode(error);
    if ((code === 'ENOENT' || code === 'ELOOP') && (await exists(folder, folder))) {
      throw new SluiceError('part-missing', { part: name + PART_SUFFIX }, { cause: error });
    }
    throw toDiskError(error, folder);
  }
}

/**
 * What tells a file from any other, whatever its name is: its inode and when that was made, for the number alone is given
 * to the next file as soon as this one is gone. Null where the file system does not know both.
 */
export function inodeMark({ ino, birthtimeNs }: Pick<BigIntStats, 'ino' | 'birthtimeNs'>): string | null {
  return ino > 0n && birthtimeNs > 0n ? `${ino}-${birthtimeNs}` : null;
}

/** The mark of a part file; null where there is none. */
export async function inodeOf(folder: string, name: string): Promise<string | null> {
  const found = await fs.lstat(partPath(folder, name), { bigint: true }).catch(() => null);
  return found?.isFile() ? inodeMark(found) : null;
}

/**
 * Takes the final name back where a crash came after it was given and before that was recorded: a file that exists
 * proves nothing, so it is verified again under its part name only. True where that was so.
 */
export async function reclaimPart(folder: string, name: string, inode: string): Promise<boolean> {
  const part = partPath(folder, name);
  const isOurs = (found: BigIntStats | null) => found !== null && found.isFile() && inodeMark(found) === inode;
  const look = (path: string) => fs.lstat(path, { bigint: true }).catch(() => null);
  const isThere = await exists(part, folder);
  if (isThere) {
    // Between link and unlink both names mean it; else it has one.
    const found = await look(part);
    if (!isOurs(found) || found?.nlink === 1n) return false;
  }
  for (let n = 0; n < 20; n += 1) {
    const path = join(folder, numberedName(name, n));
    if (!isOurs(await look(path))) continue;
    await (isThere ? fs.unlink(path) : fs.rename(path, part));
    return true;
  }
  return false;
}

/** What finishing needs of the system; a test puts a file system without hard links in its place. */
export interface FinishSystem {
  readonly fs: Pick<typeof fs, 'link' | 'unlink' | 'rename' | 'open' | 'lstat'>;
  readonly platform: NodeJS.Platform;
  sleep(ms: number): Promise<unknown>;
}
const thisSystem: FinishSystem = { fs, platform: process.platform, sleep };

/** How long a virus scanner or indexer may hold on to a file (faults.md 70). */
const PATIENCE_MS = 60_000;

/**
 * Syncs the part file and gives it its final name, or the next free “NAME (n)” where that was taken meanwhile.
 * Resolves to the name it got, when the folder is synced as well. `handle` stays open.
 */
export async function finishPart(
  folder: string,
  name: string,
  handle?: FileHandle,
  system: FinishSystem = thisSystem,
): Promise<string> {
  const part = partPath(folder, name);
  // What was checked is behind the handle: another file may have got its name meanwhile.
  const demandOurs = async (path: string) => {
    if (handle && !(await isOf(handle, path, system)))
      throw new SluiceError('part-missing', { part: name + PART_SUFFIX });
  };
  try {
    await syncFile(part, handle, system);
    await demandOurs(part);
    for (let n = 0; ; n += 1) {
      const candidate = numberedName(name, n);
      const path = join(folder, candidate);
      if (await linkOnto(part, path, system)) {
        await demandOurs(path).catch(async (error: unknown) => {
          await system.fs.unlink(path);
          throw error;
        });
        await dropPart(part, system);
      } else if (await isSameFile(part, path, system)) {
        await dropPart(part, system);
      } else if ((await exists(path, folder, system.fs)) || !(await renameOnto(part, path, system))) {
        continue;
      }
      await syncFolder(folder, system);
      return candidate;
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && (await exists(folder, folder))) {
      throw new SluiceError('part-missing', { part: name + PART_SUFFIX }, { cause: error });
    }
    throw toDiskError(error, folder);
  }
}

/** Takes the second name by a hard link, which never replaces a file. False where taken or where links are not known. */
async function linkOnto(part: string, path: string, { fs }: FinishSystem): Promise<boolean> {
  try {
    await fs.link(part, path);
    return true;
  } catch {
    // Which error says “no hard links here” depends on the file system; the caller finds out by renaming.
    return false;
  }
}

/** Both names mean the finished file now. One that cannot be dropped is a nuisance, not a failure. */
async function dropPart(part: string, system: FinishSystem): Promise<void> {
  await patiently(system, () => system.fs.unlink(part)).catch(() => {});
}

/** True where a path means the file that is open: while it is, no other has its number. */
async function isOf(handle: FileHandle, path: string, { fs }: FinishSystem): Promise<boolean> {
  const [open, there] = await Promise.all([handle.stat({ bigint: true }), fs.lstat(path, { bigint: true })]);
  return open.ino === there.ino;
}

/** True where a crash came between link and unlink in an earlier run: the name is ours already. */
async function isSameFile(part: string, path: string, { fs }: FinishSystem): Promise<boolean> {
  const [a, b] = await Promise.all([fs.lstat(part), fs.lstat(path).catch(() => null)]);
  return b !== null && b.isFile() && a.ino !== 0 && a.ino === b.ino && a.dev === b.dev;
}

/** Without hard links: an empty file, made exclusively, reserves the name; the part file replaces it. False: taken. */
async function renameOnto(part: string, path: string, system: FinishSystem): Promise<boolean> {
  try {
    const reservation = await patiently(system, () => system.fs.open(path, 'wx'));
    await reservation.close();
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await patiently(system, () => system.fs.rename(part, path));
    return true;
  } catch (error) {
    // Only what is still empty is still ours.
    const left = await system.fs.lstat(path).catch(() => null);
    if (left?.size === 0) await system.fs.unlink(path).catch(() => {});
    throw error;
  }
}

/** Tries again while another program holds the file for a moment. */
async function patiently<T>(system: FinishSystem, act: () => Promise<T>): Promise<T> {
  const passing = system.platform === 'win32' ? ['EBUSY', 'EPERM', 'EACCES'] : ['EBUSY'];
  for (let waited = 0, pause = 50; ; pause = Math.min(pause * 2, 2_000)) {
    try {
      return await act();
    } catch (error) {
      if (!passing.includes(errorCode(error)) || waited >= PATIENCE_MS) throw error;
      await system.sleep(pause);
      waited += pause;
    }
  }
}

async function syncFile(path: string, handle: FileHandle | undefined, { fs }: FinishSystem): Promise<void> {
  if (handle) return handle.datasync();
  const own = await fs.open(path, 'r+');
  try {
    await own.datasync();
  } finally {
    await own.close();
  }
}

/** Makes the new name survive a power cut. Windows and some network file systems have no such thing for folders. */
export async function syncFolder(folder: string, { fs, platform }: FinishSystem = thisSystem): Promise<void> {
  if (platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EBADF', 'EACCES', 'EPERM'].includes(errorCode(error)))
      throw error;
  } finally {
    await handle.close();
  }
}

/** True where the name is taken, be it by a symbolic link that leads nowhere. */
async function exists(path: string, folder: string, { lstat }: Pick<typeof fs, 'lstat'> = fs): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw toDiskError(error, folder);
  }
}
