/** Removing asks about the file; settings are checked where they are typed; the palette does what it says. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { failure } from '../../shared/failure.ts';
import { EngineDouble } from './engine-double.ts';
import { button, openWindow, press, row, selectedIds } from './harness.tsx';
import { busyJobs, metersFor, sampleJob, sampleNow } from './samples.ts';

test('removing a finished one: the file stays, or goes too', async () => {
  const state = { kind: 'completed', at: sampleNow, proof: 'size' } as const;
  const engine = new EngineDouble({ jobs: [sampleJob({ id: 'a', state }), sampleJob({ id: 'b', state })] });
  await openWindow(engine);
  await row('a.bin').click();
  await press('{Delete}');
  await expect
    .element(page.getByText('The file stays on the disk unless you delete it too.', { exact: false }))
    .toBeVisible();
  await expect.element(button('Remove, keep the file')).toHaveFocus();
  await button('Delete the file too').click();
  await expect.poll(() => engine.callsOf('jobs.remove')).toEqual([{ ids: ['a'], deleteFile: true }]);
});

test('a file that cannot be deleted is said in the dialog, which stays', async () => {
  const engine = new EngineDouble({ jobs: [sampleJob({ id: 'a' })] });
  engine.failing.set('jobs.remove', failure('disk-error', { detail: 'the file is in use' }));
  await openWindow(engine);
  await row('a.bin').click();
  await press('{Delete}');
  await button('Delete the file too').click();
  const dialog = page.getByRole('dialog');
  await expect.element(dialog.getByText('The disk refused: the file is in use.', { exact: false })).toBeVisible();
});

test('settings: saved as a whole, with what is wrong at its field', async () => {
  const engine = new EngineDouble({ jobs: [] });
  await openWindow(engine);
  await button('Settings').click();
  await page.getByRole('tab', { name: 'Speed' }).click();
  const limit = page.getByRole('textbox', { name: 'Speed limit over all' });
  await limit.fill('many');
  await expect.element(limit).toHaveAccessibleDescription(/“many” is not a speed/);
  await button('Save').click();
  expect(engine.callsOf('settings.set')).toEqual([]);

  await limit.fill('1.5 MB/s');
  await page.getByRole('tab', { name: 'General' }).click();
  await page.getByRole('combobox', { name: 'Jobs at a time' }).selectOptions('5');
  await page.getByRole('combobox', { name: 'Appearance' }).selectOptions('Dark');
  engine.failing.set('settings.set', failure('folder-not-writable', { folder: '/root' }));
  await page.getByRole('textbox', { name: 'Folder' }).fill('/root');
  await button('Save').click();
  await expect
    .element(page.getByRole('textbox', { name: 'Folder' }))
    .toHaveAccessibleDescription(/Sluice may not write in \/root/);

  engine.failing.clear();
  await page.getByRole('textbox', { name: 'Folder' }).fill('/home/ada/Big');
  await button('Save').click();
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  expect(engine.settings).toMatchObject({ folder: '/home/ada/Big', limit: 1_500_000, maxActive: 5, theme: 'dark' });
});

test('a speed that is wrong brings its tab back', async () => {
  const engine = new EngineDouble({ jobs: [] });
  await openWindow(engine);
  await button('Settings').click();
  await page.getByRole('tab', { name: 'Speed' }).click();
  await page.getByRole('textbox', { name: 'Speed limit over all' }).fill('many');
  await page.getByRole('tab', { name: 'General' }).click();
  await button('Save').click();
  await expect.element(page.getByRole('textbox', { name: 'Speed limit over all' })).toBeVisible();
  expect(engine.callsOf('settings.set')).toEqual([]);
});

test('times of the week and hosts have limits of their own', async () => {
  const engine = new EngineDouble({ jobs: [], settings: { hostLimits: { 'old.example': 1_000_000 } } });
  await openWindow(engine);
  await button('Settings').click();
  await page.getByRole('tab', { name: 'Speed' }).click();
  await button('Add a time').click();
  await button('Friday').click();
  await page.getByRole('textbox', { name: 'Limit' }).first().fill('500K');
  await button('Add a time').click();
  await page.getByRole('combobox', { name: 'Rule' }).nth(1).selectOptions('Nothing runs');
  await button('Add a host').click();
  await page.getByRole('textbox', { name: 'Host' }).nth(1).fill('http://cdn.example.org');
  await page.getByRole('textbox', { name: 'Limit' }).nth(2).fill('2M');
  await expect.element(page.getByText('Write a host name, like cdn.example.org.', { exact: false })).toBeVisible();
  await button('Save').click();
  expect(engine.callsOf('settings.set')).toEqual([]);

  await page.getByRole('textbox', { name: 'Host' }).nth(1).fill('CDN.example.org');
  await button('Save').click();
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  expect(engine.settings).toMatchObject({
    hostLimits: { 'old.example': 1_000_000, 'cdn.example.org': 2_000_000 },
    schedule: [
      { days: [1, 2, 3, 4], from: '09:00', to: '18:00', limit: 500_000 },
      { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00', limit: 0 },
    ],
  });
});

test.each([
  [true, ['Do nothing', 'Quit Sluice', 'Put the computer to sleep', 'Shut the computer down']],
  [false, ['Do nothing', 'Quit Sluice']],
])('what happens when all is done is chosen in the settings; a desktop (%s) can sleep too', async (sleep, words) => {
  const can = { chooseFolder: sleep, openFiles: true, sleep };
  const engine = new EngineDouble({ jobs: [], info: { can } });
  await openWindow(engine);
  await button('Settings').click();
  const choice = page.getByRole('combobox', { name: 'When all is done, once' });
  await expect.element(choice).toBeVisible();
  expect([...choice.element().querySelectorAll('option')].map((option) => option.textContent)).toEqual(words);
  await choice.selectOptions(words.at(-1) ?? '');
  await button('Save').click();
  await expect.poll(() => engine.settings.whenDone).toBe(sleep ? 'shut-down' : 'quit');
});

test('what happens when all is done stands in sight, and is taken back there', async () => {
  const engine = new EngineDouble({ jobs: [], settings: { whenDone: 'quit' } });
  await openWindow(engine);
  await button('Quits when done').click();
  await expect.poll(() => engine.settings.whenDone).toBe('nothing');
  await expect.element(button('Quits when done')).not.toBeInTheDocument();
});

test('the theme follows the settings, whoever changes them', async () => {
  const engine = new EngineDouble({ jobs: [], settings: { theme: 'dark' } });
  await openWindow(engine);
  await expect.poll(() => document.documentElement.dataset['theme']).toBe('dark');
  expect(getComputedStyle(document.documentElement).colorScheme).toBe('dark');
  await press('{Control>}k{/Control}as the system{Enter}');
  await expect.poll(() => document.documentElement.dataset['theme']).toBeUndefined();
});

test('the global limit changes from the footer, live', async () => {
  const engine = new EngineDouble({ jobs: [] });
  await openWindow(engine);
  await button('Speed limit: No limit').click();
  await page.getByRole('menuitemradio', { name: '5 MB/s' }).click();
  await expect.poll(() => engine.callsOf('settings.set')).toEqual([{ limit: 5_000_000 }]);
  await expect.element(button('Speed limit: 5 MB/s')).toBeVisible();
});

test.for([
  [1_000_000, '1 MB/s until 12:00'],
  [null, 'No limit until 12:00'],
  [0, 'Nothing runs until 12:00'],
] as const)('the footer shows the limit of the time window in force: %j', async ([limit, word]) => {
  // From a time to the same time: it holds all day.
  const window = { days: [0, 1, 2, 3, 4, 5, 6], from: '12:00', to: '12:00', limit };
  await openWindow(new EngineDouble({ jobs: [], settings: { limit: 5_000_000, schedule: [window] } }));
  await expect.element(button(`Speed limit: ${word}`)).toBeVisible();
});

test('the palette finds commands and downloads', async () => {
  const jobs = busyJobs();
  const engine = new EngineDouble({ jobs, meters: metersFor(jobs) });
  await openWindow(engine);
  await expect.element(row('ubuntu')).toBeVisible();
  await press('{Control>}k{/Control}');
  await expect.element(page.getByRole('option', { name: 'Pause all' })).toBeVisible();
  await press('pause all{Enter}');
  await expect.poll(() => engine.callsOf('jobs.pause')).toHaveLength(1);

  await press('{Control>}k{/Control}census');
  await expect.element(page.getByRole('option', { name: 'census-2026-households.parquet' })).toBeVisible();
  await press('{Enter}');
  await expect.poll(selectedIds).toEqual(['census']);
  await expect.element(page.getByRole('complementary', { name: 'Details' })).toBeVisible();
});

test('notices of the start stand above the list until they are dismissed', async () => {
  const notices = [failure('store-corrupt', { file: 'sluice.db.corrupt' })];
  await openWindow(new EngineDouble({ jobs: [], info: { notices } }));
  const notice = page.getByText('was set aside as sluice.db.corrupt', { exact: false });
  await expect.element(notice).toBeVisible();
  await button('Dismiss').click();
  await expect.element(notice).not.toBeInTheDocument();
});
