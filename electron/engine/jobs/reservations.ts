import { formatBytes } from '../../../shared/format.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { allocatedBytes, partPath } from '../files/index.ts';
import { doneOf, type JobRecord } from './job-record.ts';

/** A run as far as free space goes. */
export interface Claim {
  readonly record: JobRecord;
  /** The file system it writes to; null while that is not known. */
  readonly device: number | null;
}

/** Bytes of the disk that a job has still to take; 0 where that is not known. To be asked after the free space. */
async function missing(record: JobRecord): Promise<number> {
  // A run goes on by the size that its source told; of an export and a capture there is none.
  if (record.kind !== 'download' || record.size === null) return 0;
  const { folder, journal, size } = record;
  // What its file has, written or only reserved, is not free any more.
  const taken = journal ? await allocatedBytes(partPath(folder, journal.name)) : 0;
  return Math.max(0, size - Math.max(doneOf(record), taken));
}

/** Bytes that runs have still to take of a file system. To be asked after its free space. */
export async function reserved(claims: Iterable<Claim>, device: number, except?: Claim): Promise<number> {
  const others = [...claims].filter((claim) => claim !== except && claim.device === device);
  const sizes = await Promise.all(others.map(({ record }) => missing(record)));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** The failure of a job whose file does not fit into what other jobs leave of `free`; null where it fits. */
export async function tooSmall(claim: Claim, claims: Iterable<Claim>, free: number): Promise<Failure | null> {
  if (claim.device === null) return null;
  const available = Math.max(0, free - (await reserved(claims, claim.device, claim)));
  const needed = await missing(claim.record);
  if (needed <= available) return null;
  const { folder } = claim.record;
  return failure('disk-full', { folder, free: formatBytes(available), needed: formatBytes(needed) });
}
