/** Exports and captures at work, and shares, as a person meets them. */
import type { Page } from 'playwright';
import { databaseEngine } from '../component/database-samples.ts';
import type { EngineDouble } from '../component/engine-double.ts';
import { mixedDetail, mixedJobs, mixedMeters } from '../component/export-samples.ts';
import { busyJobs } from '../component/samples.ts';
import { sampleNetwork, sampleShareDetail, sampleShares } from '../component/share-samples.ts';
import { button, type Scene } from './stage.ts';

function mixed(): EngineDouble {
  const jobs = [...mixedJobs(), ...busyJobs().filter(({ id }) => id === 'stream')];
  const engine = databaseEngine({ jobs, meters: mixedMeters(jobs) });
  engine.detail = (id) => mixedDetail(engine.job(id));
  return engine;
}

async function openJob(page: Page, name: RegExp, tab?: string): Promise<void> {
  await page.getByRole('row', { name }).click();
  await page.keyboard.press('Enter');
  await page.getByRole('tablist').waitFor();
  if (tab) await page.getByRole('tab', { name: tab }).click();
}

function sharing(): EngineDouble {
  const engine = mixed();
  engine.shares.shares = [...sampleShares];
  engine.shares.network = sampleNetwork;
  engine.shares.detail = (id) => ({ ...sampleShareDetail, id });
  return engine;
}

async function openShares(page: Page): Promise<void> {
  await button(page, /^Shares/).click();
  await page.getByRole('heading', { name: 'Shares' }).waitFor();
}

const fingerprint = Array.from({ length: 32 }, (_, i) => ((i * 71 + 58) % 256).toString(16).padStart(2, '0'))
  .join(':')
  .toUpperCase();

export const jobScenes: readonly Scene[] = [
  { name: 'exports-running', engine: mixed, act: ({ page }) => openJob(page, /^orders/) },
  { name: 'export-query', pictured: true, engine: mixed, act: ({ page }) => openJob(page, /^orders/, 'Query') },
  { name: 'export-paused', pictured: true, engine: mixed, act: ({ page }) => openJob(page, /^order-lines/) },
  { name: 'export-done', pictured: true, engine: mixed, act: ({ page }) => openJob(page, /^products/, 'Files') },
  { name: 'export-failed', pictured: true, engine: mixed, act: ({ page }) => openJob(page, /^customers/) },
  {
    name: 'exports-narrow',
    pictured: true,
    width: 860,
    height: 560,
    engine: mixed,
    act: ({ page }) => page.getByRole('row', { name: /^orders/ }).waitFor(),
  },
  { name: 'capture', engine: mixed, act: ({ page }) => openJob(page, /^recentchange/) },
  {
    name: 'capture-records',
    pictured: true,
    engine: mixed,
    act: ({ page }) => openJob(page, /^recentchange/, 'Records'),
  },
  {
    name: 'capture-new',
    engine: mixed,
    act: async ({ page }) => {
      await button(page, 'Other new things').click();
      await page.getByRole('menuitem', { name: 'Capture of a feed…' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'new-menu',
    pictured: true,
    engine: mixed,
    act: async ({ page }) => {
      await button(page, 'Other new things').click();
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'shares',
    engine: sharing,
    act: async ({ page }) => {
      await openShares(page);
      await button(page, /^city-council/).click();
      await page.getByText('The phone reads slowly').waitFor();
    },
  },
  {
    name: 'captures',
    pictured: true,
    engine: mixed,
    act: async ({ page }) => {
      await button(page, /^Captures/).click();
      await page.getByRole('row', { name: /^recentchange/ }).waitFor();
    },
  },
  {
    name: 'captures-none',
    pictured: true,
    engine: () => databaseEngine(),
    act: async ({ page }) => {
      await button(page, /^Captures/).click();
      await button(page, 'Try it').waitFor();
    },
  },
  {
    name: 'shares-https',
    pictured: true,
    height: 900,
    engine: () => {
      const engine = sharing();
      engine.shares.network = { ...sampleNetwork, https: true, fingerprint };
      return engine;
    },
    act: async ({ page }) => {
      await openShares(page);
      await button(page, /^city-council/).click();
      await page.getByText('SHA-256 fingerprint').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'shares-none',
    pictured: true,
    engine: mixed,
    act: async ({ page }) => {
      await openShares(page);
      await button(page, 'Share a folder').waitFor();
    },
  },
  {
    name: 'shares-narrow',
    pictured: true,
    width: 860,
    height: 640,
    engine: sharing,
    act: async ({ page }) => {
      await openShares(page);
      await button(page, /^city-council/).click();
      await page.getByText('The phone reads slowly').waitFor();
    },
  },
  {
    name: 'share-new',
    engine: sharing,
    act: async ({ page }) => {
      await openShares(page);
      await button(page, 'New share').click();
      await page.getByRole('combobox', { name: 'Share a' }).selectOption('Folder');
      await page.getByRole('checkbox', { name: 'Others may upload' }).check();
      await page.getByRole('radio', { name: 'This network' }).click();
      await page.clock.runFor(300);
      await page.getByText('192.168.1.24').last().waitFor();
    },
  },
  {
    name: 'share-new-query',
    height: 860,
    engine: () => {
      const engine = sharing();
      engine.database.describe = () => ({ columns: [], parameters: ['timestamp with time zone', 'boolean', 'date'] });
      return engine;
    },
    act: async ({ page }) => {
      await openShares(page);
      await button(page, 'New share').click();
      await page.getByRole('combobox', { name: 'Share a' }).selectOption('Query');
      await page.getByRole('combobox', { name: 'Connection' }).selectOption('Shop (production)');
      await page
        .getByRole('textbox', { name: 'SQL' })
        .fill('SELECT * FROM orders\nWHERE placed_at >= $1 AND paid = $2\n  AND shipped_on = $3');
      await page.clock.runFor(1000);
      await page.getByRole('textbox', { name: 'Name of $1' }).fill('since');
      await page.getByRole('combobox', { name: '$2 if it is left out' }).selectOption('true');
    },
  },
  {
    name: 'share-new-remote',
    pictured: true,
    engine: sharing,
    act: async ({ page }) => {
      await openShares(page);
      await button(page, 'New share').click();
      await page.getByRole('combobox', { name: 'Share a' }).selectOption('Remote link');
      await page.getByRole('textbox', { name: 'Link' }).fill('https://media.example.org/council.mkv');
      await button(page, 'Headers').click();
      await page.getByRole('textbox', { name: 'Headers' }).fill('Authorization: Bearer 9f2b77');
    },
  },
  {
    name: 'share-zoom-200',
    pictured: true,
    zoom: 2,
    engine: sharing,
    act: async ({ page }) => {
      await openShares(page);
      await button(page, 'New share').click();
    },
  },
];
