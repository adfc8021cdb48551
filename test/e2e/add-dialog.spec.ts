/** What is typed wrong is told where it was typed, in a sentence with a next step, and makes nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../electron/engine/database/free-port.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { expect, test } from './sluice.ts';
import { expectState, openAddDialog, row } from './window.ts';

test('each bad link says what is wrong and what to do, and is not added', async ({ sluice, origin }) => {
  await using untrusted = await startRangeServer({ tls: true });
  origin.set({
    intercept: (request, response) => {
      if (!request.url?.startsWith('/missing')) return false;
      response.writeHead(404, { 'content-length': '0' }).end();
      return true;
    },
  });
  const dialog = await openAddDialog(sluice.page);
  const box = dialog.getByLabel('Links');
  const told = dialog.getByRole('alert');
  const cases: readonly (readonly [string, RegExp])[] = [
    ['not a link', /“not a link” is not a link\. Paste a whole link/],
    ['ftp://example.org/file.zip', /Sluice cannot read ftp links\. Use an http/],
    ['http://no-such-host.invalid/file.zip', /The name no-such-host\.invalid could not be found\. Check its spelling/],
    [`http://127.0.0.1:${await freePort()}/file.zip`, /127\.0\.0\.1\S* refused the connection\. Check the address/],
    [untrusted.url, /127\.0\.0\.1 shows a certificate that is not trusted here: .*\. Look at it .* and allow it/],
    [origin.url.replace('file.bin', 'missing.bin'), /127\.0\.0\.1\S* has no such file \(404\)\. Check the link/],
  ];
  for (const [text, sentences] of cases) {
    await box.fill(text);
    await expect(told, text).toHaveText(sentences);
  }
  await box.fill('not a link');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(told).toHaveText(/is not a link/);
  expect(await sluice.jobs()).toEqual([]);
});

test('a batch adds its good lines; the bad ones stay, each with its reason', async ({ sluice, origin }) => {
  origin.set({ size: 100_000 });
  const link = (name: string) => origin.url.replace('file.bin', name);
  const dialog = await openAddDialog(sluice.page);
  const box = dialog.getByLabel('Links');
  await box.fill([link('one.bin'), 'nonsense', link('two.bin'), 'gopher://old.example/1'].join('\n'));
  await expect(dialog.getByText('4 links, 2 cannot be added')).toBeVisible();
  const lines = dialog.getByRole('list', { name: 'Results' }).getByRole('listitem');
  await expect(lines).toHaveCount(4);
  await expect(lines.nth(0)).toContainText('100 KB');
  await expect(lines.nth(1)).toContainText('“nonsense” is not a link.');
  await expect(lines.nth(3)).toContainText('Sluice cannot read gopher links.');
  await dialog.getByRole('button', { name: 'Add 2' }).click();

  await expect(dialog.getByText('2 added. What is left could not be.')).toBeVisible();
  await expect(box).toHaveValue('nonsense\ngopher://old.example/1');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expectState(sluice.page, 'one.bin', 'Done');
  await expectState(sluice.page, 'two.bin', 'Done');
  expect((await sluice.jobs()).map(({ name }) => name)).toEqual(['one.bin', 'two.bin']);
});

test('a bad checksum, speed or folder is told at its field', async ({ sluice, origin }) => {
  const dialog = await openAddDialog(sluice.page);
  const add = dialog.getByRole('button', { name: 'Add', exact: true });
  await dialog.getByLabel('Links').fill(origin.url);
  await dialog.getByRole('button', { name: 'Advanced' }).click();

  await dialog.getByLabel('Speed limit').fill('fast');
  await expect(dialog.getByLabel('Speed limit')).toHaveAccessibleDescription(/“fast” is not a speed\. Write a number/);
  await dialog.getByLabel('Speed limit').fill('');

  await dialog.getByLabel('Checksum').fill('sha-256:1234');
  await add.click();
  await expect(dialog.getByLabel('Checksum')).toHaveAccessibleDescription(
    /is not a checksum Sluice knows\. Write it as/,
  );
  await dialog.getByLabel('Checksum').fill('');

  // A file where the folder should be: refused for everyone, root too.
  const notAFolder = join(sluice.person.downloads, 'a-file');
  writeFileSync(notAFolder, '');
  const folder = dialog.getByLabel('Folder');
  await folder.fill(notAFolder);
  await expect(folder).toHaveAccessibleDescription(/a-file.*\. Choose another folder/);
  await add.click();
  await expect(dialog).toBeVisible();
  await expect(folder).toHaveAccessibleDescription(/a-file.*\. Choose another folder/);
  expect(await sluice.jobs()).toEqual([]);
  await expect(row(sluice.page, 'file.bin')).toHaveCount(0);
});

test('a file that is too large for the disk is told before it is added', async ({ sluice, origin }) => {
  const dialog = await openAddDialog(sluice.page);
  await dialog.getByLabel('Links').fill(`${origin.url}?size=${2 ** 50}`);
  await expect(dialog.getByLabel('Folder')).toHaveAccessibleDescription(
    / free and 1\.1 PB are needed\. Free some space/,
  );
});
