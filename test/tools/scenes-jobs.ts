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
      await page.getByText('It reads slowly').waitFor();
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
      await page.getByText('It reads slowly').waitFor();
    },
  },
  {
    name: 'share-new',
    engine: sharing,
    act: async ({ page }) => {
      await openShares(page);
      await button(page, 'New share').click();
      await page.getByRole('combobox', { name: 'Share a' }).selectOption('Folder');
      await page.getByRole('radio', { name: 'This network' }).click();
      await page.clock.runFor(300);
      await page.getByText('192.168.1.24').last().waitFor();
    },
  },
];
