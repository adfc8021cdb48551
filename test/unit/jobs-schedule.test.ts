import { cpSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextChange, opensAt, windowAt } from '../../shared/schedule.ts';
import type { TimeWindow } from '../../shared/settings.ts';
import { createWorld, journal, retry, until, type World } from './jobs-world.ts';

// Node reads this whenever a local time is asked for; vitest gives each file a process of its own.
process.env['TZ'] = 'Europe/Berlin';

const every = [0, 1, 2, 3, 4, 5, 6];
const night: TimeWindow = { days: every, from: '22:00', to: '06:30', limit: null };
const office: TimeWindow = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00', limit: 100_000 };
const lunch: TimeWindow = { days: [1], from: '12:00', to: '13:00', limit: 0 };
const allDay: TimeWindow = { days: [3], from: '08:00', to: '08:00', limit: 5 };
const skipped: TimeWindow = { days: [0], from: '02:15', to: '02:45', limit: 7 };

const at = (text: string) => new Date(text);

describe('the window that counts', () => {
  test.each<[string, readonly TimeWindow[], string, TimeWindow | null]>([
    ['none in an empty schedule', [], '2026-01-05T12:00', null],
    ['begins with its first minute', [office], '2026-01-05T09:00', office],
    ['not a moment before', [office], '2026-01-05T08:59:59.999', null],
    ['ends before its last one', [office], '2026-01-05T17:00', null],
    ['only on its days', [office], '2026-01-04T12:00', null],
    ['past midnight: the evening', [night], '2026-01-05T22:00', night],
    ['past midnight: the morning after', [night], '2026-01-06T06:29', night],
    ['past midnight: over', [night], '2026-01-06T06:30', null],
    [
      'the morning belongs to the day on which it began',
      [{ ...night, days: [5] }],
      '2026-01-10T03:00',
      { ...night, days: [5] },
    ],
    ['and not to its own', [{ ...night, days: [5] }], '2026-01-09T03:00', null],
    ['from Saturday into Sunday', [{ ...night, days: [6] }], '2026-01-11T01:00', { ...night, days: [6] }],
    ['from a time to the same time is a whole day', [allDay], '2026-01-08T07:59', allDay],
    ['the first that holds counts', [lunch, office], '2026-01-05T12:30', lunch],
    ['in the order of the list', [office, lunch], '2026-01-05T12:30', office],
    ['an hour that the clocks skip never comes', [skipped], '2026-03-29T03:30', null],
    ['an hour that comes twice holds twice', [skipped], '2026-10-25T02:30+01:00', skipped],
  ])('%s', (_, schedule, time, window) => {
    expect(windowAt(schedule, at(time))).toEqual(window);
  });

  test.each<[string, readonly TimeWindow[], string, string | null]>([
    ['nothing ever changes without windows', [], '2026-01-05T12:00', null],
    ['nor in a window that always holds', [{ ...night, from: '00:00', to: '00:00' }], '2026-01-05T12:00', null],
    ['the begin', [office], '2026-01-05T08:59:30', '2026-01-05T09:00'],
    ['the end', [office], '2026-01-05T09:00', '2026-01-05T17:00'],
    ['over the weekend', [office], '2026-01-09T17:00', '2026-01-12T09:00'],
    ['another window takes over', [lunch, office], '2026-01-05T11:00', '2026-01-05T12:00'],
    ['the night on which an hour is missing', [night], '2026-03-28T22:00', '2026-03-29T06:30'],
    ['the night that has one more', [night], '2026-10-24T22:00', '2026-10-25T06:30'],
    ['a window inside the missing hour: the week after', [skipped], '2026-03-29T00:00', '2026-04-05T02:15'],
    ['the second time of the hour that comes twice', [skipped], '2026-10-25T02:45+02:00', '2026-10-25T02:15+01:00'],
  ])('changes next: %s', (_, schedule, time, then) => {
    expect(nextChange(schedule, at(time))).toEqual(then === null ? null : at(then));
  });

  test('what follows a stop may be another stop', () => {
    const stops: TimeWindow[] = [
      { days: every, from: '08:00', to: '12:00', limit: 0 },
      { days: every, from: '12:00', to: '13:00', limit: 0 },
      { days: every, from: '13:00', to: '14:00', limit: 9 },
    ];
    expect(opensAt(stops, at('2026-01-05T09:00'))).toEqual(at('2026-01-05T13:00'));
    expect(opensAt([{ days: every, from: '00:00', to: '00:00', limit: 0 }], at('2026-01-05T09:00'))).toBeNull();
  });
});

