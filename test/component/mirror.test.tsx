/** The window is a mirror: it shows what the engine last said, and finds its way back after a gap or a lost line. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { App } from '../../renderer/src/App.tsx';
import { Refused } from '../../renderer/src/transport/index.ts';
import { EngineDouble } from './engine-double.ts';
import { openWindow, row, rowElement, rowNames, saying } from './harness.tsx';
import { metersFor, sampleJob, sampleNow } from './samples.ts';

const running = (id: string, done = 40_000_000) => sampleJob({ id, state: { kind: 'running' }, done });

test('shows the snapshot, then each change', async () => {
  const engine = new EngineDouble({ jobs: [running('one')] });
  await openWindow(engine);
  await expect.element(row('one.bin, Downloading')).toBeVisible();

  engine.change({ jobs: [sampleJob({ id: 'two' })] });
  await expect.element(row('two.bin, Queued')).toBeVisible();
  engine.change({ jobs: [{ ...engine.job('one'), state: { kind: 'paused' } }] });
  await expect.element(row('one.bin, Paused')).toBeVisible();
  engine.change({ removed: ['one'] });
  await expect.poll(rowNames).toEqual(['two']);
});

test('takes a new snapshot when a revision is missing', async () => {
  const engine = new EngineDouble({ jobs: [running('one')] });
  const { dials } = await openWindow(engine);
  await expect.element(row('one.bin')).toBeVisible();
  expect(engine.snapshots).toBe(1);

  engine.changeUnseen(sampleJob({ id: 'unseen' }));
  engine.change({ jobs: [sampleJob({ id: 'after' })] });
  await expect.element(row('unseen.bin')).toBeVisible();
  await expect.element(row('after.bin')).toBeVisible();
  expect(engine.snapshots).toBe(2);
  expect(dials()).toBe(1);
});

test('says that it reconnects, keeps what it knows, and shows what changed meanwhile', async () => {
  const engine = new EngineDouble({ jobs: [running('one')] });
  const { cut, dials } = await openWindow(engine);
  await expect.element(row('one.bin')).toBeVisible();

  cut();
  engine.changeUnseen(sampleJob({ id: 'meanwhile' }));
  await expect.element(saying('The list shows what was true a moment ago.')).toBeVisible();
  await expect.element(row('one.bin')).toBeVisible();
  await expect.element(row('meanwhile.bin')).toBeVisible();
  await expect.element(saying('The list shows what was true a moment ago.')).not.toBeInTheDocument();
  expect(dials()).toBe(2);
});

test('figures of one row redraw that row and no other', async () => {
  const jobs = [running('one'), running('two')];
  const meters = metersFor(jobs);
  const engine = new EngineDouble({ jobs, meters });
  await openWindow(engine);
  await expect.element(row('two.bin')).toBeVisible();

  const touched = new Set<string>();
  const observer = new MutationObserver((records) => {
    for (const { target } of records) {
      const element = target instanceof Element ? target : target.parentElement;
      const id = element?.closest<HTMLElement>('[data-job]')?.dataset['job'];
      if (id) touched.add(id);
    }
  });
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  const [first] = meters;
  if (!first) throw new Error('The samples have no meter');
  engine.change({ meters: [{ ...first, done: 71_000_000, rate: 9_000_000 }] });
  await expect.poll(() => rowElement('one.bin').textContent).toContain('71.0 of 100 MB');
  observer.disconnect();
  expect([...touched]).toEqual(['one']);
});

test('finished jobs stand below the queue, the newest first', async () => {
  const done = (id: string, ago: number) =>
    sampleJob({ id, state: { kind: 'completed', at: sampleNow - ago, proof: 'size' }, done: 100_000_000 });
  const engine = new EngineDouble({
    jobs: [done('older', 9000), running('one'), done('newer', 10), sampleJob({ id: 'next' })],
  });
  await openWindow(engine);
  await expect.poll(rowNames).toEqual(['one', 'next', 'newer', 'older']);
});

test.for(['missing', 'wrong'] as const)('says what to do where the token is %s', async (reason) => {
  const dial = () => Promise.reject(new Refused(reason));
  await render(<App dial={dial} />);
  await expect
    .element(page.getByRole('heading'))
    .toHaveTextContent(reason === 'missing' ? 'This page needs its whole link' : 'This link is no longer valid');
  await expect.element(saying('sluice host')).toBeVisible();
});
