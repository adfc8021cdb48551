/** `limit`, `schedule` and `settings`: what holds for all jobs, changed while they run. */
import { resolve } from 'node:path';
import { themes, whenDoneChoices, type Settings, type TimeWindow } from '../../shared/settings.ts';
import { SluiceError } from '../../shared/failure.ts';
import { formatLimit, parseRate } from '../../shared/format.ts';
import type { Client } from '../app/index.ts';
import { bad } from './bad-input.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { resolveId } from './job-ids.ts';
import { withSession } from './session.ts';
import { formatDays, parseClock, parseDays } from './time-words.ts';

export interface LimitFlags {
  readonly host?: string;
}

/** `sluice limit`: for the jobs named, for one host, or for all jobs together. */
export async function limit(
  rateText: string,
  typed: readonly string[],
  { host }: LimitFlags,
  context: Context,
): Promise<number> {
  const rate = toRate(rateText);
  if (host !== undefined && typed.length > 0) bad('--host and ids do not go together.');
  return withSession(context, async ({ client }) => {
    const { output } = context;
    const ids = typed.length > 0 ? await wholeIds(client, typed) : [];
    if (host !== undefined) await limitHost(client, host, rate);
    else if (ids.length === 0) await client.settings.set({ limit: rate });
    else for (const id of ids) await client.jobs.setLimit({ id, limit: rate });
    const what = host ?? (ids.length > 0 ? ids.join(', ') : 'all jobs');
    output.event({ event: 'limit', limit: rate, host: host ?? null, ids });
    output.note(rate === null ? `No limit on ${what}.` : `At most ${formatLimit(rate)} on ${what}.`);
    return exitCodes.ok;
  });
}

async function limitHost(client: Client, host: string, rate: number | null): Promise<void> {
  const name = host.toLowerCase();
  const { [name]: _, ...others } = (await client.settings.get()).hostLimits;
  await client.settings.set({ hostLimits: rate === null ? others : { ...others, [name]: rate } });
}

async function wholeIds(client: Client, typed: readonly string[]): Promise<string[]> {
  const all = (await client.jobs.list()).map((job) => job.id);
  return [...new Set(typed.map((id) => resolveId(id, all)))];
}

export const scheduleActions = ['show', 'add', 'clear'] as const;
export interface ScheduleFlags {
  readonly days?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
}

/** `sluice schedule`: the times of the week that have a rule of their own. */
export async function schedule(
  action: (typeof scheduleActions)[number],
  flags: ScheduleFlags,
  context: Context,
): Promise<number> {
  const given = [flags.days, flags.from, flags.to, flags.limit].some((flag) => flag !== undefined);
  if (action !== 'add' && given) bad('--days, --from, --to and --limit belong to “schedule add”.');
  const added = action === 'add' ? [toWindow(flags)] : [];
  return withSession(context, async ({ client }) => {
    const { output } = context;
    let windows = (await client.settings.get()).schedule;
    if (action === 'add') windows = (await client.settings.set({ schedule: [...windows, ...added] })).schedule;
    if (action === 'clear') windows = (await client.settings.set({ schedule: [] })).schedule;
    for (const window of windows) output.event({ event: 'window', ...window });
    for (const window of windows) output.result(describe(window));
    if (windows.length === 0) output.note('There is no schedule: jobs run at any time.');
    return exitCodes.ok;
  });
}

function toWindow({ days, from, to, limit: rate }: ScheduleFlags): TimeWindow {
  if (from === undefined || to === undefined || rate === undefined) bad('add needs --from, --to and --limit.');
  return {
    days: parseDays(days ?? 'daily'),
    from: toClock(from),
    to: toClock(to),
    limit: rate === 'pause' ? 0 : toRate(rate),
  };
}

function toClock(text: string): string {
  const clock = parseClock(text);
  if (!clock) bad(`“${text}” is not a time of the day: write it like 22:30.`);
  return `${String(clock.hours).padStart(2, '0')}:${String(clock.minutes).padStart(2, '0')}`;
}

