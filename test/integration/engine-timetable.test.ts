/** When and how fast jobs run, with real bytes: hours with limits of their own, a later start, the queue's order, its end. */
import { expect, test } from 'vitest';
import { startRangeServer } from '../servers/range-server.ts';
import { engineHome } from './engine-home.ts';

/** Not round, so that it is not doubted (faults.md 22). */
const SIZE = (1 << 20) + 77;
const always = { days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '00:00' };
/** Bytes per second with which the file takes a quarter of an hour: where it is done, that did not hold it back. */
const CRAWL = 1000;

test('the hour that it is has a limit of its own, which holds instead of the usual one, live', async () => {
  await using home = await engineHome();
  await using server = await startRangeServer({ size: SIZE });
  await home.engine.setSettings({ limit: CRAWL });
  const first = home.add({ url: server.url, connections: 1 });
  await home.until(first, ({ state }, done) => state.kind === 'running' && done > 0);
  await home.engine.setSettings({ schedule: [{ ...always, limit: null }] });
  await home.reaches(first, 'completed');
  expect(await home.sha256(first)).toBe(await server.sha256());

  await home.engine.setSettings({ limit: null, schedule: [{ ...always, limit: CRAWL }] });
  const second = home.add({ url: server.url, name: 'second.bin', connections: 1 });
  const { done } = await home.until(second, ({ state }, bytes) => state.kind === 'running' && bytes > 0);
  expect(done).toBeLessThan(SIZE);
  // Past midnight, or tomorrow only: now there is no limit.
  const tomorrow = { ...always, days: [(new Date().getDay() + 3) % 7], limit: CRAWL };
  await home.engine.setSettings({ schedule: [tomorrow] });
  await home.reaches(second, 'completed');
  expect(await home.sha256(second)).toBe(await server.sha256());
  expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-', 'bytes=0-']);
});

test('what starts later asks the server nothing before its time', async () => {
  await using home = await engineHome();
  await using server = await startRangeServer({ size: SIZE });
  const startAt = Date.now() + 1500;
  const id = home.add({ url: server.url, startAt });
  const { state } = await home.reaches(id, 'waiting');
  expect(state).toMatchObject({ reason: 'start-at', until: startAt });
  await home.reaches(id, 'completed');
  expect(await home.sha256(id)).toBe(await server.sha256());
  expect(server.requests[0]?.at).toBeGreaterThanOrEqual(startAt);
});

test('the queue runs by priority, then in the order that the person gave it', async () => {
  await using home = await engineHome();
  await using server = await startRangeServer({ size: SIZE, held: [SIZE >> 1, SIZE] });
  await home.engine.setSettings({ maxActive: 1 });
  const link = (name: string) => new URL(`/${name}`, server.url).href;
  const first = home.add({ url: link('first'), connections: 1 });
  await home.reaches(first, 'running');
  const ids = Object.fromEntries(
    (['low', 'normal', 'sooner', 'high'] as const).map((name) => {
      const priority = name === 'sooner' ? 'normal' : name;
      return [name, home.add({ url: link(name), priority, connections: 1 })] as const;
    }),
  );
  home.engine.reorder([ids['sooner']!], ids['normal']!);
  server.set({ held: null });
  for (const id of [first, ...Object.values(ids)]) {
    await home.until(id, ({ state }) => state.kind === 'completed');
    expect(await home.sha256(id)).toBe(await server.sha256());
  }
  expect(server.requests.map(({ url }) => url)).toEqual(['/first', '/high', '/sooner', '/normal', '/low']);
});

test('when the last of the queue is there, the computer is told to sleep: once, and with the files complete', async () => {
  const told: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await using home = await engineHome({
    onAllDone(what) {
      const states = home.engine.list().map(({ state }) => state.kind);
      told.push(`${what}: ${states.join()}`);
      resolve();
    },
  });
  await using server = await startRangeServer({ size: SIZE, held: [SIZE >> 1, SIZE] });
  const ids = ['a.bin', 'b.bin'].map((name) => home.add({ url: server.url, name, connections: 1 }));
  await home.engine.setSettings({ maxActive: 1, whenDone: 'sleep' });
  server.set({ held: null });
  await promise;
  expect(told).toEqual(['sleep: completed,completed']);
  expect(await home.list()).toEqual(['a.bin', 'b.bin']);
  for (const id of ids) expect(await home.sha256(id)).toBe(await server.sha256());
  expect(home.engine.settings().whenDone).toBe('nothing');
  await home.reaches(home.add({ url: server.url, name: 'c.bin' }), 'completed');
  expect(told).toHaveLength(1);
});
