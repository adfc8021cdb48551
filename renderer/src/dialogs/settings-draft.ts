import type { Settings, TimeWindow } from '../../../shared/settings.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { formatLimit, parseRate } from '../../../shared/format.ts';
import { limitProblem } from '../add/options.ts';

/** A limit of one host, as typed. `key` tells rows apart while they are edited. */
export interface HostRow {
  readonly key: number;
  readonly host: string;
  readonly limit: string;
}

/** A time of the week, as typed. The rule is a limit, none, or that nothing runs. */
export interface WindowRow extends Pick<TimeWindow, 'days' | 'from' | 'to'> {
  readonly key: number;
  readonly rule: 'limit' | 'no-limit' | 'nothing-runs';
  readonly limit: string;
}

/** The settings while they are edited: what is typed stays as it is typed. */
export interface Draft extends Omit<Settings, 'limit' | 'hostLimits' | 'schedule'> {
  readonly limit: string;
  readonly hosts: readonly HostRow[];
  readonly windows: readonly WindowRow[];
}

let keys = 0;
const newKey = () => (keys += 1);

export const newHost = (): HostRow => ({ key: newKey(), host: '', limit: '' });
export const newWindow = (): WindowRow => ({
  key: newKey(),
  days: [1, 2, 3, 4, 5],
  from: '09:00',
  to: '18:00',
  rule: 'limit',
  limit: '1 MB/s',
});

export function draftOf({ limit, hostLimits, schedule, ...rest }: Settings): Draft {
  return {
    ...rest,
    limit: limit === null ? '' : formatLimit(limit),
    hosts: Object.entries(hostLimits).map(([host, limit]) => ({ key: newKey(), host, limit: formatLimit(limit) })),
    windows: schedule.map(({ days, from, to, limit }) => ({
      key: newKey(),
      days,
      from,
      to,
      rule: limit === null ? 'no-limit' : limit === 0 ? 'nothing-runs' : 'limit',
      limit: limit ? formatLimit(limit) : '',
    })),
  };
}

/** What is wrong with a row’s limit: a rule of a limit needs one. */
export function rowProblem(limit: string): Failure | null {
  return limit.trim() ? limitProblem(limit) : failure('bad-rate', { text: '' });
}

export function windowProblem({ days, rule, limit, from, to }: WindowRow): Failure | null {
  if (days.length === 0) return failure('bad-input', { detail: 'Choose at least one day.' });
  if (!from || !to || from === to)
    return failure('bad-input', { detail: 'It has to begin and end at different times.' });
  return rule === 'limit' ? rowProblem(limit) : null;
}

export function hostProblem({ host, limit }: HostRow): Failure | null {
  if (!/^[^\s/:]+$/.test(host.trim()))
    return failure('bad-input', { detail: 'Write a host name, like cdn.example.org.' });
  return rowProblem(limit);
}

/** The settings that a draft means; null where something in it is wrong. */
export function settingsOf({ limit, hosts, windows, ...rest }: Draft): Settings | null {
  if (limitProblem(limit) || hosts.some(hostProblem) || windows.some(windowProblem)) return null;
  return {
    ...rest,
    folder: rest.folder.trim(),
    limit: parseRate(limit),
    hostLimits: Object.fromEntries(hosts.map((row) => [row.host.trim().toLowerCase(), parseRate(row.limit) ?? 1])),
    schedule: windows.map(({ days, from, to, rule, limit }) => ({
      days,
      from,
      to,
      limit: rule === 'no-limit' ? null : rule === 'nothing-runs' ? 0 : parseRate(limit),
    })),
  };
}
