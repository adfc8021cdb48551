/** A share that ends takes its readers with it: revoked by hand, or its time is over. */
import { randomBytes } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, openShareDialog, share, test } from './reading.ts';
import type { Sluice } from './sluice.ts';

/** Half an hour's reading at the limit below: no machine is so slow that it comes to its end. */
const size = 2_000_000_000;

/** Shares a file so slowly that reading it takes long, and lets a program begin with it. */
async function beginReading(sluice: Sluice): Promise<{ link: string; read: Promise<number | string> }> {
  const { page, person } = sluice;
  const path = join(person.downloads, 'large.bin');
  writeFileSync(path, '');
  truncateSync(path, size);
  const dialog = await openShareDialog(page, 'File');
  await dialog.getByLabel('File', { exact: true }).fill(path);
  await dialog.getByLabel('Speed limit').fill('1M');
  const link = await share(page, dialog);
  const read = readAll(link);
  await expect(
    panel(page)
      .getByText(/B sent · /)
      .last(),
  ).toBeVisible();
  return { link, read };
}

const panel = (page: Page) => page.getByRole('complementary', { name: 'Share' });

/** How many bytes came before the answer broke off; “whole” where it did not. */
async function readAll(link: string): Promise<number | string> {
  let count = 0;
  try {
    const { body } = await fetch(link);
    for await (const chunk of body ?? []) count += (chunk as Uint8Array).length;
    return 'whole';
  } catch {
    return count;
  }
}

async function expectBrokenOff(read: Promise<number | string>): Promise<void> {
  const count = await read;
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(size);
}

test('a revoked share ends at once for those who read it, and its link leads nowhere', async ({ sluice, visitor }) => {
  const { page } = sluice;
  const { link, read } = await beginReading(sluice);
  await panel(page).getByRole('button', { name: 'Revoke' }).click();
  await expect(panel(page)).toBeHidden();
  await expectBrokenOff(read);
  // It was the only one: nothing listens any more.
  await expect(visitor.goto(link)).rejects.toThrow('ERR_CONNECTION_REFUSED');
});

test('a share whose time is over ends for those who read it', async ({ sluice, visitor }) => {
  const { page } = sluice;
  const { link, read } = await beginReading(sluice);
  await sluice.changeShare({ expiresAt: Date.now() + 700 });
  await expectBrokenOff(read);
  expect((await visitor.goto(link))?.status()).toBe(410);
  await expect(page.getByRole('list', { name: 'Shares' }).getByText(/^Ended /)).toBeVisible();
});

test('an end that is chosen in the window ends it', async ({ sluice, visitor }) => {
  const { page } = sluice;
  const { link, read } = await beginReading(sluice);
  const ends = panel(page).getByLabel('Ends', { exact: true });
  await expect(ends).toHaveValue('0');
  // The window's clock is an hour behind: what it calls one hour from now is near.
  await page.clock.setFixedTime(Date.now() - 3_600_000 + 1_500);
  await ends.selectOption('One hour from now');
  await expectBrokenOff(read);
  expect((await visitor.goto(link))?.status()).toBe(410);
  await expect(page.getByRole('list', { name: 'Shares' }).getByText(/^Ended /)).toBeVisible();
});

test('a share of one delivery is over when it was delivered, whole', async ({ sluice, visitor }) => {
  const { page, person } = sluice;
  const bytes = randomBytes(500_000);
  writeFileSync(join(person.downloads, 'once.bin'), bytes);
  const dialog = await openShareDialog(page, 'File');
  await dialog.getByLabel('File', { exact: true }).fill(join(person.downloads, 'once.bin'));
  await dialog.getByLabel('Or after').selectOption('One delivery');
  const link = await share(page, dialog);
  // What was sent counts as delivered once its reader has closed, or asked for more.
  const answer = await fetch(link, { headers: { connection: 'close' } });
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  await expect(page.getByRole('list', { name: 'Shares' }).getByText(/^Ended /)).toBeVisible();
  expect((await visitor.goto(link))?.status()).toBe(410);
});
