/** The list by keyboard alone. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { EngineDouble } from './engine-double.ts';
import { openWindow, press, row, rowElement, selectedIds } from './harness.tsx';
import { sampleJob, sampleNow } from './samples.ts';

async function openFive(): Promise<EngineDouble> {
  const engine = new EngineDouble({
    jobs: [
      sampleJob({ id: 'a', state: { kind: 'running' }, done: 1_000_000 }),
      sampleJob({ id: 'b', state: { kind: 'paused' }, done: 2_000_000 }),
      sampleJob({ id: 'c' }),
      sampleJob({ id: 'd' }),
      sampleJob({ id: 'e', state: { kind: 'completed', at: sampleNow, proof: 'size' }, done: 100_000_000 }),
    ],
  });
  await openWindow(engine);
  await row('a.bin').click();
  return engine;
}

const focusedRow = () => document.activeElement?.closest<HTMLElement>('[data-job]')?.dataset['job'];

test('arrows, Home and End move the focus and the selection', async () => {
  await openFive();
  expect(focusedRow()).toBe('a');
  await press('{ArrowDown}{ArrowDown}');
  await expect.poll(focusedRow).toBe('c');
  expect(selectedIds()).toEqual(['c']);
  await press('{End}');
  await expect.poll(focusedRow).toBe('e');
  await press('{ArrowDown}');
  await expect.poll(focusedRow).toBe('e');
  await press('{Home}');
  await expect.poll(focusedRow).toBe('a');
});

test('only one row is in the order of the Tab key', async () => {
  await openFive();
  await press('{ArrowDown}');
  await expect.poll(focusedRow).toBe('b');
  expect([...document.querySelectorAll('[data-job][tabindex="0"]')]).toEqual([rowElement('b.bin')]);
  await press('{Tab}');
  await expect.element(row('b.bin').getByRole('button', { name: 'Resume' })).toHaveFocus();
});

test('Space pauses what runs, and lets go on what is paused', async () => {
  const engine = await openFive();
  await press(' ');
  await expect.poll(() => engine.callsOf('jobs.pause')).toEqual([{ ids: ['a'] }]);
  await press('{ArrowDown} ');
  await expect.poll(() => engine.callsOf('jobs.resume')).toEqual([{ ids: ['b'] }]);
});

test('Space on several acts on those that can, and on a finished one on none', async () => {
  const engine = await openFive();
  await press('{Shift>}{ArrowDown}{ArrowDown}{/Shift} ');
  await expect.poll(() => engine.callsOf('jobs.pause')).toEqual([{ ids: ['a', 'c'] }]);
  await press('{End} ');
  await expect.poll(focusedRow).toBe('e');
  expect(engine.callsOf('jobs.pause')).toHaveLength(1);
  expect(engine.callsOf('jobs.resume')).toHaveLength(0);
});

test('Space on a button of the row presses the button, once', async () => {
  const engine = await openFive();
  await press('{Tab} ');
  await expect.poll(() => engine.callsOf('jobs.pause')).toEqual([{ ids: ['a'] }]);
});

test('Delete on a button of the row asks about the row', async () => {
  const engine = await openFive();
  await press('{Tab}{Delete}');
  await page.getByRole('button', { name: 'Remove, keep the file' }).click();
  await expect.poll(() => engine.callsOf('jobs.remove')).toEqual([{ ids: ['a'], deleteFile: false }]);
  expect(engine.callsOf('jobs.pause')).toEqual([]);
});

test('Shift extends the selection, Control+A takes all, Escape lets go', async () => {
  await openFive();
  await press('{ArrowDown}{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
  await expect.poll(selectedIds).toEqual(['b', 'c', 'd']);
  await press('{Shift>}{ArrowUp}{/Shift}');
  await expect.poll(selectedIds).toEqual(['b', 'c']);
  await press('{Control>}a{/Control}');
  await expect.poll(selectedIds).toEqual(['a', 'b', 'c', 'd', 'e']);
  await press('{Escape}');
  await expect.poll(selectedIds).toEqual([]);
});

test('Control moves the focus alone, and Control+Space takes rows in one by one', async () => {
  await openFive();
  await press('{Control>}{ArrowDown}{ArrowDown}{/Control}');
  await expect.poll(focusedRow).toBe('c');
  expect(selectedIds()).toEqual(['a']);
  await press('{Control>} {/Control}');
  await expect.poll(selectedIds).toEqual(['a', 'c']);
});

test('Enter opens and closes the details, Escape closes them', async () => {
  await openFive();
  const details = page.getByRole('complementary', { name: 'Details' });
  await press('{Enter}');
  await expect.element(details.getByRole('heading', { name: 'a.bin' })).toBeVisible();
  await press('{Enter}');
  await expect.element(details).not.toBeInTheDocument();
  await press('{Enter}{Escape}');
  await expect.element(details).not.toBeInTheDocument();
});

test('Delete asks first, and the focus comes back to the list', async () => {
  const engine = await openFive();
  await press('{Delete}');
  const dialog = page.getByRole('dialog');
  await expect.element(dialog.getByText('a.bin', { exact: false })).toBeVisible();
  await press('{Escape}');
  await expect.element(dialog).not.toBeInTheDocument();
  expect(engine.callsOf('jobs.remove')).toEqual([]);
  await expect.poll(focusedRow).toBe('a');

  await press('{Delete}');
  await page.getByRole('button', { name: 'Remove, keep the file' }).click();
  await expect.poll(() => engine.callsOf('jobs.remove')).toEqual([{ ids: ['a'], deleteFile: false }]);
  await expect.poll(focusedRow).toBe('b');
});

test('the focus stays with the list when the row that has it goes away', async () => {
  const engine = await openFive();
  await press('{ArrowDown}');
  await expect.poll(focusedRow).toBe('b');
  engine.change({ removed: ['b'] });
  await expect.poll(focusedRow).toBe('c');
  await press('{ArrowDown}');
  await expect.poll(focusedRow).toBe('d');
});

test('the keys of the window: new, search, commands, settings', async () => {
  await openFive();
  await press('{Control>}n{/Control}');
  await expect.element(page.getByRole('dialog', { name: 'New download' })).toBeVisible();
  await expect.element(page.getByRole('textbox', { name: 'Links' })).toHaveFocus();
  await press('{Escape}');
  await press('{Control>}f{/Control}');
  await expect.element(page.getByRole('textbox', { name: 'Search jobs' })).toHaveFocus();
  await press('{Control>}k{/Control}');
  await expect.element(page.getByRole('dialog', { name: 'Commands' })).toBeVisible();
  await press('settings{Enter}');
  await expect.element(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
});
