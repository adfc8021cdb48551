import { cpuTime } from './cpu-time.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import { failure } from '../../shared/failure.ts';
import { createWorld, journal, meter, until, type World } from './jobs-world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

function watch(): { events: JobsEvent[]; last: () => JobsEvent; end: () => void } {
  const events: JobsEvent[] = [];
  const end = world.jobs.subscribe((event) => events.push(event));
  return { events, last: () => events.at(-1)!, end };
}

async function running(): Promise<string> {
  const id = world.add();
  await world.downloads.running(id);
  world.downloads.tell(id, { kind: 'started', journal: journal(`${id}.bin`, 1e6) });
  return id;
}

describe('subscribe', () => {
  test('gives the snapshot before it returns', () => {
    const id = world.add({ paused: true });
    const { events } = watch();
    expect(events).toMatchObject([
      { type: 'snapshot', jobs: [{ id }], meters: [], totals: { rate: 0, active: 0 }, settings: { maxActive: 3 } },
    ]);
  });

  test('then changes, whole jobs, with a revision that grows by one each', async () => {
    const { events } = watch();
    const from = events[0]!.revision;
    const id = world.add({ paused: true });
    await world.clock.advance(250);
    world.jobs.setLimit(id, 7);
    await world.clock.advance(250);
    await world.jobs.setSettings({ theme: 'dark' });
    await world.clock.advance(250);
    await world.jobs.remove([id], false);
    await world.clock.advance(250);
    expect(events.slice(1)).toMatchObject([
      { type: 'changes', revision: from + 1, jobs: [{ id, limit: null }], removed: [] },
      { revision: from + 2, jobs: [{ id, limit: 7 }] },
      { revision: from + 3, jobs: [], settings: { theme: 'dark' } },
      { revision: from + 4, jobs: [], removed: [id] },
    ]);
    expect(events[2]).not.toHaveProperty('settings');
  });

  test('tells a change within a twentieth of a second, with all others of that time', async () => {
    const { events } = watch();
    await world.clock.advance(1000);
    const before = events.length;
    world.add({ paused: true });
    await world.clock.advance(0);
    for (let i = 0; i < 50; i += 1) world.add({ paused: true });
    await world.clock.advance(49);
    expect(events.length).toBe(before + 1);
    await world.clock.advance(1);
    expect(events.length).toBe(before + 2);
    expect(events.at(-1)!.jobs).toHaveLength(50);
  });

  test('sends meters that moved, and only those', async () => {
    const [a, b] = [await running(), await running()];
    const { last } = watch();
    world.downloads.figures = [meter(a, 10, 100), meter(b, 20, 200)];
    await world.clock.advance(250);
    expect(last()).toMatchObject({ meters: [{ id: a }, { id: b }], totals: { rate: 300, active: 2 } });
    world.downloads.figures = [meter(a, 10, 100), meter(b, 30, 250)];
    await world.clock.advance(250);
    expect(last()).toMatchObject({ meters: [{ id: b, done: 30 }], totals: { rate: 350 } });
  });

  test('tells figures alone four times a second, and a change meanwhile at once', async () => {
    const id = await running();
    const { events } = watch();
    await world.clock.advance(1000);
    const before = events.length;
    for (let at = 10; at <= 1000; at += 10) {
      world.downloads.figures = [meter(id, at)];
      await world.clock.advance(10);
    }
    expect(events.length).toBe(before + 4);
    await world.clock.advance(100);
    world.jobs.setLimit(id, 7);
    await world.clock.advance(0);
    expect(events.slice(before + 4)).toMatchObject([{ jobs: [{ id, limit: 7 }] }]);
  });

  test('says nothing while nothing moves, and figures of a run that ended are not shown', async () => {
    const id = await running();
    world.downloads.figures = [meter(id, 10)];
    const { events, last } = watch();
    await world.clock.advance(1000);
    const before = events.length;
    await world.clock.advance(60_000);
    expect(events.length).toBe(before);
    world.downloads.end(id, { kind: 'failed', failure: failure('not-found') });
    await world.clock.advance(250);
    expect(last()).toMatchObject({
      jobs: [{ id, state: { kind: 'failed' } }],
      meters: [],
      totals: { rate: 0, active: 0 },
    });
  });

  test('ends when told to', async () => {
    const { events, end } = watch();
    await world.clock.advance(250);
    const before = events.length;
    end();
    world.add({ paused: true });
    await world.clock.advance(1000);
    expect(events.length).toBe(before);
  });

  test('no timer runs while nobody looks and nothing happens', async () => {
    const { end } = watch();
    world.add({ paused: true });
    await world.clock.advance(5000);
    expect(world.clock.pending).toBe(0);
    end();
    await world.clock.advance(5000);
    expect(world.clock.pending).toBe(0);
  });
});

test('a running job has a rate for each of the last 120 seconds', async () => {
  const id = await running();
  let done = 0;
  for (let i = 0; i < 4 * 150; i += 1) {
    done += 250;
    world.downloads.figures = [meter(id, done)];
    await world.clock.advance(250);
  }
  const { rates } = world.jobs.detail(id);
  expect(rates).toHaveLength(120);
  expect(Math.min(...rates)).toBeCloseTo(1000, 0);
  expect(Math.max(...rates)).toBeCloseTo(1000, 0);
});

const TICKS = 100;

test('a tick with 50 active jobs among 10,000 costs less than a millisecond', async () => {
  await world.jobs.setSettings({ maxActive: 50 });
  const active = world.jobs.add(Array.from({ length: 50 }, (_, i) => ({ url: `https://example.com/${i}` })));
  world.jobs.add(Array.from({ length: 9950 }, (_, i) => ({ url: `https://example.com/p${i}`, paused: true })));
  const ids = active.flatMap((result) => (result.ok ? [result.id] : []));
  await until(() => world.downloads.runs.size === 50);
  watch();
  await world.clock.advance(250);
  const figures = Array.from({ length: TICKS }, (_, i) =>
    ids.map((id) => ({
      ...meter(id, i * 1000, i),
      ranges: Array.from({ length: 64 }, (_, r) => [r * 100, r * 100 + i + 1] as [number, number]),
    })),
  );
  const start = cpuTime();
  for (const now of figures) {
    world.downloads.figures = now;
    await world.clock.advance(250);
  }
  // All together: one alone is less than the system's clock can tell.
  const cost = (cpuTime() - start) / TICKS;
  expect(cost).toBeLessThan(1);
});
