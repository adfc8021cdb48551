/** Choosing what is exported: tables with their rows, or a query with its errors where they are; then how and where. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { databaseEngine } from './database-samples.ts';
import { Refusal } from './engine-double.ts';
import { button, openWindow, press, saying } from './harness.tsx';
import { dialog, editor, item, openShop, orders, writeSql } from './shop.ts';

test('a table shows its first rows; NULL is not an empty text', async () => {
  const engine = await openShop();
  await item(orders).click();
  await expect.element(page.getByRole('cell', { name: '1204332' })).toBeVisible();
  await expect.element(saying('First 50 rows')).toBeVisible();
  const cells = [...document.querySelectorAll('tbody tr')].map((row) => row.children[6]?.textContent);
  expect(cells.slice(0, 3)).toEqual(['NULL', 'SPRING-26', '']);
  expect(engine.callsOf('connections.preview')).toMatchObject([
    { connection: 'shop', source: { kind: 'table', schema: 'public', name: 'orders', columns: null, where: null } },
  ]);
  await expect.element(saying('An export goes on after a crash, by id.')).toBeVisible();
});

test('a view is read only when asked, and reading is cancelled on the server', async () => {
  const engine = databaseEngine();
  const cancelled: boolean[] = [];
  engine.database.preview = (_, signal) =>
    new Promise(() => signal?.addEventListener('abort', () => cancelled.push(true)));
  await openShop(engine);
  await item(/^revenue_by_day/).click();
  await expect.element(saying('The first fifty rows show here.')).toBeVisible();
  expect(engine.callsOf('connections.preview')).toEqual([]);
  await button('Preview').click();
  await expect.element(saying('Reading…')).toBeVisible();
  await expect.poll(() => engine.callsOf('connections.preview')).toHaveLength(1);
  await button('Cancel').click();
  await expect.poll(() => cancelled).toEqual([true]);
});

test('what this user may not read cannot be chosen, and says so', async () => {
  const engine = await openShop();
  await expect.element(item(/^payments/)).toHaveAttribute('aria-disabled', 'true');
  await item(/^payments/).click({ force: true });
  await press(' ');
  await expect.element(item(/^payments/)).toHaveAttribute('aria-checked', 'false');
  expect(engine.callsOf('connections.preview')).toEqual([]);
});

test('the tree by keys: arrows move, Right unfolds, Space checks', async () => {
  await openShop();
  await item(/^customers/).click();
  await press('{ArrowDown}');
  await expect.element(item(/^events Part/)).toHaveFocus();
  await expect.element(item(/^events Part/)).toHaveAttribute('aria-expanded', 'false');
  await press('{ArrowRight}');
  await expect.element(item(/^events_2026_04/)).toBeVisible();
  await press('{ArrowRight}');
  await expect.element(item(/^events_2026_04/)).toHaveFocus();
  await press(' ');
  await expect.element(item(/^events_2026_04/)).toHaveAttribute('aria-checked', 'true');
  await press('{ArrowLeft}');
  await expect.element(item(/^events Part/)).toHaveFocus();
  await press('{ArrowLeft}');
  await expect.element(item(/^events_2026_04/)).not.toBeInTheDocument();
});

test('a filter leaves what matches, with its schema', async () => {
  await openShop();
  await page.getByRole('textbox', { name: 'Filter tables' }).fill('orders');
  await expect.element(item(/^customers/)).not.toBeInTheDocument();
  await expect.element(item(/^orders_2024/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Filter tables' }).fill('nothing like it');
  await expect.element(saying('Nothing matches')).toBeVisible();
});

test('several tables go into one folder, from one snapshot', async () => {
  const engine = await openShop();
  engine.database.exported = () => 'ubuntu';
  for (const name of [orders, /^customers/]) {
    await item(name).click();
    await press(' ');
  }
  await expect.element(page.getByRole('heading', { name: '2 tables' })).toBeVisible();
  await button('Export 2 tables…').click();
  await expect.element(dialog().getByText(/one snapshot/)).toBeVisible();
  await button('Export').last().click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('exports.add')).toMatchObject([
    {
      source: {
        kind: 'tables',
        tables: [
          { schema: 'public', name: 'orders' },
          { schema: 'public', name: 'customers' },
        ],
      },
    },
  ]);
});

test('a condition and columns narrow what is read', async () => {
  const engine = await openShop();
  await item(orders).click();
  await page.getByRole('textbox', { name: 'Where' }).fill("status = 'paid'");
  await button('7 columns').click();
  await page.getByRole('checkbox', { name: /address/ }).click();
  await press('{Escape}');
  await page.getByRole('textbox', { name: 'Where' }).click();
  await press('{Enter}');
  await expect
    .poll(() => engine.callsOf('connections.preview').at(-1))
    .toMatchObject({
      source: {
        where: "status = 'paid'",
        columns: ['id', 'customer_id', 'placed_at', 'status', 'total', 'coupon'],
      },
    });
});

test('an error in SQL stands at its place in the editor and below it', async () => {
  const engine = databaseEngine();
  engine.database.describe = (sql) => {
    throw new Refusal('sql-error', {
      detail: 'column "nmae" does not exist',
      hint: 'Perhaps you meant "name".',
      position: sql.indexOf('nmae') + 1,
      line: 1,
      column: 8,
    });
  };
  await openShop(engine);
  await writeSql('SELECT nmae FROM customers');
  await expect.element(saying('Line 1: PostgreSQL: column "nmae" does not exist.')).toBeVisible();
  const host = [...document.querySelectorAll('div')].find((one) => one.shadowRoot);
  await expect.poll(() => host?.shadowRoot?.querySelector('.cm-lintRange-error')?.textContent).toBe('nmae');
});

test('parameters get typed fields, and are bound, not spliced', async () => {
  const engine = databaseEngine();
  engine.database.describe = () => ({ columns: [], parameters: ['bigint', 'boolean'] });
  await openShop(engine);
  await writeSql('SELECT * FROM orders WHERE id > $1 AND $2');
  await page.getByRole('textbox', { name: '$1 bigint' }).fill("1'; DROP TABLE orders");
  await page.getByRole('combobox', { name: '$2 boolean' }).selectOptions('true');
  await editor().click();
  await press('{Control>}{Enter}{/Control}');
  await expect
    .poll(() => engine.callsOf('connections.preview').at(-1))
    .toEqual({
      connection: 'shop',
      source: {
        kind: 'query',
        sql: 'SELECT * FROM orders WHERE id > $1 AND $2',
        parameters: ["1'; DROP TABLE orders", 'true'],
        key: null,
      },
    });
  await expect.element(saying('≈ 1,204,332 rows')).toBeVisible();
});

test('names from the catalog are offered while typing; Tab takes one, and else leaves the field', async () => {
  await openShop();
  await writeSql('SELECT * FROM ');
  await editor().click();
  await press('{Control>}{End}{/Control}ord');
  const host = [...document.querySelectorAll('div')].find((one) => one.shadowRoot);
  const offered = () => [...(host?.shadowRoot?.querySelectorAll('[role=option]') ?? [])].map((one) => one.textContent);
  await expect.poll(offered).toContain('order_lines');
  // CodeMirror takes no answer in the first moments, lest it is one to something else.
  await expect
    .poll(async () => {
      if (offered().length > 0) await press('{Tab}');
      return host?.shadowRoot?.querySelector('.cm-content')?.textContent;
    })
    .toMatch(/FROM order/);
});

test('what was written stays while the person looks elsewhere', async () => {
  await openShop();
  await writeSql('SELECT 42');
  await button(/^All/).click();
  await button('Shop (production)').click();
  await expect.element(editor()).toHaveTextContent('SELECT 42');
});

test('the format shows its first lines as they will be, and everything reaches the engine', async () => {
  const engine = await openShop();
  engine.database.exported = () => 'ubuntu';
  await item(orders).click();
  await expect.element(page.getByRole('cell', { name: '1204332' })).toBeVisible();
  await button('Export…').click();
  const sample = () => dialog().getByRole('region', { name: 'First lines' });
  await expect.element(sample().getByText(/id,customer_id,placed_at/)).toBeVisible();
  await button('Dialect').click();
  await dialog().getByRole('combobox', { name: 'Between values' }).selectOptions('Semicolon ;');
  await expect.element(sample().getByText(/id;customer_id;placed_at/)).toBeVisible();
  await dialog().getByRole('textbox', { name: 'NULL is written' }).fill('\\N');
  await dialog().getByRole('combobox', { name: 'Compression' }).selectOptions('gzip (.gz)');
  await expect
    .element(dialog().getByRole('textbox', { name: 'File name' }))
    .toHaveAttribute('placeholder', 'orders.csv.gz');
  await button('More options').click();
  await dialog().getByRole('combobox', { name: 'Split into files' }).selectOptions('By rows');
  const rows = dialog().getByRole('textbox', { name: 'Rows a file' });
  await rows.fill('many');
  await expect.element(rows).toHaveAccessibleDescription(/Write a number of rows/);
  await button('Export').last().click();
  expect(engine.callsOf('exports.add')).toEqual([]);
  await rows.fill('500,000');
  await dialog()
    .getByRole('checkbox', { name: /Count the rows first/ })
    .click();
  await expect
    .element(dialog().getByText('it goes on after the last row written, by id.', { exact: false }))
    .toBeVisible();
  await button('Export').last().click();
  await expect.element(dialog()).not.toBeInTheDocument();
  expect(engine.callsOf('exports.add')).toEqual([
    {
      connection: 'shop',
      source: { kind: 'table', schema: 'public', name: 'orders', columns: null, where: null },
      format: {
        kind: 'csv',
        delimiter: ';',
        quote: '"',
        escape: '"',
        quoting: 'needed',
        nullText: '\\N',
        header: true,
        lineEnding: 'lf',
        bom: false,
        encoding: 'utf-8',
        formulaGuard: false,
      },
      compression: 'gzip',
      split: { rows: 500_000 },
      folder: '/home/ada/Downloads',
      exactCount: true,
    },
  ]);
  // The list shows the new job.
  await expect.element(page.getByRole('grid')).toBeVisible();
});

test('a refused export says why in the dialog, and nothing that was chosen is lost', async () => {
  const engine = await openShop();
  engine.database.exported = () => {
    throw new Refusal('name-taken', { name: 'orders.csv' });
  };
  await item(orders).click();
  await button('Export…').click();
  const name = dialog().getByRole('textbox', { name: 'File name' });
  await name.fill('orders.csv');
  await button('Export').last().click();
  await expect.element(name).toHaveAccessibleDescription(/There is already a file orders\.csv/);
  await expect.element(name).toHaveValue('orders.csv');
});

test('schemas that cannot be read say why, and are asked for again', async () => {
  const engine = databaseEngine();
  const refusal = new Refusal('connection-refused', { host: 'db.shop.example' });
  engine.failing.set('connections.catalog', refusal.failure);
  await openWindow(engine);
  await button('Shop (production)').click();
  await expect.element(saying('db.shop.example refused the connection.')).toBeVisible();
  engine.failing.clear();
  await button('Retry').click();
  await expect.element(item(orders)).toBeVisible();
});
