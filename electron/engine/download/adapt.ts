/** How many connections a download uses while Sluice adapts. */
export interface Ramp {
  readonly target: number;
  /** The target before it was last raised. */
  readonly before: number;
  /** Best rate seen with fewer connections, bytes per second. */
  readonly best: number;
  /** When the target was last raised, ms. */
  readonly at: number;
  /** True once more connections did not help. */
  readonly settled: boolean;
}

const MOST = 16;
/** Each step has to raise the rate by this much to be followed by another. */
const GAIN = 1.1;
/** A rate is believed this long (ms) after a change: slow start and the meter's window need the time. */
const SETTLE = 1500;
/** A further connection is worth its handshake only while each would have this many bytes to fetch. */
const WORTH = 8 * 1024 * 1024;

/** Doubles the number of connections as long as doubling pays: 1, 2, 4, 8, 16. A step that did not pay is taken back. */
export function nextTarget(
  ramp: Ramp,
  seen: { now: number; rate: number; active: number; remaining: number; limited: boolean },
): Ramp {
  if (ramp.settled || seen.rate === 0) return ramp;
  if (ramp.at === 0) return { ...ramp, at: seen.now };
  if (seen.now - ramp.at < SETTLE || seen.active < ramp.target) return ramp;
  if (seen.limited || ramp.target >= MOST || seen.remaining < 2 * ramp.target * WORTH) return ramp;
  if (ramp.best > 0 && seen.rate < ramp.best * GAIN) return { ...ramp, target: ramp.before, settled: true };
  const target = Math.min(MOST, ramp.target * 2);
  return { target, before: ramp.target, best: seen.rate, at: seen.now, settled: false };
}
