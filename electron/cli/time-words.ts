/** Times and days as people type them. */
import { SluiceError } from '../../shared/failure.ts';

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** “22:30”: hours and minutes of a day; null where it is not a time. */
export function parseClock(text: string): { hours: number; minutes: number } | null {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const clock = { hours: Number(hours), minutes: Number(minutes) };
  return clock.hours <= 23 && clock.minutes <= 59 ? clock : null;
}

/**
 * “22:30” (the next time that this computer's clock says so), “2026-11-23T22:30” (local where no zone is said) or
 * “2026-11-23”; `now` and the result in ms since the epoch. Throws `bad-input` for anything else, and for the past.
 */
export function parseStartAt(text: string, now: number): number {
  const clock = parseClock(text);
  if (clock) {
    const at = new Date(now);
    at.setHours(clock.hours, clock.minutes, 0, 0);
    if (at.getTime() <= now) at.setDate(at.getDate() + 1);
    return at.getTime();
  }
  const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  // ECMAScript takes a date alone for UTC; a person means this place.
  const at = iso ? Date.parse(iso[1] === undefined ? `${text}T00:00` : text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new SluiceError('bad-input', { detail: `“${text}” is not a time: write 22:30 or 2026-11-23T22:30.` });
  }
  if (at <= now) throw new SluiceError('bad-input', { detail: `${text} is over already.` });
  return at;
}

/** “mon-fri”, “sat,sun”, “fri-mon”, “daily”: days of the week, 0 is Sunday, ascending. Throws `bad-input`. */
export function parseDays(text: string): number[] {
  const lower = text.toLowerCase();
  if (lower === 'daily') return [0, 1, 2, 3, 4, 5, 6];
  const days = new Set<number>();
  for (const part of lower.split(',')) {
    const [from = -1, to = from, ...rest] = part.split('-').map((name) => dayNames.findIndex((day) => day === name));
    if (from < 0 || to < 0 || rest.length > 0) {
      throw new SluiceError('bad-input', { detail: `“${text}” are not days: write mon-fri, or sat,sun, or daily.` });
    }
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return [...days].toSorted((a, b) => a - b);
}

/** The same days as `parseDays` reads them, Monday first. */
export function formatDays(days: readonly number[]): string {
  if (days.length === 7) return 'daily';
  const runs: number[][] = [];
  for (const day of days.toSorted((a, b) => ((a + 6) % 7) - ((b + 6) % 7))) {
    const run = runs.at(-1);
    if (run && (run.at(-1)! + 1) % 7 === day) run.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => dayNames[day ?? 0];
  return runs.flatMap((run) => (run.length < 3 ? run.map(name) : [`${name(run[0])}-${name(run.at(-1))}`])).join(',');
}

/** “22:30”, or with the day where it is not within the next day. Local time. */
export function formatWhen(at: number, now: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (at - now < 24 * 3600 * 1000) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}
