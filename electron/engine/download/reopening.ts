/** How a download begins that goes on: what is here is kept where the server proves to have the same file still. */
import { SluiceError, toFailure } from '../../../shared/failure.ts';
import { PART_SUFFIX, reopenPart, type Part } from '../files/index.ts';
import { negotiate, type Means } from './negotiation.ts';
import type { Opening } from './opening.ts';
import { PartFile } from './part-file.ts';
import { compareStretches } from './stretches.ts';
import type { DownloadJournal, DownloadSpec } from './types.ts';

/** Stretches that are compared where the part file itself may be another's. */
const STRETCHES_OF_STRANGER = 9;

/** The first request of a run that goes on: where the journal ended, if the server still has the same file. */
export async function openAgain(spec: DownloadSpec, journal: DownloadJournal, means: Means): Promise<Opening> {
  const { file, isStranger } = await reopen(spec, journal);
  const { size: onDisk } = await file.handle.stat();
  // Bytes that the journal knows and the file has not are fetched again (fault 67).
  const committed = journal.committed
    .map(([start, end]): [number, number] => [start, Math.min(end, onDisk)])
    .filter(([start, end]) => end > start);
  const part = new PartFile(file.handle, committed, means.pool, file.born);
  let opening: Opening | null = null;
  try {
    if (isStranger) opening = await recognise(journal, part, means);
    opening ??= await negotiate(spec, journal, part, means);
    return opening;
  } finally {
    // Nobody else would close it where the run ends here.
    if (!opening || !('opened' in opening)) await part.close();
  }
}

/** The part file of the journal. One that was made at another time may be another's, or have come out of a backup. */
async function reopen(
  { folder }: DownloadSpec,
  { name, born }: DownloadJournal,
): Promise<{ readonly file: Part; readonly isStranger: boolean }> {
  try {
    return { file: await reopenPart(folder, name, born), isStranger: false };
  } catch (error) {
    if (toFailure(error).code !== 'part-missing') throw error;
    return { file: await reopenPart(folder, name), isStranger: true };
  }
}

/**
 * Compares a part file that may be another's with what the server has: null where it holds what the journal says.
 * @throws part-missing
 */
async function recognise(journal: DownloadJournal, part: PartFile, means: Means): Promise<Opening | null> {
  const { name, committed, identity } = journal;
  const isWhole = part.written.total === committed.reduce((sum, [start, end]) => sum + end - start, 0);
  const found = isWhole ? await compareStretches(part, STRETCHES_OF_STRANGER, identity, means) : 'unasked';
  if (found === 'equal') return null;
  if (found === 'unasked' || found.kind === 'changed')
    throw new SluiceError('part-missing', { part: name + PART_SUFFIX });
  return { verdict: found };
}
