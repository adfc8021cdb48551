import { failure, SluiceError, toFailure } from '../../../shared/failure.ts';
import type { Checksum } from '../../../shared/job.ts';
import { finishPart, PART_SUFFIX } from '../files/index.ts';
import type { HashFollower } from './hash-follower.ts';
import type { PartFile } from './part-file.ts';
import type { DownloadOutcome, PieceDigests } from './types.ts';

/** Lower-case hexadecimal. */
export interface Digests {
  readonly whole: string;
  /** Of the pieces, in order; empty where none were asked for. */
  readonly pieces: readonly string[];
}

interface Finish {
  readonly part: PartFile;
  readonly folder: string;
  readonly name: string;
  /** Bytes that there have to be; null only for a download of unknown size that fetched nothing. */
  readonly size: number | null;
  /** True where a server told the size, and all parts are of one version as far as validators can prove. */
  readonly isProven: boolean;
  readonly checksum: Checksum | null;
  readonly pieces: PieceDigests | null;
  readonly hasher: HashFollower | null;
  /** Pieces were found bad before, and fetched again from the link itself. */
  readonly wasBad: boolean;
  readonly signal: AbortSignal;
  onVerified(bytes: number): void;
}

/** Proves that all bytes are there and right, and only then gives the file its name. */
export async function finish(job: Finish): Promise<DownloadOutcome> {
  const { part, folder, name, checksum, pieces, hasher } = job;
  const size = job.size ?? 0;
  const actual = (await part.handle.stat()).size;
  if (actual > size) await part.handle.truncate(size);
  if (actual < size || part.written.missing(size).length > 0) {
    const params = { expected: size, actual: Math.min(actual, part.written.total) };
    return { kind: 'retry', failure: failure('size-mismatch', params), retryAfter: null, progressed: true };
  }
  if (hasher) {
    const digests = await Promise.race([hasher.digest(size, (bytes) => job.onVerified(bytes)), aborted(job.signal)]);
    if (digests === null) return { kind: 'stopped' };
    // Digests of fewer or more pieces than there are prove nothing.
    const covers = pieces !== null && pieces.digests.length === Math.ceil(size / pieces.length);
    const bad = covers ? pieces.digests.flatMap((digest, i) => (digests.pieces[i] === digest ? [] : [i])) : [];
    if (pieces && bad.length > 0) {
      for (const i of bad) part.reject(i * pieces.length, Math.min(size, (i + 1) * pieces.length));
      // Only the bad pieces are fetched again, and once. All of them bad means that the digests are of another file.
      if (!job.wasBad && (bad.length < pieces.digests.length || bad.length === 1)) {
        const failed = failure('pieces-mismatch', { count: bad.length });
        return { kind: 'retry', failure: failed, retryAfter: 0, progressed: false };
      }
    }
    const uncovered = !checksum && pieces !== null && !covers;
    if ((checksum && digests.whole !== checksum.value) || bad.length > 0 || uncovered) {
      const algorithm = (checksum ?? pieces)?.algorithm.toUpperCase() ?? '';
      return { kind: 'attention', failure: failure('checksum-mismatch', { algorithm, part: name + PART_SUFFIX }) };
    }
  }
  if (job.signal.aborted) return { kind: 'stopped' };
  try {
    const final = await finishPart(folder, name, part.handle);
    const proof = checksum || pieces ? 'checksum' : job.isProven ? 'size' : 'unverified';
    return { kind: 'completed', name: final, size, proof };
  } catch (error) {
    const failed = error instanceof SluiceError ? error.failure : toFailure(error);
    return { kind: 'attention', failure: failed };
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
