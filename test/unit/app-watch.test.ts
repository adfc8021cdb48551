import { expect, it } from 'vitest';
import { watchDetail, watchJobs } from '../../electron/app/watch.ts';
import { engineDouble } from './app-engine-double.ts';

const add = (engine: ReturnType<typeof engineDouble>) => engine.add([{ url: 'https://a.test/x' }]);

it('begins with a snapshot and goes on with every change, in order', async () => {
  const engine = engineDouble();
  const events = watchJobs(engine, undefined);
  expect((await events.next()).value).toMatchObject({ type: 'snapshot', revision: 0 });
  add(engine);
  engine.tick();
  expect((await events.next()).value).toMatchObject({ type: 'changes', revision: 1, jobs: [{ name: 'x' }] });
  expect((await events.next()).value).toMatchObject({ type: 'changes', revision: 2, jobs: [] });
  await events.return();
});

it('a reader that lags by more than the bound loses the changes, costs nothing, and gets a fresh snapshot', async () => {
  const engine = engineDouble();
  const events = watchJobs(engine, undefined, 4);
  await events.next();
  for (let n = 0; n < 5; n += 1) engine.tick();
  expect(engine.subscribers).toBe(0);
  for (let n = 0; n < 100; n += 1) add(engine);
  const { value } = await events.next();
  expect(value).toMatchObject({ type: 'snapshot', revision: 1 });
  expect(value?.jobs).toHaveLength(100);
  await events.return();
});

it('a reader within the bound loses nothing', async () => {
  const engine = engineDouble();
  const events = watchJobs(engine, undefined, 4);
  await events.next();
  for (let n = 0; n < 4; n += 1) engine.tick();
  const revisions = [];
  for (let n = 0; n < 4; n += 1) revisions.push((await events.next()).value?.revision);
  expect(revisions).toEqual([1, 2, 3, 4]);
  await events.return();
});

it('the signal ends a watch that waits, and its subscription', async () => {
  const engine = engineDouble();
  const controller = new AbortController();
  const events = watchJobs(engine, controller.signal);
  await events.next();
  const next = events.next();
  controller.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(engine.subscribers).toBe(0);
});

it('a watch that is given up while it has something to read ends its subscription', async () => {
  const engine = engineDouble();
  for await (const event of watchJobs(engine, undefined)) {
    expect(event.type).toBe('snapshot');
    break;
  }
  expect(engine.subscribers).toBe(0);
});

it('detail is sampled anew each time, until the signal', async () => {
  const engine = engineDouble();
  add(engine);
  const { id } = engine.list()[0]!;
  const controller = new AbortController();
  const details = watchDetail(engine, id, controller.signal, 1);
  expect((await details.next()).value).toMatchObject({ id, file: '/downloads/x.sluice' });
  expect((await details.next()).value).toMatchObject({ id });
  const next = details.next();
  controller.abort();
  expect((await next).done).toBe(true);
});

it('ten thousand jobs come in events that stop nothing for long: a snapshot of some, then the others as changes', async () => {
  const engine = engineDouble();
  engine.add(Array.from({ length: 1200 }, (_, n) => ({ url: `https://a.test/${n}` })));
  const events = watchJobs(engine, undefined);
  const parts = [];
  for (let n = 0; n < 3; n += 1) parts.push((await events.next()).value!);
  expect(parts.map(({ type, revision, jobs }) => ({ type, revision, jobs: jobs.length }))).toEqual([
    { type: 'snapshot', revision: 0, jobs: 500 },
    { type: 'changes', revision: 1, jobs: 500 },
    { type: 'changes', revision: 2, jobs: 200 },
  ]);
  expect(new Set(parts.flatMap(({ jobs }) => jobs.map(({ id }) => id))).size).toBe(1200);
  engine.tick();
  expect((await events.next()).value).toMatchObject({ type: 'changes', revision: 3 });
  await events.return();
});
