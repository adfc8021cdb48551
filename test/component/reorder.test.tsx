/** The order of the queue, changed by dragging and by keyboard. */
import { expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { placeAfterStep, placeAtGap } from '../../renderer/src/list/reorder-plan.ts';
import { EngineDouble } from './engine-double.ts';
import { openWindow, press, row } from './harness.tsx';
import { sampleJob, sampleNow } from './samples.ts';

const order = ['a', 'b', 'c', 'd'];

test.for([
  ['up', ['c'], -1, { ids: ['c'], before: 'b' }],
  ['up from the top', ['a'], -1, null],
  ['down', ['b'], 1, { ids: ['b'], before: 'd' }],
  ['down to the end', ['c'], 1, { ids: ['c'], before: null }],
  ['down from the end', ['d'], 1, null],
  ['two that were apart come together, in order', ['d', 'b'], -1, { ids: ['b', 'd'], before: 'a' }],
] as const)('one step %s', ([, moving, step, place]) => {
  expect(placeAfterStep(order, moving, step)).toEqual(place);
});

test.for([
  ['first', ['c'], 0, { ids: ['c'], before: 'a' }],
  ['last', ['a'], 4, { ids: ['a'], before: null }],
  ['just above itself', ['b'], 1, null],
  ['just below itself', ['b'], 2, null],
  ['two at once', ['a', 'b'], 3, { ids: ['a', 'b'], before: 'd' }],
  ['nothing', [], 2, null],
] as const)('dropped %s', ([, moving, gap, place]) => {
  expect(placeAtGap(order, moving, gap)).toEqual(place);
});

async function openQueue(): Promise<EngineDouble> {
  const done = sampleJob({ id: 'z', state: { kind: 'completed', at: sampleNow, proof: 'size' } });
  const engine = new EngineDouble({ jobs: [...order.map((id) => sampleJob({ id })), done] });
  await openWindow(engine);
  await expect.element(row('d.bin')).toBeVisible();
  return engine;
}

test('a row is dragged to another place', async () => {
  const engine = await openQueue();
  await userEvent.dragAndDrop(row('d.bin'), row('b.bin'), {
    sourcePosition: { x: 150, y: 26 },
    targetPosition: { x: 150, y: 6 },
  });
  await expect.poll(() => engine.callsOf('jobs.reorder')).toEqual([{ ids: ['d'], before: 'b' }]);
});

test('a finished row has no place in the queue', async () => {
  await openQueue();
  await expect.element(row('z.bin')).toHaveAttribute('draggable', 'false');
});

test('Alt with an arrow moves the selected rows', async () => {
  const engine = await openQueue();
  await row('b.bin').click();
  await row('c.bin').click({ modifiers: ['Shift'] });
  await press('{Alt>}{ArrowUp}{/Alt}');
  await expect.poll(() => engine.callsOf('jobs.reorder')).toEqual([{ ids: ['b', 'c'], before: 'a' }]);
  await press('{Alt>}{ArrowDown}{/Alt}');
  await expect.poll(() => engine.callsOf('jobs.reorder').at(-1)).toEqual({ ids: ['b', 'c'], before: null });
});
