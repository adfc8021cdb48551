/** Where the keyboard's focus is when something opens, and when what had it goes away. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { failure } from '../../shared/failure.ts';
import type { JobState } from '../../shared/job.ts';
import { EngineDouble } from './engine-double.ts';
import { button, openWindow, press, row, rowElement } from './harness.tsx';
import { sampleJob } from './samples.ts';

const asking: JobState = {
  kind: 'attention',
  failure: failure('login-needed', { host: 'bank.example.com', status: 401 }),
  choices: ['login'],
};

test('a question takes the focus to its first field, and gives it back', async () => {
  await openWindow(new EngineDouble({ jobs: [sampleJob({ id: 'a', state: asking })] }));
  await button('Log in…').click();
  await expect.element(page.getByRole('textbox', { name: 'User name' })).toHaveFocus();
  await press('{Escape}');
  // The list keeps its focus on the row, whose button it was.
  await expect.poll(() => document.activeElement).toBe(rowElement('a.bin'));
});

test('a dialog that no button opened leaves the focus in the list', async () => {
  await openWindow(new EngineDouble({ jobs: [sampleJob({ id: 'a' }), sampleJob({ id: 'b' })] }));
  await expect.element(row('a.bin')).toBeVisible();
  await press('{Control>}n{/Control}');
  await expect.element(page.getByRole('textbox', { name: 'Links' })).toHaveFocus();
  await press('{Escape}');
  await expect.poll(() => document.activeElement).toBe(rowElement('a.bin'));
});

test('a button that goes with its empty page leaves the focus in the middle of the window', async () => {
  const engine = new EngineDouble({ jobs: [] });
  await openWindow(engine);
  (button('Try it').element() as HTMLElement).focus();
  engine.change({ jobs: [sampleJob({ id: 'a' })] });
  await expect.poll(() => document.activeElement?.closest('main')).not.toBeNull();
  await expect.element(row('a.bin')).toBeVisible();
  await expect.poll(() => document.activeElement === document.body).toBe(false);
});

test('what is wrong is scrolled into sight', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.add = () => ({ ok: false, failure: failure('bad-checksum', { text: 'none' }) });
  await openWindow(engine, { width: 900, height: 420 });
  await button('New download').click();
  await page.getByRole('textbox', { name: 'Links' }).fill('https://example.org/a.bin');
  await button('Advanced').click();
  await page.getByRole('textbox', { name: 'Checksum' }).fill('none');
  page.getByRole('textbox', { name: 'Links' }).element().scrollIntoView();
  await press('{Control>}{Enter}{/Control}');
  const sentence = page.getByText('is not a checksum', { exact: false });
  await expect.element(sentence).toBeVisible();
  await expect
    .poll(() => sentence.element().getBoundingClientRect().bottom)
    .toBeLessThanOrEqual(button('Cancel').element().getBoundingClientRect().top);
});
