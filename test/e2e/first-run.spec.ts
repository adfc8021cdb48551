/** The first minute: nothing there yet, no network needed. */
import { expect, test } from './sluice.ts';
import { clickInRow, expectPercent, expectState, group } from './window.ts';

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
