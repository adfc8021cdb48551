import type { Activity, HttpConnection } from '../remote/index.ts';
import type { Slot } from './slot.ts';

/**
 * The connections that read on now, where the disk has room for so many more buffers: those first that have waited longest
 * since they filled one. If all did, each would hold a large one half full, and be stopped with the first that is full.
 */
export function nextInTurn<T extends Pick<Slot, 'wroteAt'> & { connection: Pick<HttpConnection, 'activity'> | null }>(
  slots: readonly T[],
  room: number,
): T[] {
  const doing = (activity: Activity) => slots.filter(({ connection }) => connection?.activity === activity);
  const wanted = Math.max(0, room - doing('receiving').length);
  return doing('blocked')
    .toSorted((a, b) => a.wroteAt - b.wroteAt)
    .slice(0, wanted);
}
