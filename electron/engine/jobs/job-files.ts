/** The files of a download, outside its runs, and folders for all. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SluiceError, toFailure } from '../../../shared/failure.ts';
import { deleteFile, deletePart, errorCode, movePart, partPath, toDiskError } from '../files/index.ts';
import type { CaptureRecord, DownloadRecord } from './job-record.ts';

/** The path of the finished file, else of the part file. */
export function singleFileOf({ folder, journal, name, state }: DownloadRecord): string {
  return state.kind === 'completed' ? join(folder, name) : partPath(folder, journal?.name ?? name);
}

/**
 * Deletes the finished file or the part file. Nothing that this job did not make is deleted: before the server's first
 * answer there is no file of it.
 */
export async function deleteFilesOf(job: DownloadRecord): Promise<void> {
  if (!job.journal) return;
  if (job.state.kind === 'completed') await deleteFile(singleFileOf(job), job.folder);
  else await deletePart(job.folder, job.journal.name, job.journal.born);
}

export function forgetProgress(job: DownloadRecord): void {
  if (job.journal) job.generation += 1;
  job.journal = null;
  job.inode = null;
  job.size = job.expectedSize;
  job.otherLink = null;
}

/**
 * Makes a folder and those above it. One at a time: Node's own `recursive` tries for ever where the folder above is there
 * and the file system makes none in it all the same (/proc).
 * @throws folder-not-writable, folder-missing, disk-full, disk-error
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    if (await makeOne(folder)) return;
    await makeFolder(dirname(folder));
    if (!(await makeOne(folder))) throw new SluiceError('folder-not-writable', { folder });
  } catch (error) {
    throw toDiskError(error, folder);
  }
}

/** True where the folder is there now; false where the one above it is missing. */
async function makeOne(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (await isFolder(folder)) return true;
    if (errorCode(error) === 'ENOENT' && dirname(folder) !== folder) return false;
    throw error;
  }
}

/**
 * Moves the unfinished file to another folder and points the job at it. False where there was none to be found, because
 * its drive is gone: what is on it stays there, and the job begins anew.
 * @param save stores the job, before the old file goes
 */
export async function moveTo(job: DownloadRecord, folder: string, save: () => void): Promise<boolean> {
  await makeFolder(folder);
  const { journal } = job;
  let found = true;
  if (journal) {
    try {
      const { name: old, committed, born } = journal;
      const record = (name: string, made: string | null) => {
        // Where its birth cannot be told it may have been copied.
        if (!made || made !== born) job.generation += 1;
        Object.assign(job, { folder, name, journal: { ...journal, name, born: made } });
        save();
      };
      await movePart(job.folder, old, folder, committed, record, born);
    } catch (error) {
      const { code } = toFailure(error);
      if (code !== 'part-missing' && code !== 'folder-missing') throw error;
      found = false;
      forgetProgress(job);
    }
  }
  job.folder = folder;
  return found;
}

/** Points a capture at another folder: what is unfinished is finished where it is, and the next file begins there. */
export async function moveCapture(job: CaptureRecord, folder: string): Promise<void> {
  await makeFolder(folder);
  if (job.journal) {
    throw new SluiceError('bad-input', {
      detail: 'A capture that has begun stays in its folder: free some space there.',
    });
  }
  job.folder = folder;
}

export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
