import { formatBytes } from '../../../shared/format.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { doneOf, type JobRecord } from './job-record.ts';

/** A run as far as free space goes. */
export interface Claim {
  readonly record: JobRecord;
  /** The file system it writes to; null while that is not known. */
  readonly device: number | null;
}

/** Bytes that a job has still to write; 0 where that is not known. */
export function missing(record: JobRecord): number {
  // A run goes on by the size that its source told; of an export and a capture there is none.
  return record.size === null ? 0 : Math.max(0, record.size - doneOf(record));
}

/** Bytes that runs have still to write to a file system. */
export function reserved(claims: Iterable<Claim>, device: number, except?: Claim): number {
  let sum = 0;
  for (const claim of claims) if (claim !== except && claim.device === device) sum += missing(claim.record);
  return sum;
}

/** The failure of a job whose file does not fit into what other jobs leave free; null where it fits. */
export function tooSmall(claim: Claim, claims: Iterable<Claim>, free: number): Failure | null {
  if (claim.device === null) return null;
  const available = Math.max(0, free - reserved(claims, claim.device, claim));
  const needed = missing(claim.record);
  if (needed <= available) return null;
  const { folder } = claim.record;
  return failure('disk-full', { folder, free: formatBytes(available), needed: formatBytes(needed) });
}
