/** Connections and exports, as a person meets them. */
import type { Page } from 'playwright';
import { Refusal } from '../component/engine-double.ts';
import { databaseEngine, sampleImportable } from '../component/database-samples.ts';
import type { Scene } from './scenes.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

async function openConnections(page: Page): Promise<void> {
  await button(page, /^Connections/).click();
  await page.getByRole('heading', { name: 'Connections' }).waitFor();
}

async function newConnection(page: Page): Promise<void> {
  await openConnections(page);
  await button(page, 'New connection').click();
  await page.getByRole('dialog').waitFor();
}

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
    name: 'connections-narrow',
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
];
