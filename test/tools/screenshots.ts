/**
 * Takes every state of the window, light and dark, into docs/images/: `npm run screenshots [-- NAME…]`.
 * In each state axe has to find nothing, and neither the CSP nor the console may say a word. `--check` looks without
 * taking pictures: what `npm test` runs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { sampleNow } from '../component/samples.ts';
import { browserLaunch } from './browser.ts';
import { scenes, type Scene } from './scenes.ts';
import { smallPng } from './small-png.ts';
import { startWindowServer, type WindowServer } from './window-server.ts';

const root = join(import.meta.dirname, '../..');
const themes = ['light', 'dark'] as const;
/** Scenes that play at the same time: the smallest machine has two cores. */
const together = 2;
type NodeResult = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number]['nodes'][number];

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'docs/images') },
    dist: { type: 'string', default: join(root, 'dist/renderer') },
  },
});

/** Shows a scene in both themes and returns what is wrong with it. */
async function play(browser: Browser, server: WindowServer, scene: Scene): Promise<string[]> {
  const { width = 1180, height = 760, zoom = 1 } = scene;
  const context = await browser.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
    colorScheme: 'light',
    reducedMotion: scene.reducedMotion ? 'reduce' : 'no-preference',
    contrast: scene.contrast === 'more' ? 'more' : 'no-preference',
    forcedColors: scene.contrast === 'forced' ? 'active' : 'none',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const wrong = new Set<string>();
  try {
    await show(context, server, scene, wrong);
  } catch (error) {
    wrong.add(`did not come about: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await context.close();
  }
  return [...wrong];
}

async function show(
  context: BrowserContext,
  server: WindowServer,
  scene: Scene,
  wrong: Pick<Set<string>, 'add'>,
): Promise<void> {
  const page = await context.newPage();
  page.setDefaultTimeout(180_000);
  page.on('pageerror', (error) => wrong.add(`threw: ${error.message}`));
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type()) || scene.expected?.test(message.text())) return;
    wrong.add(`console: ${message.text()}`);
  });
  await page.clock.install({ time: sampleNow });

  const engine = scene.engine();
  server.serve(scene.name, engine);
  const fragment = scene.token === 'missing' ? '' : `#token=${scene.token === 'wrong' ? 'nobody' : scene.name}`;
  await page.goto(`${server.origin}/${fragment}`);
  await page.getByRole('main').waitFor();
  await scene.act?.({ page, engine, server, token: scene.name, past: options.check ? 1 : 30 });

  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    await settle(page);
    if (!options.check) {
      const picture = await page.screenshot({ animations: 'disabled' });
      writeFileSync(join(options.out, `${scene.name}-${theme}.png`), smallPng(picture));
    }
    // The other way opens one more page for each look, for the sake of frames from elsewhere: there are none.
    const axe = new AxeBuilder({ page }).setLegacyMode();
    // The theme changes colours and nothing else.
    if (theme === 'dark') axe.withRules('color-contrast');
    for (const { id, help, nodes } of (await axe.analyze()).violations) {
      wrong.add(`axe, ${theme}: ${id}: ${help}\n    ${nodes.slice(0, 4).map(describeNode).join('\n    ')}`);
    }
  }
}

function describeNode({ html, any, all }: NodeResult): string {
  return `${html.slice(0, 140)} ${[...any, ...all][0]?.message ?? ''}`;
}

/** Waits for fonts and for what is under way to be drawn; transitions are shorter than what the clock is moved by. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.clock.runFor(700);
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getTiming().iterations !== Infinity)
        // One that is taken back meanwhile is over as well.
        .map((animation) => animation.finished.catch(() => null)),
    ),
  );
}

async function main(): Promise<number> {
  mkdirSync(options.out, { recursive: true });
  const chosen = scenes.filter(({ name, pictured = false }) =>
    wanted.length === 0 ? !(options.check && pictured) : wanted.includes(name),
  );
  const server = await startWindowServer(options.dist);
  // Unhinted, glyphs stand where they do on a screen of today's density.
  const { args, ...launch } = browserLaunch();
  const browser = await chromium.launch({ ...launch, args: [...args, '--font-render-hinting=none'] });
  let failed = 0;
  try {
    const waiting = [...chosen];
    const playOneByOne = async () => {
      for (let scene = waiting.shift(); scene; scene = waiting.shift()) {
        const wrong = await play(browser, server, scene);
        if (wrong.length === 0) continue;
        failed += 1;
        console.log(`${scene.name}\n  ${wrong.join('\n  ')}`);
      }
    };
    await Promise.all(Array.from({ length: together }, playOneByOne));
  } finally {
    await browser.close();
    server.close();
  }
  const where = options.check ? '' : `, pictures in ${options.out}`;
  console.log(`${chosen.length - failed} of ${chosen.length} states are clean in both themes${where}`);
  return failed === 0 && chosen.length > 0 ? 0 : 1;
}

process.exitCode = await main();
