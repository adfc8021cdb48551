/** What a person does in the window, found by roles and names as they are read out. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { expect, type Locator, type Page } from '@playwright/test';

/** The row of a download by its file name, in whatever state. */
export function row(page: Page, name: string): Locator {
  return page.getByRole('row', { name: `${name}, ` });
}

/** Waits until the row says this word of its state: Downloading, Paused, Done… */
export async function expectState(page: Page, name: string, word: string | RegExp): Promise<void> {
  const pattern = typeof word === 'string' ? new RegExp(`, ${word}$`) : word;
  await expect(row(page, name)).toHaveAccessibleName(pattern);
}

/** Clicks a button of a row; they show when the pointer is there. */
export async function clickInRow(page: Page, name: string, button: string): Promise<void> {
  await row(page, name).hover();
  await row(page, name).getByRole('button', { name: button, exact: true }).click();
}

/** A group of the sidebar; its name ends in its count, where that is not nought. */
export function group(
  page: Page,
  word: 'All' | 'Active' | 'Queued' | 'Done' | 'Failed' | 'Captures',
  count: number,
): Locator {
  return page
    .getByRole('navigation', { name: 'Places' })
    .getByRole('button', { name: new RegExp(count === 0 ? `^${word}( 0)?$` : `^${word} ${count}$`) });
}

/** Goes to a place of the sidebar, whatever it counts. */
export async function openPlace(page: Page, word: 'All' | 'Connections' | 'Shares'): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Places' })
    .getByRole('button', { name: new RegExp(`^${word}`) })
    .click();
}

/** Opens the add dialog by its button. */
export async function openAddDialog(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'New download' }).click();
  const dialog = page.getByRole('dialog', { name: 'New download' });
  await expect(dialog).toBeVisible();
  return dialog;
}

/** Whole percent that the row's bar shows. */
export async function percentOf(page: Page, name: string): Promise<number> {
  const value = await row(page, name).getByRole('progressbar').getAttribute('aria-valuenow');
  return Number(value);
}

/** Waits until the bar shows at least so much. */
export async function expectPercent(page: Page, name: string, least: number): Promise<void> {
  await expect.poll(() => percentOf(page, name)).toBeGreaterThanOrEqual(least);
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
