/** Every state of the window that a person can meet: what the engine says, and what the person does. */
import { failure } from '../../shared/failure.ts';
import { busyJobs, heldByHash, manyJobs, metersFor } from '../component/samples.ts';
import { addScenes } from './scenes-add.ts';
import { databaseScenes } from './scenes-database.ts';
import { failureScenes } from './scenes-failures.ts';
import { jobScenes } from './scenes-jobs.ts';
import { servedScenes } from './scenes-served.ts';
import { stoppedScenes } from './scenes-stopped.ts';
import { busy, button, engineWith, row, type Scene, type Stage } from './stage.ts';

export type { Scene } from './stage.ts';

/** Gives the total speed a minute of past, which a picture cannot wait for. */
async function withHistory({ page, engine, past }: Stage): Promise<void> {
  await row(page, /ubuntu/).waitFor();
  const jobs = busyJobs();
  for (let i = 0; i < past; i += 1) {
    const share = 0.7 + 0.25 * Math.sin(i / 4) + 0.08 * Math.sin(i / 1.3);
    engine.change({ meters: metersFor(jobs).map((meter) => ({ ...meter, rate: meter.rate * share })) });
    await page.clock.runFor(1000);
  }
  engine.change({ meters: metersFor(jobs) });
  await page.clock.runFor(1000);
}

async function openDetails(stage: Stage, name: RegExp, tab?: string): Promise<void> {
  await withHistory(stage);
  await row(stage.page, name).click();
  await stage.page.keyboard.press('Enter');
  await stage.page.getByRole('tablist').waitFor();
  if (tab) await stage.page.getByRole('tab', { name: tab }).click();
}

