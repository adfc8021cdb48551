/** Connections and exports, as a person meets them. */
import type { Page } from 'playwright';
import { failure } from '../../shared/failure.ts';
import { Refusal } from '../component/engine-double.ts';
import { databaseEngine, sampleImportable } from '../component/database-samples.ts';
import { button, type Scene } from './stage.ts';

async function openConnections(page: Page): Promise<void> {
  await button(page, /^Connections/).click();
  await page.getByRole('heading', { name: 'Connections' }).waitFor();
}

async function newConnection(page: Page): Promise<void> {
  await openConnections(page);
  await button(page, 'New connection').click();
  await page.getByRole('dialog').waitFor();
}

async function openShop(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Shop (production)' }).click();
  await page.getByRole('tree').waitFor();
}

async function openOrders(page: Page): Promise<void> {
  await openShop(page);
  await page.getByRole('treeitem', { name: /^orders Table/ }).click();
  await page.clock.runFor(500);
  await page.getByRole('cell', { name: '1204332' }).waitFor();
}

async function writeQuery(page: Page, sql: string): Promise<void> {
  await openShop(page);
  await page.getByRole('button', { name: 'SQL', exact: true }).click();
  await page.getByRole('textbox', { name: 'SQL' }).fill(sql);
  await page.keyboard.press('Escape');
  await page.clock.runFor(1000);
}

const monthly = `SELECT o.id, c.name, o.placed_at, o.total
FROM orders o
  JOIN customers c ON c.id = o.customer_id
WHERE o.placed_at >= $1 AND o.total > $2 -- only what counts
ORDER BY o.id`;

export const databaseScenes: readonly Scene[] = [
  {
    name: 'connections',
    engine: () => {
      const engine = databaseEngine();
      engine.database.importable = sampleImportable;
      engine.database.test = async () => ({
        server: 'PostgreSQL 18.4',
        latency: 12.4,
        tls: 'TLSv1.3',
        user: 'ada',
        database: 'shop',
        readOnly: true,
        pooler: false,
      });
      return engine;
    },
    act: async ({ page }) => {
      await openConnections(page);
      await button(page, 'Test Shop (production)').click();
      await page.getByText('PostgreSQL 18.4').waitFor();
    },
  },
  {
    name: 'connections-none',
    pictured: true,
    engine: () => {
      const engine = databaseEngine();
      engine.database.profiles = [];
      return engine;
    },
    act: async ({ page }) => {
      await openConnections(page);
      await page.getByText('Connect to a PostgreSQL').waitFor();
    },
  },
  {
    name: 'connection-new',
    engine: databaseEngine,
    act: ({ page }) => newConnection(page),
  },
  {
    name: 'connection-refused',
    height: 860,
    engine: () => {
      const engine = databaseEngine();
      engine.database.test = async () => {
        throw new Refusal('login-refused', {
          host: 'db.shop.example',
          user: 'ada',
          detail: 'password authentication failed for user "ada"',
        });
      };
      return engine;
    },
    act: async ({ page }) => {
      await openConnections(page);
      await button(page, 'More for Research warehouse').click();
      await page.getByRole('menuitem', { name: 'Edit…' }).click();
      await button(page, 'SSH tunnel').click();
      await button(page, 'Test').last().click();
      await page.getByText('refused the login').waitFor();
    },
  },
  {
    name: 'connection-remove',
    pictured: true,
    engine: databaseEngine,
    act: async ({ page }) => {
      await openConnections(page);
      await button(page, 'More for Research warehouse').click();
      await page.getByRole('menuitem', { name: 'Remove…' }).click();
      await page.getByRole('dialog', { name: 'Remove this connection?' }).waitFor();
    },
  },
  {
    name: 'connections-narrow',
    pictured: true,
    width: 860,
    height: 560,
    engine: () => {
      const engine = databaseEngine();
      engine.database.test = async () => {
        throw new Refusal('host-not-found', { host: 'db.shop.example' });
      };
      return engine;
    },
    act: async ({ page }) => {
      await openConnections(page);
      await button(page, 'Test Shop (production)').click();
      await page.getByText('could not be found').waitFor();
    },
  },
  {
    name: 'export-tables',
    engine: databaseEngine,
    act: ({ page }) => openOrders(page),
  },
  {
    name: 'export-several',
    pictured: true,
    engine: databaseEngine,
    act: async ({ page }) => {
      await openShop(page);
      for (const name of [/^customers Table/, /^orders Table/, /^order_lines Table/]) {
        await page.getByRole('treeitem', { name }).click();
        await page.keyboard.press('Space');
      }
      await page.getByText('3 tables').first().waitFor();
    },
  },
  {
    name: 'export-sql',
    engine: () => {
      const engine = databaseEngine();
      engine.database.describe = () => ({
        columns: [],
        parameters: ['timestamp with time zone', 'numeric'],
      });
      return engine;
    },
    act: async ({ page }) => {
      await writeQuery(page, monthly);
      await page.getByRole('textbox', { name: '$1' }).fill('2026-01-01');
      await page.keyboard.press('Tab');
      await page.clock.runFor(1000);
      await page.getByText('expected').waitFor();
      await button(page, 'Preview').first().click();
      await page.getByRole('cell', { name: '1204332' }).waitFor();
    },
  },
  {
    name: 'export-sql-error',
    engine: () => {
      const engine = databaseEngine();
      engine.database.describe = (sql) => {
        const position = sql.indexOf('custommers') + 1;
        throw new Refusal('sql-error', {
          detail: 'relation "custommers" does not exist',
          hint: '',
          position,
          line: 3,
          column: 8,
        });
      };
      return engine;
    },
    act: async ({ page }) => {
      await writeQuery(page, monthly.replace('customers', 'custommers'));
      await page.getByText('does not exist').waitFor();
    },
  },
  {
    name: 'export-completion',
    engine: databaseEngine,
    act: async ({ page }) => {
      await writeQuery(page, 'SELECT id, placed_at\nFROM ');
      await page.getByRole('textbox', { name: 'SQL' }).pressSequentially('ord');
      await page.clock.runFor(500);
      await page.getByText('order_lines').last().waitFor();
    },
  },
  {
    name: 'export-unreachable',
    pictured: true,
    engine: () => {
      const engine = databaseEngine();
      engine.failing.set('connections.catalog', failure('connection-timed-out', { host: 'db.shop.example' }));
      return engine;
    },
    act: async ({ page }) => {
      await page.getByRole('button', { name: 'Shop (production)' }).click();
      await page.getByText('did not answer').waitFor();
    },
  },
  {
    name: 'export-format',
    engine: databaseEngine,
    act: async ({ page }) => {
      await openOrders(page);
      await button(page, 'Export…').click();
      await button(page, 'Dialect').click();
      await page.clock.runFor(500);
      await page.getByText('customer_id').last().waitFor();
    },
  },
  {
    name: 'export-format-parquet',
    pictured: true,
    engine: databaseEngine,
    act: async ({ page }) => {
      await openOrders(page);
      await button(page, 'Export…').click();
      await page.getByRole('combobox', { name: 'Format' }).selectOption('Parquet');
      await button(page, 'More options').click();
      await page.getByRole('combobox', { name: 'Split into files' }).selectOption('By rows');
      await page.clock.runFor(500);
    },
  },
  {
    name: 'export-narrow',
    width: 860,
    height: 560,
    engine: databaseEngine,
    act: ({ page }) => openOrders(page),
  },
  {
    name: 'export-zoom-200',
    pictured: true,
    zoom: 2,
    engine: databaseEngine,
    act: ({ page }) => openOrders(page),
  },
];
