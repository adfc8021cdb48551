/** Everything without a mouse. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './sluice.ts';
import { expectState, row } from './window.ts';

/** Presses Tab until the focus is on what is wanted; a person would not go round forever either. */
async function tabTo(page: Page, isThere: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 40; i += 1) {
    if (await isThere()) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the Tab key does not lead there');
}

test('add, pause, resume, details and delete by the keyboard', async ({ sluice, origin }) => {
  const { page } = sluice;
  origin.set({ size: 50_000_000, totalRate: 2_000_000 });
  await page.keyboard.press('ControlOrMeta+n');
  await expect(page.getByLabel('Links')).toBeFocused();
  await page.keyboard.type(origin.url);
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expectState(page, 'file.bin', 'Downloading');

  const isFocused = () => row(page, 'file.bin').evaluate((element) => element === document.activeElement);
  await tabTo(page, isFocused);
  await page.keyboard.press('Space');
  await expectState(page, 'file.bin', 'Paused');
  await page.keyboard.press('Space');
  await expectState(page, 'file.bin', 'Downloading');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Details' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Details' })).toHaveCount(0);

  await page.keyboard.press('Delete');
  const question = page.getByRole('dialog', { name: 'Remove this download?' });
  await expect(question.getByRole('button', { name: 'Remove, keep the file' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(question).toHaveCount(0);
  await expect(row(page, 'file.bin')).toHaveCount(1);
  await tabTo(page, isFocused);
  await page.keyboard.press('Delete');
  await expect(question).toBeVisible();
  const remove = question.getByRole('button', { name: 'Delete the file too' });
  await tabTo(page, () => remove.evaluate((element) => element === document.activeElement));
  await page.keyboard.press('Enter');
  await expect(row(page, 'file.bin')).toHaveCount(0);
  await expect.poll(() => existsSync(join(sluice.person.downloads, 'file.bin.sluice'))).toBe(false);
});