function describe({ days, from, to, limit: rate }: TimeWindow): string {
  const rule = rate === 0 ? 'nothing runs' : rate === null ? 'no limit' : `at most ${formatLimit(rate)}`;
  return `${formatDays(days).padEnd(11)}  ${from} to ${to}  ${rule}`;
}

const onOff = ['on', 'off'] as const;

/** What `settings set` takes: how each value is read. The others have commands of their own. */
const readers: { readonly [K in keyof Settings]?: (text: string, cwd: string) => Settings[K] } = {
  folder: (text, cwd) => resolve(cwd, text),
  maxActive: (text) => whole(text, 100),
  connections: (text) => (text === 'auto' ? null : whole(text, 16)),
  limit: toRate,
  theme: (text) => oneOf(themes, text),
  notifications: (text) => oneOf(onOff, text) === 'on',
  shareHttps: (text) => oneOf(onOff, text) === 'on',
  whenDone: (text) => oneOf(whenDoneChoices, text),
};

export const settingsActions = ['show', 'set'] as const;

/** `sluice settings`: shows them, or sets some and shows them. */
export async function settings(
  action: (typeof settingsActions)[number],
  pairs: readonly string[],
  context: Context,
): Promise<number> {
  if (action === 'set' && pairs.length === 0) bad('Say what to set: KEY=VALUE.');
  if (action === 'show' && pairs.length > 0) bad('To set something, write: sluice settings set KEY=VALUE.');
  const patch = toPatch(pairs, context.cwd);
  return withSession(context, async ({ client, own }) => {
    if (own && (patch.whenDone ?? 'nothing') !== 'nothing') {
      throw new SluiceError('not-here', { what: 'Waiting for the last job', next: 'Start the app or a host first.' });
    }
    const now = action === 'set' ? await client.settings.set(patch) : await client.settings.get();
    context.output.event({ event: 'settings', ...now });
    for (const line of lines(now)) context.output.result(line);
    return exitCodes.ok;
  });
}

function toPatch(pairs: readonly string[], cwd: string): Partial<Settings> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0));
    const reader = new Map(Object.entries(readers)).get(key);
    if (!reader) bad(`“${pair}” is not a setting: there is ${Object.keys(readers).join(', ')}, each with =VALUE.`);
    return [key, reader(pair.slice(at + 1), cwd)];
  });
  return Object.fromEntries(entries) as Partial<Settings>;
}

/** `key=value`, as `set` reads them; what has its own command is told by it. */
function lines(now: Settings): string[] {
  const hosts = Object.entries(now.hostLimits).map(([host, rate]) => `limit of ${host}: ${formatLimit(rate)}`);
  return [
    `folder=${now.folder}`,
    `maxActive=${now.maxActive}`,
    `connections=${now.connections ?? 'auto'}`,
    `limit=${now.limit ?? 'none'}`,
    `theme=${now.theme}`,
    `notifications=${now.notifications ? 'on' : 'off'}`,
    `shareHttps=${now.shareHttps ? 'on' : 'off'}`,
    `whenDone=${now.whenDone}`,
    ...hosts,
    ...now.schedule.map((window) => `schedule: ${describe(window)}`),
  ];
}

/** Bytes per second; null for “none”. */
function toRate(text: string): number | null {
  if (text === 'none') return null;
  const rate = parseRate(text);
  if (rate === null) throw new SluiceError('bad-rate', { text });
  return rate;
}

function whole(text: string, most: number): number {
  const n = Number(text);
  if (/^\d{1,3}$/.test(text) && n >= 1 && n <= most) return n;
  return bad(`“${text}” is not a number from 1 to ${most}.`);
}

function oneOf<T extends string>(words: readonly T[], text: string): T {
  return words.find((word) => word === text) ?? bad(`“${text}” is not one of: ${words.join(', ')}.`);
}
