/** A folder as a link: looked through, taken home as a ZIP, and filled by others where that was allowed. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { unzip } from '../tools/unzip.ts';
import { expect, openShareDialog, share, test } from './reading.ts';

test('a folder is looked through, and comes as a ZIP that holds every file as it is', async ({ sluice, visitor }) => {
  const { page, person } = sluice;
  const files: Record<string, Buffer> = {
    'notes.txt': Buffer.from('what was said\n'),
    'empty.bin': Buffer.alloc(0),
    'Fotos/naïve ☃.bin': randomBytes(3_000_000),
    'Fotos/<b>&"deep".bin': randomBytes(70_000),
  };
  const folder = join(person.downloads, 'Trip');
  mkdirSync(join(folder, 'Fotos'), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, '.secret'), 'not for others');
  const dialog = await openShareDialog(page, 'Folder');
  await dialog.getByLabel('Folder', { exact: true }).fill(folder);
  await visitor.goto(await share(page, dialog));

  await expect(visitor.getByRole('heading', { name: 'Trip' })).toBeVisible();
  await expect(visitor.getByRole('link', { name: '.secret' })).toHaveCount(0);
  await visitor.getByRole('link', { name: 'Fotos/' }).click();
  await expect(visitor.getByRole('link', { name: '<b>&"deep".bin' })).toBeVisible();
  await visitor.getByRole('link', { name: 'Trip' }).click();
  await visitor.getByRole('link', { name: 'notes.txt' }).click();
  await expect(visitor.frameLocator('iframe').getByText('what was said')).toBeVisible();
  await visitor.getByRole('link', { name: 'Back' }).click();

  const [download] = await Promise.all([
    visitor.waitForEvent('download'),
    visitor.getByRole('link', { name: 'Download all (ZIP)' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('Trip.zip');
  const found = unzip(readFileSync(await download.path()));
  expect(
    Object.keys(found)
      .filter((name) => !name.endsWith('/'))
      .toSorted(),
  ).toEqual(Object.keys(files).toSorted());
  for (const [name, bytes] of Object.entries(files)) expect(found[name]?.equals(bytes), name).toBe(true);
});

test('others put files into a folder only where that was allowed', async ({ sluice, visitor }) => {
  const { page, person } = sluice;
  const folder = join(person.downloads, 'Inbox');
  mkdirSync(folder);
  const closed = await openShareDialog(page, 'Folder');
  await closed.getByLabel('Folder', { exact: true }).fill(folder);
  const readOnly = await share(page, closed);
  await visitor.goto(readOnly);
  await expect(visitor.getByText('Nothing is here.')).toBeVisible();
  await expect(visitor.getByLabel(/^Add files/)).toHaveCount(0);

  const open = await openShareDialog(page, 'Folder');
  await open.getByLabel('Folder', { exact: true }).fill(folder);
  await open.getByRole('checkbox', { name: 'Others may upload into it' }).check();
  const link = await share(page, open);
  expect(link).not.toBe(readOnly);
  await visitor.goto(link);
  const [large, small] = [randomBytes(20_000_000), Buffer.from('hello')];
  await visitor.getByLabel(/^Add files/).setInputFiles([
    { name: 'large ☃.bin', mimeType: 'application/octet-stream', buffer: large },
    { name: 'small.txt', mimeType: 'text/plain', buffer: small },
  ]);
  await expect(visitor.getByText('large ☃.bin is there.')).toBeVisible();
  await expect(visitor.getByText('small.txt is there.')).toBeVisible();
  expect(readdirSync(folder).toSorted()).toEqual(['large ☃.bin', 'small.txt']);
  expect(readFileSync(join(folder, 'large ☃.bin')).equals(large)).toBe(true);
  expect(readFileSync(join(folder, 'small.txt')).equals(small)).toBe(true);
  await visitor.reload();
  await expect(visitor.getByRole('link', { name: 'large ☃.bin' })).toBeVisible();
});

test('files that are dropped on the page arrive, also over a connection that breaks', async ({ sluice, visitor }) => {
  const { page, person } = sluice;
  const folder = join(person.downloads, 'Dropbox');
  mkdirSync(folder);
  const dialog = await openShareDialog(page, 'Folder');
  await dialog.getByLabel('Folder', { exact: true }).fill(folder);
  await dialog.getByRole('checkbox', { name: 'Others may upload into it' }).check();
  await visitor.goto(await share(page, dialog));

  // The first piece is lost on its way; then the server holds the old connection for a moment; then all is well.
  const met: string[] = [];
  await visitor.route(
    (url) => url.searchParams.has('upload'),
    async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      met.push(met.length === 0 ? 'lost' : met.length === 1 ? 'busy' : 'taken');
      if (met.at(-1) === 'lost') return route.abort('connectionreset');
      if (met.at(-1) === 'busy') return route.fulfill({ status: 423, body: 'It is being written.' });
      return route.continue();
    },
  );
  const files = await visitor.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(9_000_000).fill(7)], 'dropped.bin'));
    return transfer;
  });
  const drop = visitor.locator('#drop');
  await drop.dispatchEvent('dragover', { dataTransfer: files });
  await expect(drop).toHaveClass('over');
  await drop.dispatchEvent('drop', { dataTransfer: files });
  await expect(visitor.getByText('dropped.bin is there.')).toBeVisible();
  await expect(drop).not.toHaveClass('over');
  // Of 8 MiB each: the first piece three times, then the rest.
  expect(met).toEqual(['lost', 'busy', 'taken', 'taken']);
  expect(readdirSync(folder)).toEqual(['dropped.bin']);
  expect(readFileSync(join(folder, 'dropped.bin')).equals(Buffer.alloc(9_000_000, 7))).toBe(true);
});

test('an upload goes on where it was after its page was closed; what is refused stops no other file', async ({
  sluice,
  visitor,
}) => {
  const { page, person } = sluice;
  const [folder, own] = ['Inbox', 'Own'].map((name) => join(person.downloads, name)) as [string, string];
  mkdirSync(folder);
  mkdirSync(own);
  const bytes = randomBytes(20_000_000);
  writeFileSync(join(own, 'large.bin'), bytes);
  writeFileSync(join(own, 'film.sluice'), 'x');
  writeFileSync(join(own, 'small.txt'), 'hello');
  const dialog = await openShareDialog(page, 'Folder');
  await dialog.getByLabel('Folder', { exact: true }).fill(folder);
  await dialog.getByRole('checkbox', { name: 'Others may upload into it' }).check();
  await visitor.goto(await share(page, dialog));

  // The first piece arrives; the second is not sent before the page is closed.
  const offsets: string[] = [];
  let isClosed = false;
  await visitor.route(
    (url) => url.searchParams.has('upload'),
    async (route) => {
      if (route.request().method() === 'PATCH') offsets.push(route.request().headers()['upload-offset'] ?? '');
      if (offsets.length !== 2 || isClosed) await route.continue();
    },
  );
  await visitor.getByLabel(/^Add files/).setInputFiles(join(own, 'large.bin'));
  await expect.poll(() => offsets.length).toBe(2);
  await visitor.reload();
  isClosed = true;
  const files = ['large.bin', 'film.sluice', 'small.txt'].map((name) => join(own, name));
  await visitor.getByLabel(/^Add files/).setInputFiles(files);
  await expect(visitor.getByText('large.bin is there.')).toBeVisible();
  await expect(visitor.getByText('film.sluice: Choose another name.')).toBeVisible();
  await expect(visitor.getByText('small.txt is there.')).toBeVisible();
  const piece = 8 * 2 ** 20;
  expect(offsets).toEqual(['0', piece, piece, 2 * piece, '0'].map(String));
  expect(readdirSync(folder).toSorted()).toEqual(['large.bin', 'small.txt']);
  expect(readFileSync(join(folder, 'large.bin')).equals(bytes)).toBe(true);
});
