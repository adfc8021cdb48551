/** The list: search, filters, removing, limits, and a page that is loaded again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './sluice.ts';
import { clickInRow, expectPercent, expectState, group, row } from './window.ts';

test('search and filters show what they say', async ({ sluice, origin }) => {
  const { page } = sluice;
  origin.set({ size: 10_000 });
  const link = (name: string) => ({ url: origin.url.replace('file.bin', name) });
  await sluice.add(link('apple.zip'), link('banana.zip'), { ...link('cherry.iso'), paused: true });
  await expectState(page, 'apple.zip', 'Done');
  await expectState(page, 'banana.zip', 'Done');
  await expectState(page, 'cherry.iso', 'Paused');

  const names = page.getByRole('row').filter({ hasText: /\.(zip|iso)/ });
  await page.keyboard.press('ControlOrMeta+f');
  await page.keyboard.type('an');
  await expect(names).toHaveCount(1);
  await expect(row(page, 'banana.zip')).toBeVisible();
  await page.getByLabel('Search jobs').fill('nothing like it');
  await expect(page.getByText('Nothing matches “nothing like it”.')).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'Clear search' }).click();
  await expect(names).toHaveCount(3);

  await group(page, 'Done', 2).click();
  await expect(names).toHaveCount(2);
  await group(page, 'Queued', 1).click();
  await expect(names).toHaveCount(1);
  await expect(row(page, 'cherry.iso')).toBeVisible();
  await group(page, 'Failed', 0).click();
  await expect(page.getByText('Nothing has failed.')).toBeVisible();
});

test('removing keeps the file, or deletes it too, as the person says', async ({ sluice, origin }) => {
  const { page, person } = sluice;
  origin.set({ size: 10_000 });
  for (const [name, button, stays] of [
    ['kept.bin', 'Remove, keep the file', true],
    ['gone.bin', 'Delete the file too', false],
  ] as const) {
    await sluice.add({ url: origin.url.replace('file.bin', name) });
    await expectState(page, name, 'Done');
    await row(page, name).click();
    await page.keyboard.press('Delete');
    const question = page.getByRole('dialog', { name: 'Remove this download?' });
    await expect(question).toContainText(name);
    await question.getByRole('button', { name: button }).click();
    await expect(row(page, name)).toHaveCount(0);
    await expect.poll(() => existsSync(join(person.downloads, name))).toBe(stays);
    // The window takes the row away at once.
    await expect.poll(() => sluice.jobs()).toEqual([]);
  }
});

test('the limit over all downloads is changed while they run', async ({ sluice, origin }) => {
  const { page } = sluice;
  origin.set({ size: 2 ** 30, totalRate: 10_000_000 });
  await sluice.add({ url: origin.url });
  await expectPercent(page, 'file.bin', 1);

  const choose = async (limit: string) => {
    await page.getByRole('button', { name: /^Speed limit/ }).click();
    await page.getByRole('menuitemradio', { name: limit, exact: true }).click();
  };
  /** Bytes per second that the origin sends over a second and a half. */
  const rate = async () => {
    const [before, began] = [origin.bytesSent, performance.now()];
    await page.waitForTimeout(1500);
    return ((origin.bytesSent - before) / (performance.now() - began)) * 1000;
  };
  await choose('1 MB/s');
  await expect(page.getByRole('button', { name: 'Speed limit: 1 MB/s' })).toBeVisible();
  await expect.poll(rate).toBeLessThan(1_200_000);
  await choose('No limit');
  await expect.poll(rate).toBeGreaterThan(3_000_000);
});

test('a page that is loaded again shows the same at once', async ({ sluice, origin }) => {
  const { page } = sluice;
  origin.set({ size: 500_000_000, totalRate: 5_000_000 });
  await sluice.add({ url: origin.url }, { url: origin.url.replace('file.bin', 'later.bin'), paused: true });
  await expectPercent(page, 'file.bin', 1);
  await page.reload();
  await expectState(page, 'file.bin', 'Downloading');
  await expectState(page, 'later.bin', 'Paused');
  await expectPercent(page, 'file.bin', 2);
  await clickInRow(page, 'file.bin', 'Pause');
  await expectState(page, 'file.bin', 'Paused');
});
