import type { Slot } from './slot.ts';

/** A response is judged after this long (ms): slow start needs the time. */
const FAIR_TRIAL = 5000;
/** Where there are few connections, the first is judged after this long (ms), and each further one after twice as long. */
const LONG_TRIAL = 10_000;
/** Slow means less than this share of what is usual. */
const SHARE = 0.1;
/** Replacing costs a handshake: worth it only for a rest that would take this long (seconds). */
const WORTH = 5;
/** So many have a middle rate that means something. */
export const ENOUGH = 3;

/**
 * The connection to close and replace, if there is one: far slower than its siblings, or silent while they receive. Where
 * there are too few of them, far slower than one of this download has been.
 * @param best the best rate that one connection has had, bytes per second; 0: not known, or of no use
 * @param replaced how often that has been a reason before: a line may have become slower for good
 */
export function laggard<T extends Pick<Slot, 'rate' | 'since' | 'lease' | 'replaced'>>(
  slots: readonly T[],
  now: number,
  best = 0,
  replaced = 0,
): T | null {
  const after = (trial: number) => slots.filter(({ lease, since }) => lease && since > 0 && now - since >= trial);
  const trusted = after(FAIR_TRIAL);
  const rates = trusted.map((slot) => slot.rate).toSorted((a, b) => a - b);
  const isFew = rates.length < ENOUGH;
  const usual = isFew ? best : (rates[Math.floor(rates.length / 2)] ?? 0);
  const slow = (isFew ? after(LONG_TRIAL * 2 ** replaced) : trusted).find(({ rate, lease, replaced: isGoing }) => {
    const left = lease ? (lease.end - lease.at) / Math.max(1, rate) : 0;
    return !isGoing && rate < usual * SHARE && left > WORTH;
  });
  return slow ?? null;
}
