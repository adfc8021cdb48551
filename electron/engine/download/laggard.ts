import type { Slot } from './slot.ts';

/** A response is judged after this long (ms): slow start needs the time. */
const FAIR_TRIAL = 5000;
/** Slow means less than this share of what the others get in the middle. */
const SHARE = 0.1;
/** Replacing costs a handshake: worth it only for a rest that would take this long (seconds). */
const WORTH = 5;

/**
 * The connection to close and replace, if there is one: far slower than its siblings, or silent while they receive.
 * The middle rate needs three at least to mean something.
 */
export function laggard<T extends Pick<Slot, 'rate' | 'since' | 'lease' | 'replaced'>>(
  slots: readonly T[],
  now: number,
): T | null {
  const trusted = slots.filter((slot) => slot.lease && slot.since > 0 && now - slot.since >= FAIR_TRIAL);
  if (trusted.length < 3) return null;
  const rates = trusted.map((slot) => slot.rate).toSorted((a, b) => a - b);
  const middle = rates[Math.floor(rates.length / 2)] ?? 0;
  const slow = trusted.find(({ rate, lease, replaced }) => {
    const left = lease ? (lease.end - lease.at) / Math.max(1, rate) : 0;
    return !replaced && rate < middle * SHARE && left > WORTH;
  });
  return slow ?? null;
}
