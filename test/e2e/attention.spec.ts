/** A download that stopped and asks: what the window says, and what each answer does to the bytes that are here. */
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { startFaultServer } from '../servers/fault-server.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { canFillDisks, mountSmallDisk } from '../torture/small-disk.ts';
import { expect, test } from './sluice.ts';
import { expectPercent, expectState, row, sha256Of } from './window.ts';

/** What the fault server's runs of faults 23 and 46 have sent when their first response breaks off. */
const HALF = 2_100_000;

/** The row asks, and says why. */
async function expectAsked(page: Page, name: string, sentence: string | RegExp): Promise<void> {
  await expectState(page, name, 'Needs you');
  await expect(row(page, name)).toContainText(sentence);
}

/** One of the two likeliest choices, which stand in the row. */
const choose = (page: Page, name: string, word: string) =>
  row(page, name).getByRole('button', { name: word, exact: true }).click();

/** The others are in its menu. */
async function chooseInMenu(page: Page, name: string, word: string): Promise<void> {
  await row(page, name).click({ button: 'right' });
  await page.getByRole('menuitem', { name: word, exact: true }).click();
}

async function question(page: Page, title: string): Promise<Locator> {
  const dialog = page.getByRole('dialog', { name: title });
  await expect(dialog).toBeVisible();
  return dialog;
}

/** What a link leads to in the browser, without going there. */
async function opened(page: Page, link: string, open: () => Promise<void>): Promise<string> {
  await page.context().route(link, (route) => route.fulfill({ body: 'Seen.', contentType: 'text/plain' }));
  const [other] = await Promise.all([page.context().waitForEvent('page'), open()]);
  await other.waitForURL(link);
  await other.close();
  await page.context().unroute(link);
  return other.url();
}

test('changed on the server: left paused, looked at, and started over', async ({ sluice }, { project }) => {
  const { page, person } = sluice;
  await using server = await startFaultServer();
  const run = await server.play(23, { variant: 'changed' });
  await sluice.add({ url: run.url, connections: 1 });
  await expectAsked(page, 'file.bin', 'The server changed this file');
  await choose(page, 'file.bin', 'Leave it paused');
  await expectState(page, 'file.bin', 'Paused');
  expect((await sluice.jobs())[0]?.done).toBe(HALF);

  await row(page, 'file.bin').hover();
  await choose(page, 'file.bin', 'Resume');
  await expectAsked(page, 'file.bin', 'The server changed this file');
  expect((await sluice.jobs())[0]?.done, 'nothing of the new file was mixed in').toBe(HALF);
  if (project.name === 'browser') {
    const link = await opened(page, run.url, () => chooseInMenu(page, 'file.bin', 'Open link in browser'));
    expect(link).toBe(run.url);
    await expectState(page, 'file.bin', 'Needs you');
  }

  await choose(page, 'file.bin', 'Start over');
  await expectState(page, 'file.bin', 'Done');
  expect(readdirSync(person.downloads)).toEqual(['file.bin']);
  expect(await sha256Of(join(person.downloads, 'file.bin'))).toBe(await run.currentSha256());
});

