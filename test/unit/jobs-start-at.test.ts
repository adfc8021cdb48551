import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorld, journal, until, type World } from './jobs-world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('start later', () => {
  test('a job waits for its time, says so, and starts then by itself', async () => {
    const startAt = world.clock.now() + 2 * HOUR;
    const id = world.add({ startAt });
    await until(() => world.state(id) === 'waiting');
    expect(world.jobs.get(id)).toMatchObject({ startAt, state: { reason: 'start-at', until: startAt } });
    expect(world.jobs.get(id).state).not.toHaveProperty('failure');
    await world.clock.advance(2 * HOUR - 1);
    expect(world.downloads.runs.size).toBe(0);
    await world.clock.advance(1);
    await world.downloads.running(id);
    expect(world.jobs.get(id).startAt).toBeNull();
  });

  test('survives a restart, and a time that passed meanwhile is now', async () => {
    const [soon, later] = [
      world.add({ startAt: world.clock.now() + HOUR }),
      world.add({ startAt: world.clock.now() + DAY }),
    ];
    await until(() => world.state(later) === 'waiting');
    await world.jobs.close();
    world.clock.jump(2 * HOUR);
    world.reopen();
    await world.downloads.running(soon);
    expect(world.jobs.get(later).state).toMatchObject({ kind: 'waiting', reason: 'start-at' });
  });

  test('months ahead is no trouble for timers', async () => {
    const id = world.add({ startAt: world.clock.now() + 90 * DAY });
    await until(() => world.state(id) === 'waiting');
    expect(world.clock.longest).toBeLessThan(2 ** 31);
  });

  test('a clock that is set forward, or a computer that slept, starts it soon after', async () => {
    const id = world.add({ startAt: world.clock.now() + 10 * HOUR });
    await until(() => world.state(id) === 'waiting');
    world.clock.jump(11 * HOUR);
    await world.clock.advance(15_000);
    await world.downloads.running(id);
    expect(world.state(id)).toBe('starting');
  });

  test('a clock that is set back does not start it early', async () => {
    const id = world.add({ startAt: world.clock.now() + HOUR });
    await until(() => world.state(id) === 'waiting');
    world.clock.jump(-HOUR);
    await world.clock.advance(HOUR + 60_000);
    expect(world.state(id)).toBe('waiting');
    await world.clock.advance(HOUR);
    await world.downloads.running(id);
  });

  test('null lets it start now; so does resume', async () => {
    const startAt = world.clock.now() + HOUR;
    const [first, second] = [world.add({ startAt }), world.add({ startAt })];
    await until(() => world.state(second) === 'waiting');
    world.jobs.setStartAt([first], null);
    await world.downloads.running(first);
    world.jobs.resume([second]);
    await world.downloads.running(second);
    expect([first, second].map((id) => world.jobs.get(id).startAt)).toEqual([null, null]);
  });

  test('a job that runs is put off with its bytes', async () => {
    const id = world.add();
    await world.downloads.running(id);
    world.downloads.tell(id, { kind: 'started', journal: journal('a.bin', 10) });
    world.downloads.tell(id, { kind: 'committed', journal: journal('a.bin', 10, [[0, 5]]) });
    world.jobs.setStartAt([id], world.clock.now() + HOUR);
    await until(() => world.state(id) === 'waiting');
    expect(world.jobs.get(id).done).toBe(5);
    await world.clock.advance(HOUR);
    expect((await world.downloads.running(id)).resume?.committed).toEqual([[0, 5]]);
  });

  test('a paused job stays paused, and waits for its time when it is resumed', async () => {
    const id = world.add({ paused: true });
    world.jobs.setStartAt([id], world.clock.now() + HOUR);
    expect(world.state(id)).toBe('paused');
    world.jobs.resume([id]);
    await until(() => world.state(id) === 'waiting');
  });

  test('what has ended cannot be put off, and a time that is none is refused', async () => {
    const id = world.add({ paused: true });
    world.jobs.cancel([id]);
    expect(() => world.jobs.setStartAt([id], null)).toThrow('cannot do this while it is cancelled');
    expect(() => world.jobs.setStartAt([id], Number.NaN)).toThrow('has to be a date');
    expect(() => world.add({ startAt: 1e300 })).toThrow('has to be a date');
  });

  test('the place in the queue is not kept for it', async () => {
    await world.jobs.setSettings({ maxActive: 1 });
    const later = world.add({ startAt: world.clock.now() + HOUR });
    const now = world.add();
    await world.downloads.running(now);
    await world.clock.advance(HOUR);
    expect(world.state(later)).toBe('queued');
  });
});

describe('priority', () => {
  test('higher starts first, then the order of the queue; what runs goes on', async () => {
    await world.jobs.setSettings({ maxActive: 1 });
    const running = world.add();
    await world.downloads.running(running);
    const low = world.add({ priority: 'low' });
    const normal = world.add();
    const high = world.add({ priority: 'high' });
    const other = world.add();
    world.jobs.setPriority([other], 'high');
    expect(world.jobs.list().map((job) => job.id)).toEqual([running, low, normal, high, other]);
    expect(world.downloads.runs.size).toBe(1);
    for (const [ended, next] of [
      [running, high],
      [high, other],
      [other, normal],
      [normal, low],
    ] as const) {
      world.downloads.end(ended, { kind: 'completed', name: 'x', size: 1, proof: 'size' });
      await world.downloads.running(next);
    }
  });

  test('survives a restart, and cannot be given to what has ended', async () => {
    const id = world.add({ paused: true });
    world.jobs.setPriority([id], 'low');
    await world.jobs.close();
    world.reopen();
    expect(world.jobs.get(id).priority).toBe('low');
    world.jobs.cancel([id]);
    expect(() => world.jobs.setPriority([id], 'high')).toThrow('cannot do this');
  });
});
