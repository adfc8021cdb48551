import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExportJournal } from '../../electron/engine/export/index.ts';
import { RECHECK_MS } from '../../electron/engine/jobs/timetable.ts';
import { shares } from '../../electron/engine/jobs/shared-limit.ts';
import type { CaptureRequest } from '../../shared/capture.ts';
import type { ExportRequest } from '../../shared/export.ts';
import { failure } from '../../shared/failure.ts';
import type { ExportJob } from '../../shared/job.ts';
import { createWorld, profile, until, type World } from './jobs-world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const orders: ExportRequest = {
  connection: 'c1',
  source: { kind: 'table', schema: 'public', name: 'orders', columns: null, where: null },
  format: { kind: 'ndjson' },
  compression: 'zstd',
};
const feed: CaptureRequest = {
  feed: { kind: 'sse', url: 'https://me:hush@feed.example.com/events', headers: { 'X-Key': 's3cret' } },
  rotation: { bytes: 1_000_000, seconds: null, naming: 'number' },
  compression: 'none',
  queue: { records: 100, bytes: 100_000 },
  whenFull: 'block',
};
const journal: ExportJournal = {
  name: 'orders.ndjson.zst',
  files: [{ name: 'orders.ndjson.zst', rows: 70, bytes: 700, table: 0, inode: null, endsTable: false }],
  resumability: 'key',
  key: ['id'],
  columns: [{ name: 'id', type: 'bigint' }],
  checkpoint: { at: 1, rows: 70, bytes: 700, after: ['70'], encoder: null, compressor: null },
  expected: { rows: 100, exact: false },
  newerSnapshot: false,
};

const addExport = (more: Partial<ExportRequest> = {}) => world.jobs.addExport({ ...orders, ...more }, profile);
const addCapture = () => world.jobs.addCapture(feed, () => profile);

async function running(id: string): Promise<void> {
  const room = world.jobs.get(id).kind === 'export' ? world.exports : world.captures;
  await until(() => room.runs.has(id));
  if (world.exports.runs.has(id)) world.exports.tell(id, { kind: 'started', journal });
}

async function paused(): Promise<string> {
  const id = addExport();
  await running(id);
  world.jobs.pause([id]);
  world.exports.tell(id, { kind: 'parked', held: true });
  return id;
}

