/** What the readers of shares do: people with their browser, and how the person with Sluice gives them a link. */
import type { Locator, Page } from '@playwright/test';
import { expect, test as base } from './sluice.ts';
import { makeFilm } from './film.ts';
import { openPlace } from './window.ts';

export { expect } from './sluice.ts';

export interface ReadingFixtures {
  /** A page of somebody who has the link, and nothing else of Sluice. */
  readonly visitor: Page;
}

export const test = base.extend<ReadingFixtures, { readonly film: Buffer }>({
  film: [async ({ browser }, use) => use(await makeFilm(browser)), { scope: 'worker' }],
  visitor: async ({ browser }, use) => {
    const context = await browser.newContext();
    await use(await context.newPage());
    await context.close();
  },
});

/** Opens “New share” for one kind, as it is called there. */
export async function openShareDialog(
  page: Page,
  kind: 'File' | 'Folder' | 'Remote link' | 'Query' | 'Capture',
): Promise<Locator> {
  await openPlace(page, 'Shares');
  await page.getByRole('button', { name: 'New share' }).click();
  const dialog = page.getByRole('dialog', { name: 'New share' });
  await dialog.getByLabel('Share a').selectOption(kind);
  return dialog;
}

/** Shares what the dialog says. @returns the link, as it is shown. */
export async function share(page: Page, dialog: Locator): Promise<string> {
  await dialog.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(dialog).toBeHidden();
  const link = page.getByRole('complementary', { name: 'Share' }).getByText(/^http:\/\//);
  return (await link.textContent()) ?? '';
}

/** Follows a link to a film, as one does; resolves when it can be played. */
export async function openFilm(visitor: Page, link: string): Promise<Locator> {
  await visitor.goto(link, { waitUntil: 'commit' });
  const video = visitor.locator('video');
  await video.evaluate(
    (element: HTMLVideoElement) =>
      new Promise<void>((resolve, reject) => {
        if (element.readyState >= element.HAVE_CURRENT_DATA) resolve();
        element.addEventListener('loadeddata', () => resolve(), { once: true });
        element.addEventListener('error', () => reject(new Error(element.error?.message)), { once: true });
      }),
  );
  return video;
}
