import type { Settings, TimeWindow } from '../../../shared/settings.ts';
import { SluiceError } from '../../../shared/failure.ts';

const within = (value: unknown, low: number, high: number) =>
  Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high;

function isWindow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { days, from, to, limit } = value as Partial<Record<keyof TimeWindow, unknown>>;
  const isTime = (text: unknown) => typeof text === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
  return (
    Array.isArray(days) &&
    days.length > 0 &&
    days.every((day) => within(day, 0, 6)) &&
    isTime(from) &&
    isTime(to) &&
    (limit === null || within(limit, 0, Number.MAX_SAFE_INTEGER))
  );
}

const rules: Readonly<Record<keyof Settings, { readonly holds: (value: unknown) => boolean; readonly says: string }>> =
  {
    folder: { holds: (value) => typeof value === 'string', says: 'The folder has to be a path.' },
    maxActive: { holds: (value) => within(value, 1, 100), says: '1 to 100 jobs run at the same time.' },
    connections: { holds: (value) => value === null || within(value, 1, 16), says: 'A job has 1 to 16 connections.' },
    limit: {
      holds: (value) => value === null || within(value, 1, Number.MAX_SAFE_INTEGER),
      says: 'A speed limit is a number of bytes per second above zero.',
    },
    theme: {
      holds: (value) => value === 'system' || value === 'light' || value === 'dark',
      says: 'The theme is system, light or dark.',
    },
    shareHttps: { holds: (value) => typeof value === 'boolean', says: 'HTTPS for shares is on or off.' },
    notifications: { holds: (value) => typeof value === 'boolean', says: 'Notifications are on or off.' },
    hostLimits: {
      holds: (value) =>
        typeof value === 'object' &&
        value !== null &&
        Object.values(value).every((rate) => within(rate, 1, Number.MAX_SAFE_INTEGER)),
      says: 'A host’s limit is a number of bytes per second above zero.',
    },
    schedule: {
      holds: (value) => Array.isArray(value) && value.length <= 20 && value.every(isWindow),
      says: 'The schedule is a list of up to 20 time windows: days 0 to 6, times like 22:30, a limit or 0 for a stop.',
    },
    whenDone: {
      holds: (value) => value === 'nothing' || value === 'quit' || value === 'sleep' || value === 'shut-down',
      says: 'When all is done Sluice does nothing, quits, sleeps or shuts down.',
    },
  };

/**
 * The part of a patch that is known and defined.
 * @throws bad-input where a value is not what its setting takes
 */
export function checkSettings(patch: Partial<Settings>): Partial<Settings> {
  const known = Object.entries(patch).filter(([key, value]) => Object.hasOwn(rules, key) && value !== undefined);
  for (const [key, value] of known) {
    const { holds, says } = rules[key as keyof Settings];
    if (!holds(value)) throw new SluiceError('bad-input', { detail: says });
  }
  return Object.fromEntries(known);
}
