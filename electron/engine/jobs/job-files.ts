/** The files of a job, outside its runs. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toFailure } from '../../../shared/failure.ts';
import { deleteFile, deletePart, movePart, partPath, toDiskError } from '../files/index.ts';
import type { JobRecord } from './job-record.ts';

/** The path of the finished file, else of the part file. */
export function fileOf({ folder, journal, name, state }: JobRecord): string {
  return state.kind === 'completed' ? join(folder, name) : partPath(folder, journal?.name ?? name);
}

/**
 * Deletes the finished file or the part file. Nothing that this job did not make is deleted: before the server's first
 * answer there is no file of it.
 */
export async function deleteFilesOf(job: JobRecord): Promise<void> {
  if (!job.journal) return;
  if (job.state.kind === 'completed') await deleteFile(fileOf(job), job.folder);
  else await deletePart(job.folder, job.journal.name);
}

export function forgetProgress(job: JobRecord): void {
  job.journal = null;
  job.inode = null;
  job.size = job.expectedSize;
  job.otherLink = null;
}

/** Makes a folder and those above it. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw toDiskError(error, folder);
  });
}

/**
 * Moves the unfinished file to another folder and points the job at it. False where there was none to be found, because
 * its drive is gone: what is on it stays there, and the job begins anew.
 */
export async function moveTo(job: JobRecord, folder: string): Promise<boolean> {
  await makeFolder(folder);
  let found = true;
  if (job.journal) {
    try {
      const name = await movePart(job.folder, job.journal.name, folder, job.journal.committed);
      job.journal = { ...job.journal, name };
      job.name = name;
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