export const scenes: readonly Scene[] = [
  { name: 'first-run', engine: () => engineWith({ jobs: [] }) },
  { name: 'busy', engine: busy, act: withHistory },
  {
    name: 'ten-thousand',
    engine: () => {
      const jobs = manyJobs(10_000);
      return engineWith({ jobs, meters: metersFor(jobs) });
    },
    act: ({ page }) =>
      row(page, /job|survey|backup/)
        .first()
        .waitFor(),
  },
  {
    name: 'search',
    engine: () => engineWith({ jobs: manyJobs(10_000) }),
    act: async ({ page }) => {
      await page.getByRole('textbox', { name: 'Search jobs' }).fill('lecture pdf');
      await row(page, /lecture/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'search-nothing',
    engine: busy,
    act: ({ page }) => page.getByRole('textbox', { name: 'Search jobs' }).fill('quarterly'),
  },
  { name: 'group-active', engine: busy, act: ({ page }) => button(page, /^Active/).click() },
  {
    name: 'group-empty',
    engine: () => engineWith({ jobs: manyJobs(100).slice(50) }),
    act: ({ page }) => button(page, /^Failed/).click(),
  },
  {
    name: 'action-failed',
    engine: () => {
      const engine = busy();
      engine.failing.set(
        'jobs.pause',
        failure('not-in-this-state', { name: 'ubuntu-26.04-desktop-amd64.iso', state: 'checking' }),
      );
      engine.failing.set('settings.set', failure('bad-input', { detail: 'This limit is too low.' }));
      return engine;
    },
    act: async ({ page }) => {
      await row(page, /ubuntu/).click();
      await page.keyboard.press('Space');
      await button(page, /^Speed limit/).click();
      await page.getByRole('menuitemradio', { name: '2 MB/s' }).click();
      await page.getByRole('alert').getByText('This limit').waitFor();
    },
  },
  {
    name: 'notice',
    engine: () => busy({ info: { notices: [failure('store-corrupt', { file: 'sluice.db.2026-05-12.corrupt' })] } }),
  },
  { name: 'details', engine: busy, act: (stage) => openDetails(stage, /ubuntu/) },
  {
    name: 'details-held-by-hash',
    engine: () => {
      const engine = busy();
      engine.detail = (id) => heldByHash(engine.job(id));
      return engine;
    },
    act: async (stage) => {
      await openDetails(stage, /ubuntu/);
      const meters = metersFor(busyJobs()).map((meter) => ({ ...meter, bottleneck: 'processing' as const }));
      stage.engine.change({ meters });
      await stage.page.getByText('Held back').first().waitFor();
    },
  },
  { name: 'details-activity', engine: busy, act: (stage) => openDetails(stage, /ubuntu/, 'Activity') },
  { name: 'details-request', engine: busy, act: (stage) => openDetails(stage, /ubuntu/, 'Request') },
  { name: 'details-file', engine: busy, act: (stage) => openDetails(stage, /postgresql/, 'File') },
  { name: 'details-paused', engine: busy, act: (stage) => openDetails(stage, /ILSVRC/) },
  { name: 'details-done', engine: busy, act: (stage) => openDetails(stage, /postgresql/) },
  { name: 'details-unknown-size', engine: busy, act: (stage) => openDetails(stage, /city-council/) },
  {
    name: 'several-selected',
    engine: busy,
    act: async (stage) => {
      await openDetails(stage, /ubuntu/);
      await row(stage.page, /ILSVRC/).click({ modifiers: ['Shift'] });
    },
  },
  {
    name: 'menu',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /blender/).click({ button: 'right', position: { x: 260, y: 26 } });
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'limit-menu',
    engine: () => busy({ settings: { limit: 5_000_000 } }),
    act: async ({ page }) => {
      await button(page, /^Speed limit/).click();
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'palette',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /ubuntu/).click();
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByPlaceholder('Search commands').waitFor();
    },
  },
  {
    name: 'palette-search',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /ubuntu/).waitFor();
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByPlaceholder('Search commands').fill('de');
    },
  },
  {
    name: 'settings',
    engine: () => busy({ info: { face: 'desktop', can: { chooseFolder: true, openFiles: true, sleep: false } } }),
    act: async ({ page }) => {
      await button(page, 'Settings').click();
      await page.getByText('208 GB free').waitFor();
    },
  },
  {
    name: 'settings-speed',
    engine: () =>
      busy({
        settings: {
          limit: 25_000_000,
          hostLimits: { 'planet.openstreetmap.org': 10_000_000 },
          schedule: [
            { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00', limit: 2_000_000 },
            { days: [0, 6], from: '22:00', to: '06:00', limit: null },
          ],
        },
      }),
    act: async ({ page }) => {
      await button(page, 'Settings').click();
      await page.getByRole('tab', { name: 'Speed' }).click();
    },
  },
  {
    name: 'when-done',
    engine: () =>
      busy({ settings: { whenDone: 'sleep' }, info: { can: { chooseFolder: true, openFiles: true, sleep: true } } }),
  },
  {
    name: 'delete',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /ubuntu/).click();
      await page.keyboard.press('Delete');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'delete-several',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /postgresql/).click();
      await row(page, /fosdem/).click({ modifiers: ['Shift'] });
      await page.keyboard.press('Delete');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'start-later',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /census/).click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Start later…' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'priority-menu',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /debian/).click({ button: 'right', position: { x: 200, y: 26 } });
      await page.getByRole('menuitem', { name: 'Priority' }).click();
      await page.getByRole('menuitemradio', { name: 'High' }).waitFor();
    },
  },
  {
    name: 'toast',
    engine: busy,
    act: async (stage) => {
      const { page, engine } = stage;
      await withHistory(stage);
      await button(page, /^Failed/).click();
      engine.change({
        jobs: [
          {
            ...engine.job('blender'),
            state: { kind: 'completed', at: Date.UTC(2026, 4, 12, 14, 33), proof: 'checksum' },
          },
        ],
      });
      await page.getByRole('button', { name: 'Show', exact: true }).waitFor();
    },
  },
  {
    name: 'drop',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /ubuntu/).waitFor();
      await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData('text/uri-list', 'https://example.org/file.zip');
        window.dispatchEvent(new DragEvent('dragover', { dataTransfer, cancelable: true, bubbles: true }));
      });
    },
  },
  {
    name: 'keyboard-focus',
    engine: busy,
    act: async ({ page }) => {
      await row(page, /ubuntu/).click();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Tab');
    },
  },
  {
    name: 'reconnecting',
    engine: busy,
    expected: /WebSocket connection|Failed to load resource/,
    act: async (stage) => {
      await withHistory(stage);
      stage.server.cut(stage.token);
      await stage.page.getByText('The list shows').waitFor();
    },
  },
  { name: 'no-token', engine: busy, token: 'missing' },
  {
    name: 'wrong-token',
    engine: busy,
    token: 'wrong',
    expected: /WebSocket connection|401/,
    act: ({ page }) => page.getByRole('heading').waitFor(),
  },
  { name: 'narrow-860', width: 860, height: 560, engine: busy, act: withHistory },
  { name: 'narrow-860-details', width: 860, height: 700, engine: busy, act: (stage) => openDetails(stage, /ubuntu/) },
  { name: 'narrow-700', width: 700, height: 560, engine: busy, act: withHistory },
  { name: 'zoom-200', zoom: 2, engine: busy, act: withHistory },
  { name: 'zoom-200-details', zoom: 2, engine: busy, act: (stage) => openDetails(stage, /ubuntu/) },
  { name: 'narrow-480', width: 480, height: 700, engine: busy, act: withHistory },
  {
    name: 'narrow-480-details',
    pictured: true,
    width: 480,
    height: 700,
    engine: busy,
    act: (stage) => openDetails(stage, /ubuntu/),
  },
  { name: 'contrast', contrast: 'more', engine: busy, act: (stage) => openDetails(stage, /ubuntu/) },
  { name: 'forced-colors', contrast: 'forced', engine: busy, act: (stage) => openDetails(stage, /ubuntu/) },
  { name: 'reduced-motion', reducedMotion: true, engine: busy, act: withHistory },
  ...addScenes,
  ...stoppedScenes,
  ...databaseScenes,
  ...failureScenes,
  ...servedScenes,
  ...jobScenes,
];
