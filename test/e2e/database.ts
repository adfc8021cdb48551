/** A real PostgreSQL with rows that are easy to write down wrongly, and how a person gets to them in the window. */
import { test as base } from './sluice.ts';
import type { Locator, Page } from '@playwright/test';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { openPlace } from './window.ts';

export { expect } from './sluice.ts';

/** Rows of the table `big`: about 13 MB as CSV. */
export const bigRows = 100_000;

const tables = `
  CREATE TABLE customers (id int PRIMARY KEY, name text, note text, balance numeric(12, 2));
  INSERT INTO customers VALUES
    (1, 'Ada, Countess', 'said "no"', 10.50), (2, 'Grace', NULL, -0.01), (3, 'Zoë ☃', '', 9007199254740993.25 / 1000000),
    (4, E'two\\nlines', 'plain', NULL);
  CREATE TABLE orders (id bigint PRIMARY KEY, customer int REFERENCES customers, placed timestamptz);
  INSERT INTO orders SELECT n, n % 4 + 1, timestamptz '2026-01-01 12:00:00.123456+00' + n * interval '1 hour'
    FROM generate_series(1, 1000) n;
  CREATE TABLE big AS SELECT n AS id, repeat(md5(n::text), 4) AS filling FROM generate_series(1, ${bigRows}) n;
  ALTER TABLE big ADD PRIMARY KEY (id);
  ANALYZE;`;

export const test = base.extend<object, { readonly postgres: TestPostgres }>({
  postgres: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are used from the pattern
    async ({}, use) => {
      const postgres = await startPostgres();
      try {
        await postgres.sql(tables);
        await use(postgres);
      } finally {
        await postgres.end();
      }
    },
    { scope: 'worker' },
  ],
});

/** A connection link, with its password, as hosters show it. */
export function linkTo({ target }: TestPostgres): string {
  const { user, password, host, port, database } = target;
  return `postgresql://${user}:${encodeURIComponent(password ?? '')}@${host}:${port}/${database}?sslmode=disable`;
}

/** Adds the server as a connection by its link alone, and opens it. */
export async function openDatabase(page: Page, postgres: TestPostgres): Promise<void> {
  await openPlace(page, 'Connections');
  await page.getByRole('button', { name: 'New connection' }).click();
  const dialog = page.getByRole('dialog', { name: 'New connection' });
  await dialog.getByLabel('Link').fill(linkTo(postgres));
  await dialog.getByRole('textbox', { name: 'Host' }).and(page.locator('[value="127.0.0.1"]')).waitFor();
  await dialog.getByRole('button', { name: 'Add' }).click();
  await tree(page).waitFor();
}

export const tree = (page: Page): Locator => page.getByRole('tree', { name: 'Tables' });
export const table = (page: Page, name: string): Locator =>
  page.getByRole('treeitem', { name: new RegExp(`^${name} `) });

/** Writes into the SQL editor; completions that come up are put away. */
export async function writeSql(page: Page, sql: string): Promise<void> {
  await page.getByRole('button', { name: 'SQL', exact: true }).click();
  const editor = page.getByRole('textbox', { name: 'SQL' });
  await editor.fill(sql);
  await editor.press('Escape');
}

/** Opens the dialog of format and place for what was chosen. */
export async function openExport(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /^Export( \d+ tables)?…$/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Export / });
  await dialog.waitFor();
  return dialog;
}

/** Sessions of Sluice that read `relation` now. */
export async function readersOf(postgres: TestPostgres, relation: string): Promise<number> {
  const rows = await postgres.sql(
    `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query ILIKE '%${relation}%'`,
  );
  return rows.length;
}
