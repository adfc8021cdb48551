/** Exports and captures in the list and in detail: rows, what is only estimated, what is held, what is missing. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { CaptureJobDetail } from '../../shared/job.ts';
import { databaseEngine } from './database-samples.ts';
import { EngineDouble } from './engine-double.ts';
import { exportDetail, mixedDetail, mixedJobs, mixedMeters, sampleCapture, sampleExport } from './export-samples.ts';
import { button, openWindow, press, row, rowNames } from './harness.tsx';
import { sampleJob } from './samples.ts';

const panel = () => page.getByRole('complementary', { name: 'Details' });
const inPanel = (words: string) => panel().getByText(words, { exact: false });

async function openMixed(): Promise<EngineDouble> {
  const jobs = mixedJobs();
  const engine = new EngineDouble({ jobs, meters: mixedMeters(jobs) });
  engine.detail = (id) => mixedDetail(engine.job(id));
  await openWindow(engine);
  return engine;
}

async function openDetails(name: string): Promise<EngineDouble> {
  const engine = await openMixed();
  await row(name).click();
  await press('{Enter}');
  await expect.element(panel().getByRole('tab', { name: 'Overview' })).toBeVisible();
  return engine;
}

test('rows count, and a share of an estimate carries ≈ and never says that all is here', async () => {
  await openMixed();
  await expect.element(row('orders').getByText('493,200 rows')).toBeVisible();
  await expect.element(row('orders').getByText('≈ 40 %')).toBeVisible();
  await expect.element(row('orders').getByText('48.2K rows/s')).toBeVisible();
  await expect.element(row('events').getByText('66 %', { exact: true })).toBeVisible();
  await expect.element(row('products').getByText('12,840 rows, 1.2 MB')).toBeVisible();
});

test('more rows than the planner expected are 99 %, not more', async () => {
  const job = sampleExport({
    id: 'a',
    state: { kind: 'paused' },
    rows: 5_000,
    done: 9_000,
    expected: { rows: 1_000, exact: false },
  });
  await openWindow(new EngineDouble({ jobs: [job] }));
  await expect.element(row('a').getByText('≈ 99 %')).toBeVisible();
});

test('an export says what holds it back, what it goes on after, and that the server holds a snapshot', async () => {
  const engine = await openDetails('orders');
  engine.detail = (id) => {
    const job = engine.job(id);
    if (job.kind !== 'export') throw new Error('not an export');
    return { ...exportDetail(job), snapshotSince: Date.now() - 5 * 60_000 };
  };
  engine.tick();
  await expect
    .element(inPanel('The database is the slowest part: Sluice waits for it 71 % of the time.'))
    .toBeVisible();
  await expect.element(inPanel('because its rows have a unique order, by id.')).toBeInTheDocument();
  await expect.element(inPanel('The server has held a snapshot for this since')).toBeVisible();
  await expect.element(inPanel('493104')).toBeInTheDocument();
});

test('a snapshot that was just taken is no reason to warn', async () => {
  const engine = await openDetails('orders');
  engine.detail = (id) => {
    const job = engine.job(id);
    if (job.kind !== 'export') throw new Error('not an export');
    return { ...exportDetail(job), snapshotSince: Date.now() - 2_000 };
  };
  engine.tick();
  await expect.element(inPanel('The server has held a snapshot')).not.toBeInTheDocument();
});

test('the query tab shows the SQL, its columns and the server’s process', async () => {
  await openDetails('orders');
  await panel().getByRole('tab', { name: 'Query' }).click();
  await expect.element(inPanel('FROM "public"."orders"')).toBeVisible();
  await expect.element(inPanel('48112')).toBeVisible();
  await expect.element(panel().getByRole('cell', { name: 'customer_id' })).toBeInTheDocument();
});

test('a row that could not be encoded is named with its column', async () => {
  await openMixed();
  await expect.element(row('customers').getByText('Row 40,312, column name', { exact: false })).toBeVisible();
});

test('a capture shows its queue against its bounds, its gaps, and can be finished', async () => {
  const engine = await openDetails('recentchange');
  await expect.element(inPanel('2,310 of 10,000')).toBeVisible();
  await expect.element(inPanel('queue full, 4 s, 412 records lost')).toBeInTheDocument();
  await expect.element(inPanel('disconnected, 4 s, nothing lost')).toBeInTheDocument();
  await expect.element(inPanel('When the disk is full, records wait in the queue')).toBeInTheDocument();
  await expect.element(inPanel('The disk is full.')).not.toBeInTheDocument();
  const { detail } = engine;
  engine.detail = (id) => ({ ...detail(id), diskFull: true }) as CaptureJobDetail;
  engine.tick();
  await expect.element(inPanel('The disk is full. It goes on by itself when there is room.')).toBeVisible();
  await panel().getByRole('button', { name: 'Finish' }).click();
  await expect.poll(() => engine.callsOf('jobs.finish')).toEqual([{ ids: ['recentchange'] }]);
  await panel().getByRole('tab', { name: 'Records' }).click();
  await expect.element(inPanel('884120344')).toBeVisible();
});

test('only captures can be finished', async () => {
  await openMixed();
  await row('orders').click({ button: 'right' });
  await expect.element(page.getByRole('menuitem', { name: 'Pause' })).toBeVisible();
  await expect.element(page.getByRole('menuitem', { name: 'Finish' })).not.toBeInTheDocument();
  // An export has no link to copy or to open either.
  await expect.element(page.getByRole('menuitem', { name: 'Copy link' })).not.toBeInTheDocument();
});

test('the captures have a group of their own', async () => {
  await openMixed();
  await button(/^Captures/).click();
  await expect.poll(rowNames).toEqual(['recentchange']);
});

test('without captures, their group offers one, and what was asked for reaches the engine', async () => {
  const engine = new EngineDouble({ jobs: [] });
  engine.shares.captured = () => {
    engine.change({ jobs: [sampleCapture({ id: 'new', name: 'ticks' })] });
    return 'new';
  };
  await openWindow(engine);
  await button(/^Captures/).click();
  await button('New capture').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Feed' }).selectOptions('Asked again and again');
  await button('Start').click();
  await expect.element(dialog.getByText('Write the link of the feed.', { exact: false })).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Link' }).fill('https://api.example.org/ticks');
  await dialog.getByRole('textbox', { name: 'Queue, records' }).fill('500');
  await dialog.getByRole('combobox', { name: 'When the queue is full' }).selectOptions('Fail');
  await dialog.getByRole('combobox', { name: 'When the disk is full' }).selectOptions('Ask me');
  await button('Start').click();
  await expect.element(row('ticks')).toBeVisible();
  expect(engine.callsOf('captures.add')).toEqual([
    {
      feed: { kind: 'poll', url: 'https://api.example.org/ticks', interval: 10, changesOnly: true },
      folder: '/home/ada/Downloads',
      rotation: { bytes: 64_000_000, seconds: null, naming: 'number' },
      compression: 'none',
      queue: { records: 500, bytes: 16_000_000 },
      whenFull: 'fail',
      whenDiskFull: 'fail',
    },
  ]);
});

test('several kinds together are jobs', async () => {
  const engine = new EngineDouble({
    jobs: [sampleJob({ id: 'a', position: 1 }), sampleExport({ id: 'b', position: 2 })],
  });
  await openWindow(engine);
  await row('a.bin').click();
  await row('b.csv').click({ modifiers: ['Shift'] });
  await press('{Enter}');
  await expect.element(panel().getByRole('heading', { name: '2 jobs' })).toBeVisible();
});

test('a capture is asked for with its headers; PostgreSQL’s notifications cannot wait', async () => {
  const engine = databaseEngine();
  await openWindow(engine);
  await button(/^Captures/).click();
  await button('New capture').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Link' }).fill('https://example.org/events');
  await button(/^Headers/).click();
  await dialog.getByRole('textbox', { name: 'Headers' }).fill('Authorization: Bearer s3cret');
  await button('Start').click();
  await expect
    .poll(() => engine.callsOf('captures.add'))
    .toMatchObject([{ feed: { kind: 'sse', headers: { Authorization: 'Bearer s3cret' } }, whenFull: 'block' }]);
  await button(/^Captures/).click();
  await button('New capture').click();
  await dialog.getByRole('combobox', { name: 'Feed' }).selectOptions('PostgreSQL notifications');
  await dialog.getByRole('combobox', { name: 'Connection' }).selectOptions('Shop (production)');
  await dialog.getByRole('textbox', { name: 'Channels' }).fill('orders');
  await expect.element(dialog.getByRole('option', { name: 'Stop reading' })).not.toBeInTheDocument();
  await button('Start').click();
  await expect
    .poll(() => engine.callsOf('captures.add').at(-1))
    .toMatchObject({ feed: { kind: 'listen', channels: ['orders'] }, whenFull: 'drop-oldest' });
});

test('Captures without one have something to try', async () => {
  const engine = databaseEngine();
  await openWindow(engine);
  await button(/^Captures/).click();
  await button('Try it').click();
  await expect
    .poll(() => engine.callsOf('captures.add'))
    .toMatchObject([{ feed: { kind: 'sse', url: 'http://127.0.0.1:4000/sample/feed' } }]);
});
