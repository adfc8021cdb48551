import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failure } from '../../shared/failure.ts';
import { createWorld, retry, until, type World } from './jobs-world.ts';

let world: World;
let done: string[];
beforeEach(() => {
  done = [];
  world = createWorld({ onAllDone: (what) => done.push(`${what}, then ${world.jobs.settings().whenDone}`) });
});
afterEach(() => world.close());

const HOUR = 3_600_000;
async function complete(id: string): Promise<void> {
  await world.downloads.running(id);
  world.downloads.end(id, { kind: 'completed', name: id, size: 1, proof: 'size' });
  await quiet();
}
/** Lets everything that is under way come to rest. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await turn();
}

test('tells once, when the last has ended, and falls back to nothing before', async () => {
  const ids = [world.add(), world.add()];
  await world.jobs.setSettings({ whenDone: 'sleep' });
  await complete(ids[0]!);
  expect(done).toEqual([]);
  await world.downloads.running(ids[1]!);
  world.downloads.end(ids[1]!, { kind: 'failed', failure: failure('not-found') });
  await quiet();
  expect(done).toEqual(['sleep, then nothing']);
  await complete(world.add());
  expect(done).toHaveLength(1);
});

test('not while a job waits to try again or for its time', async () => {
  const [first, second] = [world.add(), world.add()];
  const later = world.add({ startAt: world.clock.now() + HOUR });
  await world.jobs.setSettings({ whenDone: 'quit' });
  await complete(first);
  await world.downloads.running(second);
  world.downloads.end(second, retry('connection-lost'));
  await quiet();
  expect(done).toEqual([]);
  await world.clock.advance(1000);
  await complete(second);
  expect(done).toEqual([]);
  world.jobs.cancel([later]);
  await quiet();
  expect(done).toEqual(['quit, then nothing']);
});

test('not before something was completed since it was wished for', async () => {
  await complete(world.add());
  await world.jobs.setSettings({ whenDone: 'shut-down' });
  await quiet();
  const id = world.add();
  await world.downloads.running(id);
  world.downloads.end(id, { kind: 'failed', failure: failure('not-found') });
  await quiet();
  expect(done).toEqual([]);
  await complete(world.add());
  expect(done).toEqual(['shut-down, then nothing']);
});

test('what waits for the person holds nothing up', async () => {
  const paused = world.add({ paused: true });
  const id = world.add();
  await world.jobs.setSettings({ whenDone: 'sleep' });
  await complete(id);
  expect([done, world.state(paused)]).toEqual([['sleep, then nothing'], 'paused']);
});

test('a wish of the session before is forgotten', async () => {
  const id = world.add();
  await world.jobs.setSettings({ whenDone: 'shut-down' });
  await world.downloads.running(id);
  await world.jobs.close();
  world.reopen();
  expect(world.jobs.settings().whenDone).toBe('nothing');
  await complete(id);
  await until(() => world.state(id) === 'completed');
  expect(done).toEqual([]);
});
