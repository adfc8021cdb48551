/** A film is played and sought through a link of Sluice: from a file, from another server, and while it downloads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { filmLength, play, seekToPicture } from './film.ts';
import { expect, openFilm, openShareDialog, share, test } from './reading.ts';
import { expectState, openPlace, percentOf, row } from './window.ts';

/** Plays from the start, then seeks far ahead and back: each place shows the picture that belongs there. */
async function watch(visitor: Page, link: string): Promise<void> {
  const video = await openFilm(visitor, link);
  expect(await video.evaluate((element: HTMLVideoElement) => element.duration)).toBe(filmLength);
  await play(visitor);
  for (const seconds of [57.2, 31.4, 2.1]) await seekToPicture(visitor, seconds);
}

test('a shared film plays and seeks', async ({ sluice, visitor, film }) => {
  const { page, person } = sluice;
  const path = join(person.downloads, 'holiday.webm');
  writeFileSync(path, film);
  const dialog = await openShareDialog(page, 'File');
  await dialog.getByLabel('File', { exact: true }).fill(path);
  const link = await share(page, dialog);
  const parts: string[] = [];
  visitor.on('response', (answer) => {
    if (answer.status() === 206) parts.push(answer.headers()['content-range'] ?? '');
  });
  await watch(visitor, link);
  expect(parts.length).toBeGreaterThan(1);
  // Who reads is seen.
  const log = page.getByRole('complementary', { name: 'Share' }).getByRole('table');
  await expect(log.getByRole('cell', { name: '206' }).first()).toBeVisible();
  expect(Buffer.from(await (await fetch(link)).arrayBuffer()).equals(film)).toBe(true);
});

test('a film of another server plays and seeks through Sluice, which keeps the way there to itself', async ({
  sluice,
  origin,
  visitor,
  film,
}) => {
  origin.set({ bytes: film, contentType: 'video/webm' });
  const dialog = await openShareDialog(sluice.page, 'Remote link');
  await dialog.getByLabel('Link').fill(origin.url.replace('file.bin', 'holiday.webm?key=secret'));
  const link = await share(sluice.page, dialog);
  expect(link).not.toContain('secret');
  await watch(visitor, link);
  const ranges = origin.requests.flatMap(({ headers }) => headers.range ?? []);
  expect(ranges.some((range) => Number(/\d+/.exec(range)?.[0]) > film.length / 2)).toBe(true);
  expect(Buffer.from(await (await fetch(link)).arrayBuffer()).equals(film)).toBe(true);
});

test('a film plays and seeks while it downloads, and its file is whole at the end', async ({
  sluice,
  origin,
  visitor,
  film,
}) => {
  const { page, person } = sluice;
  const bytesAt = (share: number) => Math.round(film.length * share);
  // A part that no picture here needs does not come before all has been seen.
  const held = [bytesAt(0.7), bytesAt(0.8)] as const;
  origin.set({ bytes: film, contentType: 'video/webm', totalRate: 250_000, held });
  await sluice.add({ url: origin.url.replace('file.bin', 'holiday.webm'), connections: 1 });
  await expectState(page, 'holiday.webm', 'Downloading');
  await row(page, 'holiday.webm').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Share while it downloads…' }).click();
  const link = await share(page, page.getByRole('dialog', { name: 'New share' }));

  await openFilm(visitor, link);
  await seekToPicture(visitor, 51.7);
  await seekToPicture(visitor, 26.3);
  await openPlace(page, 'All');
  await expectState(page, 'holiday.webm', 'Downloading');
  expect(await percentOf(page, 'holiday.webm'), 'what was shown was not all there').toBeLessThanOrEqual(90);

  origin.set({ held: null, totalRate: Infinity });
  await expectState(page, 'holiday.webm', 'Done');
  expect(readFileSync(join(person.downloads, 'holiday.webm')).equals(film)).toBe(true);
  // The link goes on.
  await seekToPicture(visitor, 44.4);
});