test('link expired: a wrong link is refused, the right one goes on where it stopped', async ({ sluice }) => {
  const { page, person } = sluice;
  await using server = await startFaultServer();
  const run = await server.play(46, { variant: 'resume' });
  await using wrong = await startRangeServer({ size: run.size, seed: 1, path: '/wrong.zip' });
  await using right = await startRangeServer({ size: run.size, seed: 46, path: '/right.zip' });
  await sluice.add({ url: run.url, connections: 1 });
  await expectAsked(page, 'archive.zip', 'The link leads to a web page now, not to the file.');

  await choose(page, 'archive.zip', 'New link…');
  const dialog = await question(page, 'Go on with a new link');
  const link = dialog.getByLabel('Link');
  await link.fill('nonsense');
  await dialog.getByRole('button', { name: 'Go on', exact: true }).click();
  await expect(link).toHaveAccessibleDescription(/“nonsense” is not a link\./);
  await link.fill(wrong.url);
  await dialog.getByRole('button', { name: 'Go on', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expectAsked(page, 'archive.zip', 'The new link leads to another file');
  expect((await sluice.jobs())[0]?.done, 'what is here is kept').toBe(HALF);

  await choose(page, 'archive.zip', 'New link…');
  await link.fill(right.url);
  await page.keyboard.press('Enter');
  await expectState(page, 'archive.zip', 'Done');
  expect(await sha256Of(join(person.downloads, 'archive.zip'))).toBe(run.sha256);
  expect(readdirSync(person.downloads)).toEqual(['archive.zip']);
  // Some stretches of 64 KiB of what is here prove that it is the same file, the last of them just before what is missing.
  expect(right.requests.at(-1)?.headers.range).toBe(`bytes=${HALF - 65_536}-`);
  expect(right.bytesSent).toBeLessThanOrEqual(run.size - HALF + 4 * 65_536);
});

test('credentials: asked for, refused once, and sent', async ({ sluice, origin }) => {
  const { page, person } = sluice;
  const basic = (password: string) => `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;
  origin.set({
    intercept: (request, response) => {
      if (request.headers.authorization === basic('right')) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="files"', 'content-length': '0' }).end();
      return true;
    },
  });
  await sluice.add({ url: origin.url, connections: 1 });
  for (const password of ['wrong', 'right']) {
    await expectAsked(page, 'file.bin', '127.0.0.1 wants a login (401).');
    await choose(page, 'file.bin', 'Log in…');
    const dialog = await question(page, 'Log in to 127.0.0.1');
    await dialog.getByLabel('User name').fill('ada');
    await dialog.getByLabel('Password').fill(password);
    await dialog.getByRole('button', { name: 'Log in', exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect.poll(() => origin.requests.at(-1)?.headers.authorization).toBe(basic(password));
  }
  await expectState(page, 'file.bin', 'Done');
  expect(await sha256Of(join(person.downloads, 'file.bin'))).toBe(await origin.sha256());
  expect(JSON.stringify(await sluice.jobs())).not.toContain('right');
});

test('disk full: another folder is chosen, and the part file goes there', async ({ sluice, origin }) => {
  test.skip(!canFillDisks(), 'needs to mount a small disk');
  const { page, person } = sluice;
  const size = 8 << 20;
  origin.set({ size, held: [size / 2, size] });
  using disk = mountSmallDisk(join(person.downloads, 'small'), 24 << 20);
  if (!disk) throw new Error('the disk could be mounted before');
  const folder = join(disk.path, 'files');
  mkdirSync(folder);
  const other = join(person.downloads, 'other');
  mkdirSync(other);
  await sluice.add({ url: origin.url, folder, connections: 1 });
  await expectPercent(page, 'file.bin', 40);
  disk.fill();
  origin.set({ held: null });
  await expectAsked(page, 'file.bin', /free and .* are needed\./);
  const { done } = (await sluice.jobs())[0]!;
  expect(done).toBeGreaterThan(0.4 * size);

  await choose(page, 'file.bin', 'Choose folder…');
  const dialog = await question(page, 'Choose another folder');
  await dialog.getByLabel('Folder').fill(other);
  await dialog.getByRole('button', { name: 'Go on there' }).click();
  await expect(dialog).toBeHidden();
  await expectState(page, 'file.bin', 'Done');
  expect(readdirSync(folder)).toEqual([]);
  expect(readdirSync(other)).toEqual(['file.bin']);
  expect(await sha256Of(join(other, 'file.bin'))).toBe(await origin.sha256());
  expect(origin.requests.at(-1)?.headers.range, 'the 64 KiB before are compared').toBe(`bytes=${done - 65_536}-`);
});

test('certificate not trusted: shown, and allowed for this host', async ({ sluice }) => {
  const { page, person } = sluice;
  await using server = await startRangeServer({ tls: true });
  await sluice.add({ url: server.url, connections: 1 });
  await expectAsked(page, 'file.bin', '127.0.0.1 shows a certificate that is not trusted here');
  expect(server.requests, 'nothing was said to it').toEqual([]);
  await choose(page, 'file.bin', 'See certificate…');
  const dialog = await question(page, 'This certificate is not trusted');
  await expect(dialog).toContainText(new X509Certificate(server.certificate ?? '').fingerprint256);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expectState(page, 'file.bin', 'Needs you');

  await choose(page, 'file.bin', 'See certificate…');
  await dialog.getByRole('button', { name: 'Allow for 127.0.0.1' }).click();
  await expectState(page, 'file.bin', 'Done');
  expect(await sha256Of(join(person.downloads, 'file.bin'))).toBe(await server.sha256());
  // From now on, not for this download alone.
  await sluice.add({ url: server.url, name: 'again.bin', connections: 1 });
  await expectState(page, 'again.bin', 'Done');
});

test('https leads to plain http: said, and allowed for this download', async ({ sluice }) => {
  const { page, person } = sluice;
  await using server = await startFaultServer();
  const run = await server.play(54, { variant: 'http' });
  await sluice.add({ url: run.url, connections: 1 });
  await choose(page, 'file.bin', 'See certificate…');
  const certificate = await question(page, 'This certificate is not trusted');
  await certificate.getByRole('button', { name: 'Allow for 127.0.0.1' }).click();

  await expectAsked(page, 'file.bin', '127.0.0.1 redirects from https to plain http.');
  expect(
    run.exchanges.map(({ origin }) => origin),
    'nothing was asked for in plain text',
  ).toEqual(['https']);
  await choose(page, 'file.bin', 'Allow http…');
  const dialog = await question(page, 'This file comes over plain http');
  await dialog.getByRole('button', { name: 'Allow for this download' }).click();
  await expectState(page, 'file.bin', 'Done');
  expect(await sha256Of(join(person.downloads, 'file.bin'))).toBe(run.sha256);
  // For this one alone.
  await sluice.add({ url: run.url, name: 'again.bin', connections: 1 });
  await expectAsked(page, 'again.bin', '127.0.0.1 redirects from https to plain http.');
});

test('captive page: the link is opened to sign in, and then it goes on', async ({ sluice, origin }, { project }) => {
  const { page, person } = sluice;
  let signedIn = false;
  origin.set({
    intercept: (request, response) => {
      if (signedIn) return false;
      if (request.url?.startsWith('/sign-in')) {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Welcome to the hotel</title>');
      } else {
        response.writeHead(302, { location: `http://localhost:${origin.port}/sign-in` }).end();
      }
      return true;
    },
  });
  await sluice.add({ url: origin.url, connections: 1 });
  await expectAsked(page, 'file.bin', 'This network wants you to sign in: localhost answered instead.');
  if (project.name === 'browser') {
    expect(await opened(page, origin.url, () => choose(page, 'file.bin', 'Open link'))).toBe(origin.url);
  }
  signedIn = true;
  await choose(page, 'file.bin', 'Retry');
  await expectState(page, 'file.bin', 'Done');
  expect(await sha256Of(join(person.downloads, 'file.bin'))).toBe(await origin.sha256());
  expect(existsSync(join(person.downloads, 'file.bin.sluice'))).toBe(false);
});
