/** Which browser the tests drive: one that the machine has, else one that is installed here. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';
import { aptInstall, canUseApt, quietly } from './programs.ts';

/** Where people have Chrome, Chromium or Edge. The test suite needs any one of them, not a certain version. */
function usualPlaces(): string[] {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (app) => `/Applications/${app}.app/Contents/MacOS/${app}`,
    );
  }
  if (process.platform === 'win32') {
    const roots = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) => process.env[name] ?? '');
    const programs = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];
    return roots.filter(Boolean).flatMap((root) => programs.map((program) => join(root, program)));
  }
  const names = ['chromium', 'google-chrome-stable', 'google-chrome', 'chromium-browser', 'microsoft-edge'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** The browser to drive: `SLUICE_CHROMIUM`, an installed one, or Playwright's; null where there is none. */
export function findBrowser(): string | null {
  const given = process.env['SLUICE_CHROMIUM'];
  if (given) return given;
  return [...usualPlaces(), chromium.executablePath()].find((path) => path !== '' && existsSync(path)) ?? null;
}

/** In ms: a start takes seconds where the machine does other things too; only what hangs takes so long. */
const patience = 180_000;

/** How the tests start their browser. Without an own one, Playwright says which is missing. */
export function browserLaunch(): { executablePath?: string; args: string[]; timeout: number } {
  const executablePath = findBrowser();
  return { args: browserArguments(), timeout: patience, ...(executablePath !== null && { executablePath }) };
}

/**
 * Pages of the browser's own, which the address bar keeps ready behind every page that is opened: half of what opening
 * one costs. Only the last list is heard, so what Playwright turns off stands here too.
 */
const withoutFeatures = `
  WebUIOmniboxPopup WebUIOmniboxAimPopup
  AimEnabled LensOverlay MediaRouter NetworkTimeServiceQuerying OptimizationHints PreconnectToSearch
  AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose PaintHolding
  HttpsFirstBalancedModeAutoEnable HttpsUpgrades ThirdPartyStoragePartitioning`;

/** Nothing that phones home, and no sandbox for root, where Chromium has none. */
function browserArguments(): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const quiet = ['gpu', 'quic', 'background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`);
  return [...asRoot, ...quiet, `--disable-features=${withoutFeatures.trim().split(/\s+/).join(',')}`, '--no-first-run'];
}

async function starts(executablePath: string): Promise<boolean> {
  try {
    const browser = await chromium.launch({ executablePath, args: browserArguments(), timeout: patience });
    await browser.close();
    return true;
  } catch {
    return false;
  }
}

export interface BrowserChoice {
  /** Null where no browser could be had. */
  readonly path: string | null;
  /** What was done to get it, for the person to read. */
  readonly how: string;
}

/** Finds a browser that starts, or installs one: Playwright's, else (as root on Debian and its kin) the distribution's. */
export async function ensureBrowser(): Promise<BrowserChoice> {
  const found = findBrowser();
  if (found !== null && (await starts(found))) return { path: found, how: found };
  if (process.env['SLUICE_CHROMIUM']) return { path: null, how: `SLUICE_CHROMIUM is ${found}, which does not start` };

  const own = chromium.executablePath();
  playwright('install', 'chromium');
  if (existsSync(own) && canUseApt && !(await starts(own))) playwright('install-deps', 'chromium');
  if (existsSync(own) && (await starts(own))) return { path: own, how: `${own}, installed by Playwright` };

  if (canUseApt) {
    aptInstall('chromium');
    const path = '/usr/bin/chromium';
    if (existsSync(path) && (await starts(path))) return { path, how: `${path}, installed by apt-get` };
  }
  return {
    path: null,
    how: 'no browser found, and none could be installed: install Chrome or Chromium, or set SLUICE_CHROMIUM to its path',
  };
}

function playwright(...args: string[]): void {
  quietly(process.execPath, [join(import.meta.dirname, '../../node_modules/playwright/cli.js'), ...args]);
}
