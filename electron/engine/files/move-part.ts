import { link, lstat, rename, rmdir, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { toFailure } from '../../../shared/failure.ts';
import type { Ranges } from '../../../shared/job.ts';
import { errorCode, toDiskError } from './disk-failure.ts';
import { inodeMark, openPart, partPath, reclaimPart, reopenPart, syncFolder } from './part.ts';

const CHUNK = 1024 * 1024;

/**
 * Moves a part file to another folder, under the first free name there. Between file systems the committed ranges are
 * copied. `record` has to keep, durably, where it is now, under which final name and when it was made: it is called when
 * the file is there for good and before the old one goes, so that a crash leaves one that is known. Only where a file system has no second
 * names for a file does a rename come first.
 * @throws part-missing, folder-missing, folder-not-writable, disk-full, disk-error, and what `record` throws; the old file
 * is still there then
 */
export async function movePart(
  from: string,
  name: string,
  to: string,
  committed: Ranges,
  record: (name: string, born: string | null) => void,
  born: string | null = null,
): Promise<void> {
  const old = await reopenPart(from, name, born);
  try {
    // Made exclusively: an empty file of ours, which may be replaced.
    const part = await openPart(to, name);
    let isRenamed = false;
    let { born: made } = old;
    try {
      if (!(await linked(old.path, part.path))) {
        isRenamed = await renamed(old.path, part.path);
        if (!isRenamed) {
          made = part.born;
          await copy(old.handle, part.handle, committed);
          await part.handle.sync();
        }
      }
      await syncFolder(to);
      record(part.name, made);
      if (!isRenamed) await unlink(old.path);
    } catch (error) {
      await (isRenamed ? rename(part.path, old.path) : unlink(part.path)).catch(() => {});
      throw toDiskError(error, to);
    } finally {
      await part.handle.close();
    }
  } finally {
    await old.handle.close();
  }
}

/**
 * Deletes a part file; one that is gone already is no failure.
 * @param born when it was made, where that is known: another file that has its name now is left alone
 */
export async function deletePart(folder: string, name: string, born: string | null = null): Promise<void> {
  if (born !== null) {
    try {
      const { handle } = await reopenPart(folder, name, born);
      await handle.close();
    } catch (error) {
      if (toFailure(error).code === 'part-missing') return;
      // Whatever else is wrong is said by deleting it.
    }
  }
  await deleteFile(partPath(folder, name), folder);
}

/** Deletes an unfinished file, also where a crash came after it got its final name and before that was recorded. */
export async function discardPart(folder: string, name: string, inode: string | null): Promise<void> {
  if (inode !== null) await reclaimPart(folder, name, inode);
  await deletePart(folder, name);
}

/**
 * Deletes one file; one that is gone already is no failure.
 * @param inode its mark, where only that file is meant, and none that somebody put in its place; null: whatever is there
 */
export async function deleteFile(path: string, folder: string, inode: string | null = null): Promise<void> {
  try {
    if (inode !== null && inodeMark(await lstat(path, { bigint: true })) !== inode) return;
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw toDiskError(error, folder);
  }
}

/** Deletes a folder that nothing is in; one that holds something, or is gone already, is no failure. */
export async function deleteEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw toDiskError(error, folder);
  }
}

/** Gives a file a second name in the place of our empty one. False where there is no such thing, or another file system. */
async function linked(from: string, to: string): Promise<boolean> {
  const onTheWay = `${to}.moving`;
  try {
    await link(from, onTheWay);
  } catch {
    // Which error says “no hard links here” depends on the file system; the caller finds another way, or what is wrong.
    return false;
  }
  await rename(onTheWay, to);
  return true;
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EXDEV') return false;
    throw error;
  }
}

async function copy(from: FileHandle, to: FileHandle, ranges: Ranges): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (const [start, end] of ranges) {
    for (let at = start; at < end;) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(CHUNK, end - at), at);
      // A file that is shorter than the journal says is found out, and planned anew, by the next run.
      if (bytesRead === 0) return;
      for (let written = 0; written < bytesRead;) {
        written += (await to.write(buffer, written, bytesRead - written, at + written)).bytesWritten;
      }
      at += bytesRead;
    }
  }
}
