/** The way to a database with a shop in it, where exports begin. */
import { expect } from 'vitest';
import { page } from 'vitest/browser';
import { databaseEngine } from './database-samples.ts';
import type { EngineDouble } from './engine-double.ts';
import { button, openWindow } from './harness.tsx';

export const item = (name: string | RegExp) => page.getByRole('treeitem', { name });
export const orders = /^orders Table/;
export const editor = () => page.getByRole('textbox', { name: 'SQL' });
export const dialog = () => page.getByRole('dialog');

export async function openShop(engine: EngineDouble = databaseEngine()): Promise<EngineDouble> {
  localStorage.removeItem('sluice.export-format');
  await openWindow(engine);
  await button('Shop (production)').click();
  await expect.element(page.getByRole('tree', { name: 'Tables' })).toBeVisible();
  return engine;
}

export async function writeSql(sql: string): Promise<void> {
  await page.getByRole('button', { name: 'SQL', exact: true }).click();
  await editor().fill(sql);
}
