/**
 * `node --import clock-offset.ts`: a process whose wall clock is wrong by SLUICE_CLOCK_OFFSET ms, threads included, and
 * jumps when `jumpClock` is called (in the thread that calls it). Timers and `performance.now()` stay as they are, as
 * they do when a person or NTP sets the clock.
 */
const TrueDate = Date;
let offset = Number(process.env['SLUICE_CLOCK_OFFSET'] ?? 0);

class OffsetDate extends TrueDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(TrueDate.now() + offset);
    else super(...(given as [number]));
  }

  static override now(): number {
    return TrueDate.now() + offset;
  }
}
globalThis.Date = OffsetDate as DateConstructor;

/** Puts the clock forward, or back, by so many ms. */
export function jumpClock(by: number): void {
  offset += by;
}
