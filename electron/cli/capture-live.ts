/** A capture as it is seen while it runs: gaps when they are over, and with `--show` the records as they come. */
import type { Gap } from '../../shared/capture.ts';
import type { CaptureJobDetail } from '../../shared/job.ts';
import type { Client } from '../app/index.ts';

type LastRecord = CaptureJobDetail['last'][number];

export interface CaptureWatcher {
  /** A gap is over. */
  gap(gap: Gap): void;
  /** Records wait because the disk is full, or no more. */
  diskFull(isFull: boolean): void;
  /** New records, the newest last. Those that came too fast to be looked at are not among them. */
  records(records: readonly LastRecord[]): void;
}

/** Tells of a capture until the signal aborts, or the engine goes away: whoever follows the job itself is told of that. */
export async function watchCapture(
  client: Client,
  id: string,
  watcher: CaptureWatcher,
  signal: AbortSignal,
): Promise<void> {
  const told = new Set<number>();
  let newest: LastRecord | undefined;
  let isFull = false;
  try {
    for await (const detail of await client.jobs.detail({ id }, { signal })) {
      if (detail.kind !== 'capture') return;
      for (const gap of detail.gaps) {
        if (gap.to === null || told.has(gap.from)) continue;
        told.add(gap.from);
        watcher.gap(gap);
      }
      if (detail.diskFull !== isFull) {
        isFull = detail.diskFull;
        watcher.diskFull(isFull);
      }
      const { last } = detail;
      const known = last.findLastIndex((one) => one.at === newest?.at && one.text === newest.text);
      if (known < last.length - 1) watcher.records(last.slice(known + 1));
      newest = last.at(-1) ?? newest;
    }
  } catch {
    // It is aborted, or nobody is there to tell.
  }
}
