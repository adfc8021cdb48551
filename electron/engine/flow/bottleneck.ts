import type { Bottleneck, JobDetail } from '../../../shared/job.ts';

/** A side that is waited for less than this is not what holds a flow back. */
const NOTABLE = 0.3;

/** The side that a flow waits for most; its source where it waits for no other side notably. */
export function bottleneckOf({ processing, disk, limit }: JobDetail['waited']): Bottleneck {
  if (Math.max(processing, disk, limit) < NOTABLE) return 'source';
  if (limit >= disk && limit >= processing) return 'limit';
  return disk >= processing ? 'disk' : 'processing';
}
