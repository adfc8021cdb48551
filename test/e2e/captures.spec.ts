/** A feed that never ends is written down: seen live while it comes, whole in its file when the person says so. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordOf, startFeedServer, type FeedServer } from '../servers/feed-server.ts';
import { expect, test as base } from './sluice.ts';
import { expectState, group, row } from './window.ts';

const test = base.extend<{ feed: FeedServer }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are used from the pattern
  feed: async ({}, use) => {
    const feed = await startFeedServer({ retry: 50 });
    await use(feed);
    await feed.close();
  },
});

test('events are seen as they come, survive a cut line, and stand in the file when the capture is finished', async ({
  sluice,
  feed,
}) => {
  const { page, person } = sluice;
  await group(page, 'Captures', 0).click();
  await page.getByRole('button', { name: 'New capture' }).click();
  const dialog = page.getByRole('dialog', { name: 'New capture' });
  await dialog.getByLabel('Link').fill(`${feed.origin}/events`);
  await dialog.getByLabel('Names begin with').fill('ticker');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expectState(page, 'ticker', 'Capturing');

  const details = page.getByRole('complementary', { name: 'Details' });
  await details.getByRole('tab', { name: 'Records' }).click();
  await expect(details.getByText('Nothing has come yet.')).toBeVisible();
  feed.publish(3);
  const records = details.getByRole('listitem');
  await expect(records).toHaveCount(3);
  await expect(records.first()).toContainText('record 3');

  feed.cut();
  feed.publish(2);
  await expect(records).toHaveCount(5);
  await expect(records.first()).toContainText('record 5');
  expect(feed.asked).toContain('/events 3');

  await details.getByRole('tab', { name: 'Overview' }).click();
  await expect(details.getByText(/disconnected/)).toBeVisible();
  await details.getByRole('button', { name: 'Finish' }).click();
  await expectState(page, 'ticker', 'Done');
  await expect(row(page, 'ticker')).toContainText('5');
  await expect.poll(() => feed.open).toBe(0);
  const [name] = readdirSync(person.downloads).filter((one) => one.endsWith('.ndjson'));
  const lines = readFileSync(join(person.downloads, name ?? ''), 'utf8')
    .trimEnd()
    .split('\n');
  const numbers = lines.map((line) => /record \d+/.exec(line)?.[0]);
  expect(numbers).toEqual([1, 2, 3, 4, 5].map((n) => recordOf(n).text.trim()));
});
