/** The first minute: nothing there yet, no network needed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, share, test } from './reading.ts';
import { clickInRow, expectPercent, expectState, group, openPlace, row } from './window.ts';

test('“Try it” shows a download at work', async ({ sluice }) => {
  const { page } = sluice;
  await expect(page.getByText('Paste a link, or drop one anywhere in this window.')).toBeVisible();
  await page.getByRole('button', { name: 'Try it' }).click();

  await expect.poll(async () => (await sluice.jobs()).length).toBe(1);
  const [job] = await sluice.jobs();
  const name = job?.name ?? '';
  await expectState(page, name, 'Downloading');
  await expectPercent(page, name, 3);
  await expect(group(page, 'Active', 1)).toBeVisible();
  await expect(page.getByRole('group', { name: 'Total speed' })).toContainText(/[\d.]+ MB\/s/);

  await clickInRow(page, name, 'Pause');
  await expectState(page, name, 'Paused');
  await expect(group(page, 'Queued', 1)).toBeVisible();
});

test('“Try it” of shares makes a link to the downloads folder', async ({ sluice, visitor }) => {
  const { page, person } = sluice;
  writeFileSync(join(person.downloads, 'notes.txt'), 'Hello from this computer\n');
  await openPlace(page, 'Shares');
  await page.getByRole('button', { name: 'Try it' }).click();
  const dialog = page.getByRole('dialog', { name: 'New share' });
  await expect(dialog.getByLabel('Folder', { exact: true })).toHaveValue(person.downloads);
  const link = await share(page, dialog);
  await visitor.goto(link);
  await visitor.getByRole('link', { name: 'notes.txt' }).first().click();
  await expect(visitor.frameLocator('iframe').getByText('Hello from this computer')).toBeVisible();
});

test('“Try it” of captures writes a feed down, and shows it live', async ({ sluice }) => {
  const { page } = sluice;
  await group(page, 'Captures', 0).click();
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect.poll(async () => (await sluice.jobs()).length).toBe(1);
  const [job] = await sluice.jobs();
  await expectState(page, job?.name ?? '', 'Capturing');
  await row(page, job?.name ?? '').click();
  await page.keyboard.press('Enter');
  const details = page.getByRole('complementary', { name: 'Details' });
  await details.getByRole('tab', { name: 'Records' }).click();
  await expect(details.getByRole('listitem').first()).toBeVisible();
  await details.getByRole('tab', { name: 'Overview' }).click();
  await details.getByRole('button', { name: 'Finish' }).click();
  await expectState(page, job?.name ?? '', 'Done');
});
