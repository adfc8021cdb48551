/** The promise of the first issue: a large download that survives whatever a person does to it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './sluice.ts';
import { clickInRow, expectPercent, expectState, openAddDialog, percentOf, row, sha256Of } from './window.ts';

const size = 512 << 20;

test('a large download: paused, resumed, killed three times, whole in the end', async ({ sluice, origin }) => {
  // Four connections at 3 MB/s: slow enough to be watched, and for a kill to fall anywhere.
  origin.set({ size, connectionRate: 3_000_000 });
  const name = 'file.bin';
  const file = join(sluice.person.downloads, name);

  const dialog = await openAddDialog(sluice.page);
  await dialog.getByLabel('Links').fill(origin.url);
  await expect(dialog.getByRole('status').filter({ hasText: name })).toContainText(
    '537 MB · Can be resumed · 127.0.0.1',
  );
  await dialog.getByRole('button', { name: 'Advanced' }).click();
  await dialog.getByLabel('Connections').selectOption('4');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expectState(sluice.page, name, 'Downloading');

  await test.step('segments move', async () => {
    await row(sluice.page, name).click();
    await sluice.page.getByRole('button', { name: 'Details', exact: true }).click();
    const details = sluice.page.getByRole('complementary', { name: 'Details' });
    const map = details.getByRole('img', { name: /is here, in \d+ pieces/ });
    await expect(map).toBeVisible();
    await expect(details).toContainText('Resumable because');
    const before = await percentOf(sluice.page, name);
    await expectPercent(sluice.page, name, before + 2);
    await expect(map).not.toHaveAccessibleName(new RegExp(`^${before} %`));
    expect(origin.connections.peak).toBeGreaterThanOrEqual(4);
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.sluice`)).toBe(true);
  });

  await test.step('pause stops it, resume goes on', async () => {
    await clickInRow(sluice.page, name, 'Pause');
    await expectState(sluice.page, name, 'Paused');
    await expect.poll(() => origin.connections.open).toBe(0);
    const [sent, percent] = [origin.bytesSent, await percentOf(sluice.page, name)];
    expect(percent).toBeGreaterThan(0);
    await clickInRow(sluice.page, name, 'Resume');
    await expectState(sluice.page, name, 'Downloading');
    await expect.poll(() => origin.bytesSent).toBeGreaterThan(sent);
    expect(await percentOf(sluice.page, name)).toBeGreaterThanOrEqual(percent);
  });

  // However long a start takes, there is something to do after it.
  origin.set({ held: [Math.round(size * 0.96), Math.round(size * 0.97)] });
  for (const percent of [25, 50, 75]) {
    await test.step(`kill -9 at ${percent} %`, async () => {
      await expectPercent(sluice.page, name, percent);
      await sluice.killAndRestart();
      await expectState(sluice.page, name, 'Downloading');
      expect(await percentOf(sluice.page, name)).toBeGreaterThanOrEqual(percent - 6);
      expect(existsSync(file)).toBe(false);
    });
  }

  origin.set({ held: null });
  await expectState(sluice.page, name, 'Done');
  expect(await sha256Of(file)).toBe(await origin.sha256());
  expect(existsSync(`${file}.sluice`)).toBe(false);
  expect(origin.bytesSent / size).toBeLessThanOrEqual(1.1);
});