describe('jobs and the schedule', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
  });
  afterEach(() => world.close());

  const MINUTE = 60_000;
  /** A window that begins in so many minutes and lasts so many. */
  function window(begin: number, minutes: number, limit: number | null): TimeWindow {
    const time = (offset: number) => {
      const date = new Date(world.clock.now() + offset * MINUTE);
      return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
    };
    return { days: every, from: time(begin), to: time(begin + minutes), limit };
  }
  const globalLimits = () => world.downloads.limits.filter(([id]) => id === null).map(([, rate]) => rate);
  async function running(): Promise<string> {
    const id = world.add();
    await world.downloads.running(id);
    world.downloads.tell(id, { kind: 'started', journal: journal(`${id}.bin`, 1000) });
    world.downloads.tell(id, { kind: 'committed', journal: journal(`${id}.bin`, 1000, [[0, 400]]) });
    return id;
  }

  test('a window’s limit holds while it does, else the usual one', async () => {
    await world.jobs.setSettings({ limit: 1000, schedule: [window(10, 10, 50), window(20, 10, null)] });
    expect(globalLimits()).toEqual([1000]);
    await world.clock.advance(10 * MINUTE);
    expect(globalLimits().at(-1)).toBe(50);
    await world.jobs.setSettings({ limit: 2000 });
    expect(globalLimits().at(-1)).toBe(50);
    await world.clock.advance(10 * MINUTE);
    expect(globalLimits().at(-1)).toBeNull();
    await world.clock.advance(10 * MINUTE);
    expect(globalLimits()).toEqual([1000, 50, null, 2000]);
  });

  test('a stop: jobs that run wait with their bytes, and go on by themselves', async () => {
    await world.jobs.setSettings({ schedule: [window(5, 30, 0)] });
    const [id, next] = [await running(), world.add({ paused: true })];
    const end = world.clock.now() + 35 * MINUTE;
    await world.clock.advance(5 * MINUTE);
    await until(() => world.state(id) === 'waiting');
    expect(world.jobs.get(id)).toMatchObject({ done: 400, state: { reason: 'schedule', until: end } });
    world.jobs.resume([id, next]);
    await until(() => world.state(next) === 'waiting');
    expect(world.jobs.get(id).state).toMatchObject({ kind: 'waiting', reason: 'schedule', until: end });
    await world.clock.advance(29 * MINUTE);
    expect(world.downloads.runs.size).toBe(0);
    await world.clock.advance(MINUTE);
    expect((await world.downloads.running(id)).resume?.committed).toEqual([[0, 400]]);
    await world.downloads.running(next);
  });

  test('a retry that falls into a stop waits for its end; pause and cancel work meanwhile', async () => {
    const [id, other] = [await running(), await running()];
    world.downloads.end(id, retry('connection-lost'));
    await world.jobs.setSettings({ schedule: [window(0, 30, 0)] });
    await until(() => world.state(other) === 'waiting');
    await world.clock.advance(5000);
    expect(world.jobs.get(id).state).toMatchObject({ kind: 'waiting', reason: 'schedule' });
    world.jobs.pause([id]);
    world.jobs.cancel([other]);
    expect([id, other].map(world.state)).toEqual(['paused', 'cancelled']);
    await world.clock.advance(31 * MINUTE);
    expect(world.downloads.runs.size).toBe(0);
  });

  test('a stop that is taken out of the schedule ends at once', async () => {
    await world.jobs.setSettings({ schedule: [window(0, 30, 0)] });
    const id = world.add();
    await until(() => world.state(id) === 'waiting');
    await world.jobs.setSettings({ schedule: [window(0, 60, 0)] });
    await until(() => world.state(id) === 'waiting');
    expect(world.jobs.get(id).state).toMatchObject({ until: world.clock.now() + 60 * MINUTE });
    await world.jobs.setSettings({ schedule: [] });
    await world.downloads.running(id);
  });

  test.each([
    ['the stop is over: it goes on', () => {}, 'queued'],
    ['cancelled meanwhile: it is', (id: string) => world.jobs.cancel([id]), 'cancelled'],
  ])('a crash before the stopped run has ended, %s', async (_, meanwhile, next) => {
    const id = await running();
    world.downloads.obedient = false;
    await world.jobs.setSettings({ schedule: [window(0, 30, 0)] });
    expect(world.state(id)).toBe('pausing');
    meanwhile(id);
    await Promise.resolve();
    const { downloads, home, jobs } = world;
    try {
      // What a crash now would leave.
      const copy = `${home}-after-crash`;
      cpSync(home, copy, { recursive: true });
      await world.clock.advance(30 * MINUTE);
      world.reopen({ home: copy });
      expect(world.state(id)).toBe(next);
    } finally {
      downloads.obedient = true;
      downloads.end(id, { kind: 'stopped' });
      await jobs.close();
    }
  });

  test('verifying needs no network and is not stopped', async () => {
    const id = await running();
    world.downloads.tell(id, { kind: 'verifying' });
    await world.jobs.setSettings({ schedule: [window(0, 30, 0)] });
    expect(world.state(id)).toBe('verifying');
    expect(world.downloads.runs.get(id)?.stopping).toBe(false);
  });

  test('a clock that is set forward ends a stop soon', async () => {
    await world.jobs.setSettings({ schedule: [window(0, 300, 0)] });
    const id = world.add();
    await until(() => world.state(id) === 'waiting');
    world.clock.jump(301 * MINUTE);
    await world.clock.advance(15_000);
    await world.downloads.running(id);
    expect(world.state(id)).toBe('starting');
  });

  test('a stop at the start of a session holds too', async () => {
    const id = world.add();
    await world.downloads.running(id);
    await world.jobs.setSettings({ schedule: [window(0, 30, 0)] });
    await until(() => world.state(id) === 'waiting');
    await world.jobs.close();
    world.reopen();
    await until(() => world.state(id) === 'waiting');
    expect(world.downloads.started).toEqual([]);
    await world.clock.advance(30 * MINUTE);
    await world.downloads.running(id);
  });

  test('limits by host reach the downloads, live and at each start', async () => {
    await world.jobs.setSettings({ hostLimits: { 'example.com': 4000 } });
    expect(world.downloads.hostLimits).toEqual({ 'example.com': 4000 });
    await world.jobs.close();
    world.reopen();
    expect(world.downloads.hostLimits).toEqual({ 'example.com': 4000 });
  });

  test.each([
    [{ ...night, days: [] }],
    [{ ...night, days: [7] }],
    [{ ...night, from: '24:00' }],
    [{ ...night, to: '6:30' }],
    [{ ...night, limit: -1 }],
    [null],
  ])('a window that is none changes nothing: %j', (bad) => {
    const schedule = [bad] as unknown as TimeWindow[];
    expect(() => world.jobs.setSettings({ schedule })).toThrow('time windows');
    expect(world.jobs.settings().schedule).toEqual([]);
  });
});