describe('an export', () => {
  test('is named after its table, runs as it was asked for, and tells how far it is', async () => {
    const id = addExport();
    await running(id);
    expect(world.exports.runs.get(id)?.spec).toMatchObject({
      target: { id: 'c1' },
      name: 'orders.ndjson.zst',
      folder: world.files,
      timeZone: 'UTC',
      parallel: 1,
    });
    const job = world.jobs.get(id) as ExportJob;
    expect(job).toMatchObject({ rows: 70, done: 700, expected: { rows: 100, exact: false }, resumability: 'key' });
    expect(job.connection).toEqual({ id: 'c1', name: 'Shop', color: 'green' });
  });

  test('that is paused holds still without taking a place, and goes on in the same run', async () => {
    await world.jobs.setSettings({ maxActive: 1 });
    const id = await paused();
    expect(world.state(id)).toBe('paused');
    const next = addExport({ name: 'next' });
    await running(next);
    world.exports.tell(next, { kind: 'ended', outcome: { kind: 'completed', name: 'next', size: 1, proof: 'size' } });
    world.jobs.resume([id]);
    await until(() => world.state(id) === 'running');
    expect(world.exports.asked).toEqual([`start ${id}`, `pause ${id}`, `start ${next}`, `resume ${id}`]);
  });

  test('that waits for its time while it holds still, and is paused again or cancelled, leaves no timer', async () => {
    for (const act of ['pause', 'cancel'] as const) {
      const id = await paused();
      world.jobs.setStartAt([id], world.clock.now() + 3_600_000);
      world.jobs.resume([id]);
      await until(() => world.state(id) === 'waiting');
      expect(world.clock.longest).toBe(RECHECK_MS);
      world.jobs[act]([id]);
      await until(() => ['paused', 'cancelled'].includes(world.state(id)));
      expect(world.clock.longest).toBeLessThan(RECHECK_MS);
    }
  });

  test('that was let go while it was paused begins a run from its checkpoint when it goes on', async () => {
    const id = await paused();
    world.exports.tell(id, { kind: 'ended', outcome: { kind: 'stopped' } });
    expect(world.state(id)).toBe('paused');
    world.jobs.resume([id]);
    await until(() => world.exports.runs.has(id));
    expect(world.exports.runs.get(id)?.resume).toEqual(journal);
  });

  test('whose server is lost while it is paused stays paused, and says so', async () => {
    const id = await paused();
    const lost = failure('database-lost', { host: 'db.example.com', detail: 'shut down' });
    world.exports.tell(id, { kind: 'ended', outcome: { kind: 'failed', failure: lost } });
    expect(world.state(id)).toBe('paused');
    expect(world.jobs.detail(id).activity.at(-1)?.text).toContain('was lost');
  });

  test('that is paused can be cancelled: its run is stopped', async () => {
    const id = await paused();
    world.jobs.cancel([id]);
    await until(() => world.state(id) === 'cancelled');
    expect(world.exports.asked.at(-1)).toBe(`stop ${id}`);
  });

  test('that is being cancelled does not go on because it is told to', async () => {
    const id = await paused();
    // Its server takes a moment to end the query.
    world.exports.stop = (asked) => world.exports.asked.push(`stop ${asked}`);
    world.jobs.cancel([id]);
    world.jobs.resume([id]);
    await new Promise((resolve) => setImmediate(resolve));
    world.exports.tell(id, { kind: 'ended', outcome: { kind: 'stopped' } });
    expect([world.state(id), world.exports.asked.at(-1)]).toEqual(['cancelled', `stop ${id}`]);
  });

  test('whose snapshot is let go just when it goes on begins a run from its checkpoint', async () => {
    const id = await paused();
    world.jobs.resume([id]);
    await until(() => world.state(id) === 'running');
    world.exports.tell(id, { kind: 'ended', outcome: { kind: 'stopped' } });
    await until(() => world.exports.runs.has(id));
    expect(world.exports.runs.get(id)?.resume).toEqual(journal);
  });

  test('does not keep the engine open while it comes to a hold', async () => {
    const id = addExport();
    await running(id);
    world.jobs.pause([id]);
    await world.jobs.close();
    world.reopen();
    expect(world.state(id)).toBe('paused');
  });

  test('survives a restart with its journal, paused or not', async () => {
    const held = await paused();
    const id = addExport();
    await running(id);
    await world.jobs.close();
    world.reopen();
    await until(() => world.exports.runs.has(id));
    expect(world.exports.runs.get(id)?.resume).toEqual(journal);
    expect([world.state(held), world.exports.runs.has(held)]).toEqual(['paused', false]);
  });

  test.each<[Partial<ExportRequest>, RegExp]>([
    [{ format: { kind: 'parquet', compression: 'zstd' } }, /compressed inside/],
    [{ timeZone: 'Mars/Olympus' }, /not a time zone/],
    [{ parallel: 2, source: { kind: 'query', sql: 'select 1', parameters: [], key: null } }, /one table/],
    [{ parallel: 2, split: { rows: 5 } }, /do not split/],
    [{ folder: 'relative' }, /folder/],
  ])('asked for as %j is refused, and nothing is kept', (more, words) => {
    expect(() => addExport(more)).toThrow(words);
    expect(world.jobs.list()).toEqual([]);
  });
});

describe('a capture', () => {
  test('gets its secrets when it runs, and shows none', async () => {
    const id = addCapture();
    await running(id);
    expect(world.captures.runs.get(id)?.spec.feed).toMatchObject({
      url: 'https://feed.example.com/events',
      headers: { 'X-Key': 's3cret', Authorization: `Basic ${btoa('me:hush')}` },
    });
    expect(JSON.stringify(world.jobs.get(id))).not.toMatch(/hush|s3cret/);
  });

  test('takes no place from what has an end', async () => {
    await world.jobs.setSettings({ maxActive: 1 });
    const ids = [addCapture(), addCapture(), addExport()];
    for (const id of ids) await running(id);
    expect(world.captures.runs.size + world.exports.runs.size).toBe(3);
  });

  test('finishes when it is told to, also out of a pause', async () => {
    const id = addCapture();
    await running(id);
    world.jobs.pause([id]);
    await until(() => world.state(id) === 'paused');
    world.jobs.finish([id]);
    await until(() => world.captures.asked.at(-1) === `finish ${id}`);
    world.captures.tell(id, { kind: 'ended', outcome: { kind: 'completed', name: 'events', size: 9, proof: 'size' } });
    expect(world.jobs.get(id)).toMatchObject({ state: { kind: 'completed' }, size: 9 });
  });

  test('and only a capture can be finished', async () => {
    const id = addExport();
    await running(id);
    expect(() => world.jobs.finish([id])).toThrow('cannot do this');
  });
});

test.each([
  [null, 1, 1, null, null],
  [900, 1, 0, 900, 900],
  [900, 2, 1, 600, 300],
  [1, 1, 1, 1, 1],
])('a limit of %j over %i downloads and %i exports is %j and %j', (limit, downloads, exports, download, exporting) => {
  expect(shares(limit, downloads, exports)).toEqual({ download, export: exporting });
});
