/** From a database to files: a query, several tables, an export that is paused, cancelled, or wrong in the first place. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { gunzipSync } from 'node:zlib';
import {
  bigRows,
  expect,
  linkTo,
  openDatabase,
  openExport,
  readersOf,
  table,
  test,
  tree,
  writeSql,
} from './database.ts';
import { clickInRow, expectState, openPlace, row } from './window.ts';

test('a pasted link, a query with a parameter, its first rows, and a CSV.gz that holds them all', async ({
  sluice,
  postgres,
}) => {
  const { page, person } = sluice;
  await test.step('the connection is tested and kept', async () => {
    await openPlace(page, 'Connections');
    await page.getByRole('button', { name: 'Add a connection' }).click();
    const dialog = page.getByRole('dialog', { name: 'New connection' });
    await dialog.getByLabel('Link').fill(linkTo(postgres));
    await expect(dialog.getByRole('textbox', { name: 'Port' })).toHaveValue(String(postgres.target.port));
    await dialog.getByRole('button', { name: 'Test' }).click();
    await expect(dialog.getByRole('status')).toContainText(
      new RegExp(`PostgreSQL ${postgres.version} · \\d+ ms · not encrypted · postgres on postgres · read-only`),
    );
    await dialog.getByRole('button', { name: 'Add' }).click();
    await expect(table(page, 'customers')).toBeVisible();
  });

  await test.step('the first rows', async () => {
    await writeSql(page, 'SELECT id, name, note, balance\nFROM customers\nWHERE id >= $1\nORDER BY id');
    await page.getByRole('textbox', { name: '$1 integer' }).fill('2');
    await page.getByRole('button', { name: 'Preview' }).click();
    const rows = page.getByRole('region', { name: 'Rows' });
    await expect(rows.getByRole('cell', { name: 'Zoë ☃' })).toBeVisible();
    await expect(rows.getByRole('row')).toHaveCount(1 + 3);
    await expect(rows.getByText('Ada')).toHaveCount(0);
    await expect(page.getByRole('region', { name: 'Preview' }).getByRole('status')).toHaveText(/^All 3 rows · /);
  });

  await test.step('the file', async () => {
    const dialog = await openExport(page);
    await expect(dialog.getByLabel('First lines', { exact: true }).last()).toContainText('id,name,note,balance');
    await dialog.getByLabel('Compression').selectOption('gzip (.gz)');
    await dialog.getByLabel('File name').fill('people.csv.gz');
    await dialog.getByRole('button', { name: 'Export' }).click();
    await expectState(page, 'people.csv.gz', 'Done');
    const text = gunzipSync(readFileSync(join(person.downloads, 'people.csv.gz'))).toString();
    expect(text).toBe('id,name,note,balance\n2,Grace,,-0.01\n3,Zoë ☃,"",9007199254.74\n4,"two\nlines",plain,\n');
    expect(readdirSync(person.downloads)).toEqual(['people.csv.gz']);
  });
});

/** Starts an export of the table `big` that takes half a minute. */
async function exportSlowly(page: Page, name: string): Promise<void> {
  await table(page, 'big').click();
  const dialog = await openExport(page);
  await dialog.getByLabel('File name').fill(name);
  await dialog.getByRole('button', { name: 'More options' }).click();
  await dialog.getByLabel('Speed limit').fill('400K');
  await dialog.getByRole('button', { name: 'Export' }).click();
  await expectState(page, name, 'Exporting');
}

test('an export that is paused in the middle goes on where it stood, and the file is whole', async ({
  sluice,
  postgres,
}) => {
  const { page, person } = sluice;
  await openDatabase(page, postgres);
  await exportSlowly(page, 'big.csv');
  const rows = async () => {
    const [job] = await sluice.jobs();
    return job?.kind === 'export' ? job.rows : -1;
  };
  await expect(row(page, 'big.csv')).toContainText(/[1-9]\d,\d{3}/);
  await clickInRow(page, 'big.csv', 'Pause');
  await expectState(page, 'big.csv', 'Paused');
  const before = await rows();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(bigRows);
  expect(existsSync(join(person.downloads, 'big.csv'))).toBe(false);

  await clickInRow(page, 'big.csv', 'Resume');
  await expectState(page, 'big.csv', 'Exporting');
  expect(await rows()).toBeGreaterThanOrEqual(before);
  await page
    .getByRole('complementary', { name: 'Details' })
    .getByLabel('Speed', { exact: true })
    .selectOption('No limit');
  await expectState(page, 'big.csv', 'Done');
  const [expected] = await postgres.sql(
    `SELECT 'id,filling' || E'\\n' || string_agg(id || ',' || filling || E'\\n', '' ORDER BY id) AS csv FROM big`,
  );
  // Compared as one value: a difference of 13 MB is nothing to print.
  expect(readFileSync(join(person.downloads, 'big.csv'), 'utf8') === expected?.['csv']).toBe(true);
});

