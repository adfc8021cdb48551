/** Links that are more than a file: behind a password, a query with parameters, a feed while it comes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeTests } from '@playwright/test';
import { startFeedServer } from '../servers/feed-server.ts';
import { openDatabase, test as databaseTest } from './database.ts';
import { expect, openShareDialog, share, test as readingTest } from './reading.ts';
import { expectState, group } from './window.ts';

const test = mergeTests(databaseTest, readingTest);

test('a password is asked for by a page, and its reader gets in by typing it', async ({ sluice, visitor }) => {
  const { page, person } = sluice;
  writeFileSync(join(person.downloads, 'minutes.txt'), 'what was said');
  const dialog = await openShareDialog(page, 'File');
  await dialog.getByLabel('File', { exact: true }).fill(join(person.downloads, 'minutes.txt'));
  await dialog.getByLabel('Password').fill('quiet please');
  await visitor.goto(await share(page, dialog));
  await visitor.getByLabel('Password').fill('loud');
  await visitor.keyboard.press('Enter');
  await expect(visitor.getByRole('alert')).toHaveText('That is not the password.');
  await visitor.getByLabel('Password').fill('quiet please');
  await visitor.keyboard.press('Enter');
  await expect(visitor.getByText('what was said')).toBeVisible();
  // Another reader is asked again; and a new password is asked of this one too.
  await page.getByRole('complementary', { name: 'Share' }).getByLabel('Password').fill('new word');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(async () => {
    await visitor.reload();
    await expect(visitor.getByLabel('Password')).toBeVisible({ timeout: 1000 });
  }).toPass();
});

test('a query is a link whose parameters have names, types and defaults', async ({ sluice, visitor, postgres }) => {
  const { page } = sluice;
  await openDatabase(page, postgres);
  const dialog = await openShareDialog(page, 'Query');
  await dialog.getByLabel('Connection').selectOption({ index: 1 });
  await dialog
    .getByLabel('SQL')
    .fill("SELECT id, customer, '$9' AS price FROM orders WHERE id > $1 AND customer = $2 ORDER BY id");
  await expect(dialog.getByRole('rowheader', { name: '$1 bigint' })).toBeVisible();
  await dialog.getByLabel('Name of $1').fill('after');
  await dialog.getByLabel('$2 if it is left out').fill('3');
  const link = await share(page, dialog);

  const [download] = await Promise.all([
    visitor.waitForEvent('download'),
    // What is downloaded is no page.
    visitor.goto(`${link}?after=990`).catch(() => undefined),
  ]);
  const rows = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\n');
  expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual([
    { id: 994, customer: 3, price: '$9' },
    { id: 998, customer: 3, price: '$9' },
  ]);
  const answer = await visitor.goto(link);
  expect(answer?.status()).toBe(400);
  await expect(visitor.getByText('Add ?after=… to the link.')).toBeVisible();
});

test('a capture is read live, while it is written down', async ({ sluice, visitor }) => {
  const { page } = sluice;
  const feed = await startFeedServer({ retry: 50 });
  try {
    await group(page, 'Captures', 0).click();
    await page.getByRole('button', { name: 'New capture' }).click();
    const capture = page.getByRole('dialog', { name: 'New capture' });
    await capture.getByLabel('Link').fill(`${feed.origin}/events`);
    await capture.getByLabel('Names begin with').fill('ticker');
    await capture.getByRole('button', { name: 'Start' }).click();
    await expectState(page, 'ticker', 'Capturing');
    const dialog = await openShareDialog(page, 'Capture');
    await dialog.getByLabel('Capture').selectOption({ index: 1 });
    const link = await share(page, dialog);
    await visitor.goto(link.replace(/\.\w+$/, '.sse'), { waitUntil: 'commit' });
    await expect.poll(() => feed.open).toBe(1);
    feed.publish(3);
    await expect(visitor.getByText('record 3')).toBeVisible();
    feed.publish(2);
    await expect(visitor.getByText('record 5')).toBeVisible();
  } finally {
    await feed.close();
  }
});
