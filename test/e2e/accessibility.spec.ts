/** axe finds nothing in the main states, light and dark. The console is watched for CSP violations in every test. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './sluice.ts';
import { clickInRow, expectPercent, expectState, openAddDialog, row } from './window.ts';

async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const axe = new AxeBuilder({ page }).setLegacyMode();
    // The theme changes colours and nothing else.
    if (colorScheme === 'dark') axe.withRules('color-contrast');
    const { violations } = await axe.analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    expect(found, `${state}, ${colorScheme}`).toEqual([]);
  }
}

test('the main states are accessible', async ({ sluice, origin }) => {
  const { page } = sluice;
  await expect(page.getByRole('button', { name: 'Try it' })).toBeVisible();
  await expectAccessible(page, 'first run');

  origin.set({ size: 200_000_000, totalRate: 4_000_000 });
  const dialog = await openAddDialog(page);
  await dialog.getByLabel('Links').fill(origin.url);
  await expect(dialog.getByRole('status')).toContainText('200 MB');
  await dialog.getByRole('button', { name: 'Advanced' }).click();
  await expectAccessible(page, 'add dialog');
  await dialog.getByLabel('Links').fill('nonsense\nftp://example.org/a');
  await expectAccessible(page, 'add dialog with bad lines');
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await sluice.add({ url: origin.url }, { url: 'http://127.0.0.1:1/refused.bin' });
  await sluice.add({ url: `${origin.url.replace('file.bin', 'small.bin')}?size=1000` });
  await expectPercent(page, 'file.bin', 2);
  await expectState(page, 'small.bin', 'Done');
  await row(page, 'file.bin').click();
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText('What holds it back');
  await expectAccessible(page, 'running, with details');
  await clickInRow(page, 'file.bin', 'Pause');
  await expectState(page, 'file.bin', 'Paused');
  await expectAccessible(page, 'paused, with details');

  await row(page, 'file.bin').click();
  await page.keyboard.press('Delete');
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page, 'question before removing');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page, 'settings');
});