test('a cancelled export is gone from the server, and leaves no file', async ({ sluice, postgres }) => {
  const { page, person } = sluice;
  await openDatabase(page, postgres);
  await exportSlowly(page, 'big.csv');
  await expect.poll(() => readersOf(postgres, 'big')).toBeGreaterThan(0);
  await row(page, 'big.csv').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Cancel' }).click();
  await expectState(page, 'big.csv', 'Cancelled');
  await expect.poll(() => readersOf(postgres, 'big')).toBe(0);
  await expect.poll(() => readdirSync(person.downloads)).toEqual([]);
});

test('an error in SQL is shown at its place, and goes when it is put right', async ({ sluice, postgres }) => {
  const { page } = sluice;
  await openDatabase(page, postgres);
  await writeSql(page, 'SELECT id,\n  nonsuch\nFROM customers');
  const query = page.getByRole('region', { name: 'Query' });
  await expect(query.getByRole('status')).toContainText('Line 2: ');
  await expect(query.getByRole('status')).toContainText('nonsuch');
  // CodeMirror draws the place; no role tells it.
  await expect(query.locator('.cm-lintRange-error')).toHaveText('nonsuch');
  await query.locator('.cm-lintRange-error').dblclick();
  await page.keyboard.type('name');
  await expect(query.getByRole('status')).toContainText('≈ 4 rows');
  await expect(query.locator('.cm-lintRange-error')).toHaveCount(0);
});

test('several tables become files in one folder', async ({ sluice, postgres }) => {
  const { page, person } = sluice;
  await openDatabase(page, postgres);
  await table(page, 'customers').click();
  await page.keyboard.press('Space');
  await table(page, 'orders').click();
  await page.keyboard.press('Space');
  await expect(page.getByRole('region', { name: 'Chosen tables' })).toContainText('All are read from one snapshot');
  const dialog = await openExport(page);
  await dialog.getByLabel('Folder name').fill('shop');
  await dialog.getByRole('button', { name: 'Export' }).click();
  await expectState(page, 'shop', 'Done');
  const folder = join(person.downloads, 'shop');
  expect(readdirSync(folder).toSorted()).toEqual(['public.customers.csv', 'public.orders.csv']);
  const orders = readFileSync(join(folder, 'public.orders.csv'), 'utf8').trimEnd().split('\n');
  expect(orders).toHaveLength(1001);
  expect(orders[1]).toBe('1,2,2026-01-01 13:00:00.123456+00');
  expect(readFileSync(join(folder, 'public.customers.csv'), 'utf8')).toContain(
    '1,"Ada, Countess","said ""no""",10.50\n',
  );
});

test('“Try it” brings a database of its own, to export from at once', async ({ sluice }) => {
  const { page, person } = sluice;
  // It makes a whole database first; a small machine that does other things too needs its time.
  await page.getByRole('button', { name: 'Export from a sample database' }).click();
  await expect(tree(page)).toBeVisible();
  const first = page.getByRole('treeitem', { name: /Table ≈/ }).first();
  await first.click();
  await expect(page.getByRole('region', { name: 'Rows' })).toBeVisible();
  const dialog = await openExport(page);
  await dialog.getByLabel('File name').fill('sample.csv');
  await dialog.getByRole('button', { name: 'Export' }).click();
  await expectState(page, 'sample.csv', 'Done');
  const text = readFileSync(join(person.downloads, 'sample.csv'), 'utf8');
  expect(text.split('\n').length).toBeGreaterThan(100);
});
