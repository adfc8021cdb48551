/** The details panel: one job in depth, or the sums of several. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { resumabilities } from '../../shared/job.ts';
import { EngineDouble } from './engine-double.ts';
import { button, openWindow, press, row } from './harness.tsx';
import { busyJobs, detailFor, heldByHash, metersFor, sampleJob } from './samples.ts';

const panel = () => page.getByRole('complementary', { name: 'Details' });
const inPanel = (words: string) => panel().getByText(words, { exact: false });

async function openDetails(name: string): Promise<EngineDouble> {
  const jobs = busyJobs();
  const engine = new EngineDouble({ jobs, meters: metersFor(jobs) });
  engine.detail = (id) => detailFor(engine.job(id));
  await openWindow(engine);
  await row(name).click();
  await press('{Enter}');
  await expect.element(panel().getByRole('heading', { name, exact: false })).toBeVisible();
  return engine;
}

test('overview: figures, what holds it back, why it can be resumed, connections', async () => {
  await openDetails('ubuntu-26.04');
  const sentence = /^The server sends \d+\.\d MB\/s per connection: Sluice waits for it 83.% of the time\.$/;
  await expect.element(panel().getByText(sentence)).toBeVisible();
  // How long each side was waited for, and how full the queue is.
  for (const words of ['Source 83 %', 'Queue 3/8', 'Disk 4 %']) await expect.element(inPanel(words)).toBeVisible();
  await expect.element(inPanel('the server marks each version of the file')).toBeInTheDocument();
  await expect.element(panel().getByRole('img', { name: /Speed over the last two minutes/ })).toBeVisible();
  await expect.element(panel().getByRole('img', { name: /60 % of 6\.2 GB is here, in 8 pieces/ })).toBeVisible();
  expect(panel().getByRole('row').elements()).toHaveLength(1 + 8);
});

test('it follows the engine: new details are drawn', async () => {
  const engine = await openDetails('ubuntu-26.04');
  await expect.element(inPanel('3/8')).toBeVisible();
  engine.detail = (id) => ({ ...detailFor(engine.job(id)), queue: { used: 7, size: 8 } });
  engine.tick();
  await expect.element(inPanel('7/8')).toBeVisible();
});

test('it says when this computer holds a download back, and which of its connections wait for that', async () => {
  const engine = await openDetails('ubuntu-26.04');
  engine.detail = (id) => heldByHash(engine.job(id));
  const meters = metersFor(busyJobs()).map((meter) => ({ ...meter, bottleneck: 'processing' as const }));
  engine.change({ meters });
  engine.tick();
  await expect
    .element(inPanel('This computer is the slowest part: Sluice waits for the checksum 69 % of the time.'))
    .toBeVisible();
  await expect.element(inPanel('Queue 4/4')).toBeVisible();
  expect(panel().getByText('Held back').elements()).toHaveLength(4);
});

test('activity, request and file have a tab each, reached by arrow keys', async () => {
  await openDetails('ubuntu-26.04');
  await panel().getByRole('tab', { name: 'Overview' }).click();
  await press('{ArrowRight}{Enter}');
  await expect.element(inPanel('Started with 8 connections')).toBeVisible();
  await press('{ArrowRight}{Enter}');
  await expect.element(inPanel('Authorization: (hidden)')).toBeVisible();
  await press('{ArrowRight}{Enter}');
  await expect.element(inPanel('/home/ada/Downloads/ubuntu-26.04-desktop-amd64.iso.sluice')).toBeVisible();
});

test.for(resumabilities)('says why or why not it can be resumed: %s', async (resumability) => {
  await openWindow(new EngineDouble({ jobs: [sampleJob({ id: 'a', resumability })] }));
  await row('a.bin').click();
  await press('{Enter}');
  await expect
    .element(panel().getByText(/(Resumable|Not resumable|Not known whether .*) because the server .+\./))
    .toBeVisible();
});

test('several selected: sums, with a total only where every size is known', async () => {
  const engine = await openDetails('debian-13');
  await row('census').click({ modifiers: ['Shift'] });
  await expect.element(panel().getByRole('heading', { name: '2 downloads' })).toBeVisible();
  await expect.element(inPanel('0 of 10.2 GB · 0 %')).toBeVisible();
  await row('city-council').click({ modifiers: ['Control'] });
  await expect.element(inPanel('318 MB so far')).toBeVisible();
  await expect.element(inPanel('%')).not.toBeInTheDocument();
  await panel().getByRole('button', { name: 'Pause' }).click();
  await expect.poll(() => engine.callsOf('jobs.pause')).toHaveLength(1);
});

test('limits of one job change while it runs', async () => {
  const engine = await openDetails('ubuntu-26.04');
  await panel().getByRole('combobox', { name: 'Speed' }).selectOptions('2 MB/s');
  await expect.poll(() => engine.callsOf('jobs.setLimit')).toEqual([{ id: 'ubuntu', limit: 2_000_000 }]);
  await panel().getByRole('combobox', { name: 'Connections' }).selectOptions('4');
  await expect.poll(() => engine.callsOf('jobs.setConnections')).toEqual([{ id: 'ubuntu', connections: 4 }]);
});

test('it stands beside the list where there is room, else below', async () => {
  await openDetails('ubuntu-26.04');
  const place = () => {
    const list = page.getByRole('grid').element().getBoundingClientRect();
    const details = panel().element().getBoundingClientRect();
    return details.left >= list.right ? 'beside' : details.top >= list.bottom ? 'below' : 'over';
  };
  expect(place()).toBe('beside');
  await page.viewport(900, 700);
  await expect.poll(place).toBe('below');
  await button('Close details').click();
  await expect.element(panel()).not.toBeInTheDocument();
});
