/** Time windows of the week, in local time. Pure: what time it is is handed in. */
import type { TimeWindow } from './settings.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
/** Every window begins and ends at least once in so many minutes, a change of the clocks included. */
const HORIZON = 8 * DAY_MINUTES;

/** Minutes since midnight of “22:30”. */
function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

function holds({ days, from, to }: TimeWindow, day: number, minute: number): boolean {
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  if (begin < end) return days.includes(day) && minute >= begin && minute < end;
  // Past midnight: the days are those on which it begins. From a time to the same time is a whole day.
  return (days.includes(day) && minute >= begin) || (days.includes((day + 6) % 7) && minute < end);
}

/** The first window that holds at a time; null where none does. */
export function windowAt(schedule: readonly TimeWindow[], date: Date): TimeWindow | null {
  const minute = date.getHours() * 60 + date.getMinutes();
  return schedule.find((window) => holds(window, date.getDay(), minute)) ?? null;
}

/** The first whole minute after a time at which `differs` holds of the window that counts then. */
function firstMinute(
  schedule: readonly TimeWindow[],
  date: Date,
  differs: (window: TimeWindow | null) => boolean,
): Date | null {
  const next = Math.floor(date.getTime() / MINUTE) + 1;
  // Minute by minute, so that hours which the clocks skip or repeat need no rule of their own.
  for (let minute = next; minute <= next + HORIZON; minute += 1) {
    const then = new Date(minute * MINUTE);
    if (differs(windowAt(schedule, then))) return then;
  }
  return null;
}

/** When another window, or none, counts next; null where that never happens. */
export function nextChange(schedule: readonly TimeWindow[], date: Date): Date | null {
  const now = windowAt(schedule, date);
  return schedule.length === 0 ? null : firstMinute(schedule, date, (window) => window !== now);
}

/** When jobs may run again after a time at which they may not; null where never. */
export function opensAt(schedule: readonly TimeWindow[], date: Date): Date | null {
  return firstMinute(schedule, date, (window) => window?.limit !== 0);
}
