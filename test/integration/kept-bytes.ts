/** What a run that goes on may not ask for again. */
import type { Ranges } from '../../shared/job.ts';

/** Bytes before a gap that it asks for once more and compares. */
const COMPARED = 64 << 10;

/**
 * The longest stretch that is here, without what is compared. A server that holds it back (`held`) shows whether it is
 * asked for again: who does waits for ever. Bytes that were sent show it worse, for a machine that has other things to do
 * leaves megabytes of them in a socket.
 */
export function longestKept(committed: Ranges): readonly [number, number] {
  const [longest] = committed.toSorted(([from, to], [from2, to2]) => to2 - from2 - (to - from));
  if (!longest || longest[1] - longest[0] <= COMPARED) throw new Error('next to nothing was kept');
  return [longest[0], longest[1] - COMPARED];
}
