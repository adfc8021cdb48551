/** Another folder for an export that stopped. */
import { basename, dirname, join } from 'node:path';
import { SluiceError, toFailure } from '../../../shared/failure.ts';
import type { ExportFile, ExportJournal } from '../export/index.ts';
import { deleteEmptyFolder, discardPart, freeName, movePart } from '../files/index.ts';
import { isFolder, makeFolder } from './job-files.ts';
import type { ExportRecord } from './job-record.ts';

/**
 * Moves the one unfinished file, as far as its checkpoint goes. False where there was none to be found, because its drive
 * is gone: what is on it stays there, and the export begins anew.
 * @param save stores the job, before the old file goes
 * @throws bad-input where finished files would stay behind, and what the disk says
 */
export async function moveExport(job: ExportRecord, folder: string, save: () => void): Promise<boolean> {
  await makeFolder(folder);
  const { journal } = job;
  const [file, ...others] = journal?.files ?? [];
  let found = true;
  if (file && !(await isFolder(job.folder))) {
    found = false;
  } else if (file && (others.length > 0 || file.endsTable)) {
    throw new SluiceError('bad-input', {
      detail: 'An export of several files stays in its folder: free some space there.',
    });
  } else if (file && journal?.checkpoint) {
    found = await takeAlong(job, journal, file, folder, save);
  } else if (file) {
    const old = join(job.folder, file.name);
    await discardPart(dirname(old), basename(old), file.inode);
    if (hasFolder(job)) await deleteEmptyFolder(dirname(old));
  }
  // What was taken along is there already.
  if (job.folder !== folder) Object.assign(job, { folder, journal: null });
  return found;
}

/** False where the part file is gone. */
async function takeAlong(
  job: ExportRecord,
  journal: ExportJournal,
  file: ExportFile,
  folder: string,
  save: () => void,
): Promise<boolean> {
  const old = join(job.folder, file.name);
  const inner = hasFolder(job) ? await freeName(folder, journal.name) : '';
  if (inner !== '') await makeFolder(join(folder, inner));
  try {
    await movePart(dirname(old), basename(old), join(folder, inner), [[0, journal.checkpoint?.bytes ?? 0]], (moved) => {
      // The next files of a split one are named after what was asked for.
      const name = inner === '' ? (job.plan.split ? journal.name : moved) : inner;
      const files = [{ ...file, name: inner === '' ? moved : `${inner}/${moved}`, inode: null }];
      Object.assign(job, { folder, name, journal: { ...journal, name, files } });
      save();
    });
  } catch (error) {
    if (inner !== '') await deleteEmptyFolder(join(folder, inner));
    if (toFailure(error).code === 'part-missing') return false;
    throw error;
  }
  if (inner !== '') await deleteEmptyFolder(dirname(old));
  return true;
}

/** Several tables have a folder in the folder. */
function hasFolder(job: ExportRecord): boolean {
  return job.plan.source.kind === 'tables';
}
