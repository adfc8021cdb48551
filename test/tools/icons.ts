/** Draws the icons from their SVGs with Chromium: `node test/tools/icons.ts`. The results are committed. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { browserLaunch } from './browser.ts';

const resources = join(import.meta.dirname, '../../electron/resources');

interface Drawing {
  readonly svg: 'icon.svg' | 'tray-template.svg';
  readonly png: string;
  /** Pixels of the square picture. */
  readonly size: number;
  /** Pixels left free on each side: macOS icons keep a tenth. */
  readonly margin?: number;
}

const drawings: readonly Drawing[] = [
  // What electron-builder makes .ico and .icns of, and the sizes that a Linux desktop looks for
  { svg: 'icon.svg', png: 'icon.png', size: 1024 },
  { svg: 'icon.svg', png: 'icon-mac.png', size: 1024, margin: 100 },
  ...[16, 24, 32, 48, 64, 128, 256, 512].map((size): Drawing => ({
    svg: 'icon.svg',
    png: `linux/${size}x${size}.png`,
    size,
  })),
  // What the running app shows; vite.config.ts puts this folder beside the main process
  { svg: 'icon.svg', png: 'app/icon.png', size: 256 },
  { svg: 'icon.svg', png: 'app/tray.png', size: 24 },
  { svg: 'icon.svg', png: 'app/tray@2x.png', size: 48 },
  { svg: 'tray-template.svg', png: 'app/trayTemplate.png', size: 18 },
  { svg: 'tray-template.svg', png: 'app/trayTemplate@2x.png', size: 36 },
];

async function draw(page: Page, { svg, png, size, margin = 0 }: Drawing): Promise<void> {
  const source = Buffer.from(readFileSync(join(resources, svg))).toString('base64');
  const inner = size - 2 * margin;
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>*{margin:0}img{display:block;padding:${margin}px;width:${inner}px;height:${inner}px}</style>` +
      `<img src="data:image/svg+xml;base64,${source}">`,
  );
  await page.locator('img').evaluate((image: HTMLImageElement) => image.decode());
  const path = join(resources, png);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path, omitBackground: true });
}

const browser = await chromium.launch(browserLaunch());
try {
  const page = await browser.newPage({ deviceScaleFactor: 1 });
  for (const drawing of drawings) await draw(page, drawing);
} finally {
  await browser.close();
}
