import { defineConfig } from '@playwright/test';
import { browserLaunch } from './test/tools/browser.ts';

const report = process.env['SLUICE_E2E_REPORT'];

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results/e2e',
  // The smallest machine has two cores.
  workers: 2,
  fullyParallel: true,
  // Only what hangs takes so long: on a machine that does other things too, all may be slow.
  timeout: 600_000,
  expect: { timeout: 120_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: report ? [['dot'], ['json', { outputFile: report }]] : [['list']],
  use: {
    viewport: { width: 1180, height: 760 },
    trace: 'retain-on-failure',
    launchOptions: browserLaunch(),
  },
  projects: [{ name: 'browser' }, { name: 'electron' }],
});
