/** What an export offers, and what it says beforehand of being interrupted. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { databaseEngine } from './database-samples.ts';
import { button, press } from './harness.tsx';
import { dialog, editor, item, openShop, orders, writeSql } from './shop.ts';

test('a $5 inside a text is no parameter', async () => {
  const engine = await openShop();
  await writeSql("SELECT 'Under $5' AS label");
  await editor().click();
  await press('{Control>}{Enter}{/Control}');
  await expect
    .poll(() => engine.callsOf('connections.preview').at(-1))
    .toMatchObject({ source: { sql: "SELECT 'Under $5' AS label", parameters: [] } });
});

test('each type has its field; a text may be empty, and NULL again', async () => {
  const engine = databaseEngine();
  engine.database.describe = () => ({ columns: [], parameters: ['date', 'text', 'text[]'] });
  await openShop(engine);
  await writeSql('SELECT $1, $2, $3');
  const run = async () => {
    await editor().click();
    await press('{Control>}{Enter}{/Control}');
  };
  const asked = () => (engine.callsOf('connections.preview').at(-1) as { source: unknown } | undefined)?.source;
  await page.getByLabelText('$1 date').fill('2026-02-28');
  const text = page.getByRole('textbox', { name: '$2 text', exact: true });
  await text.fill('x');
  await text.fill('');
  const array = page.getByRole('textbox', { name: '$3 text[]' });
  await array.fill('{a}');
  await array.fill('');
  await run();
  await expect.poll(asked).toMatchObject({ parameters: ['2026-02-28', '', null] });
  await page.getByRole('button', { name: '$2 text: NULL' }).click();
  await run();
  await expect.poll(asked).toMatchObject({ parameters: ['2026-02-28', null, null] });
});

test('any character may stand between values', async () => {
  const engine = await openShop();
  await item(orders).click();
  await button('Export…').click();
  await button('Dialect').click();
  await dialog().getByRole('combobox', { name: 'Between values' }).selectOptions('Other…');
  const which = dialog().getByRole('textbox', { name: 'Which' });
  await which.fill('"');
  await expect.element(which).toHaveAccessibleDescription(/One character/);
  await which.fill('^');
  await button('Export').last().click();
  await expect.poll(() => engine.callsOf('exports.add')).toMatchObject([{ format: { delimiter: '^' } }]);
});

test('Brotli starts over when it is interrupted, and says so; gzip goes on', async () => {
  await openShop();
  await item(orders).click();
  await expect.element(page.getByText('An export goes on after a crash, by id.')).toBeVisible();
  await button('Export…').click();
  const compression = dialog().getByRole('combobox', { name: 'Compression' });
  await compression.selectOptions('gzip (.gz)');
  await expect.element(dialog().getByText('goes on after the last row written, by id', { exact: false })).toBeVisible();
  await compression.selectOptions('Brotli (.br)');
  await expect.element(dialog().getByText('it can only start over', { exact: false })).toBeVisible();
});

test('several tables say which of them start over, and whose lines are shown', async () => {
  await openShop();
  for (const name of [orders, /^customers Table/]) {
    await item(name).click();
    await press(' ');
  }
  await button('Export 2 tables…').click();
  await expect.element(dialog().getByText('one without starts over', { exact: false })).toBeVisible();
  await expect.element(dialog().getByRole('heading', { name: 'First lines of orders' })).toBeVisible();
});

test('a view has no pages, so several sessions are not offered for it', async () => {
  await openShop();
  await item(/^revenue_by_day/).click();
  await button('Export…').click();
  await button('More options').click();
  await expect.element(dialog().getByRole('combobox', { name: 'Split into files' })).toBeVisible();
  await expect.element(dialog().getByRole('combobox', { name: 'Sessions' })).not.toBeInTheDocument();
});
