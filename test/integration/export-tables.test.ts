/** Several tables in one export: what happens between two of them, and what is left of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createExports, type ExportJournal, type ExportSpec } from '../../electron/engine/export/index.ts';
import type { ExportSource } from '../../shared/database.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { exportFolder, type ExportFolder } from './export-driver.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`
    CREATE TABLE a (id int PRIMARY KEY, hash text);
    INSERT INTO a SELECT n, md5(n::text) FROM generate_series(1, 2000) n;
    CREATE MATERIALIZED VIEW b AS TABLE a;
    CREATE TABLE long AS SELECT n, md5(n::text) AS hash FROM generate_series(1, 60000) n;
    CREATE TABLE short AS SELECT n, 'short' AS hash FROM generate_series(1, 10) n;
    DO $$ BEGIN FOR n IN 1..30 LOOP
      EXECUTE format('CREATE TABLE small%s (id int PRIMARY KEY, n int)', n);
      EXECUTE format('INSERT INTO small%s SELECT n, n FROM generate_series(1, 500) n', n);
    END LOOP; END $$;
    ANALYZE;`);
});
afterAll(async () => {
  await exports.close();
  await server.end();
});

// A checkpoint at every look.
const exports = createExports({ checkpointEvery: 0 });

type Asked = Partial<ExportSpec> & { source: ExportSource };

function tables(...names: string[]): Asked {
  return { source: { kind: 'tables', tables: names.map((name) => ({ schema: 'public', name })) }, name: 'all' };
}

/** Locks b as its REFRESH does: unlike a table it is not locked before the first one is read. `waited`: resolves when an export has waited for it so long. */
async function lockB() {
  const { port, user, password, database } = server.target;
  const client = new Client({ host: server.socketFolder, port, user, password: password ?? '', database });
  await client.connect();
  await client.query('BEGIN; REFRESH MATERIALIZED VIEW b');
  return {
    async waited(interval = '0 s') {
      const waits = `SELECT FROM pg_stat_activity WHERE application_name = 'Sluice export' AND wait_event_type = 'Lock'
        AND clock_timestamp() - query_start >= interval '${interval}'`;
      while ((await server.sql(waits)).length === 0) await sleep(10);
    },
    async [Symbol.asyncDispose]() {
      await client.end();
    },
  };
}

/** The journal of an export that was stopped when a was finished and b not begun. */
async function stoppedBetween(home: ExportFolder): Promise<ExportJournal> {
  await using lock = await lockB();
  const run = home.start(tables('a', 'b'));
  await lock.waited();
  home.exports.stop(run.id);
  expect(await run.outcome).toEqual({ kind: 'stopped' });
  if (!run.journal) throw new Error('no journal');
  return run.journal;
}

const whole = ['all', 'all/public.a.csv', 'all/public.b.csv'];

test('many small ones with checkpoints all the time', async () => {
  await using home = await exportFolder(server, exports);
  const names = Array.from({ length: 30 }, (_, n) => `small${n + 1}`);
  const run = home.start(tables(...names));
  expect(await run.outcome).toMatchObject({ kind: 'completed', name: 'all' });
  for (const name of names) expect((await home.lines(`all/public.${name}.csv`)).length).toBe(501);
});

test('a second one that is locked for a while is waited for', async () => {
  await using home = await exportFolder(server, exports);
  const lock = await lockB();
  const run = home.start(tables('a', 'b'));
  // Some looks of the clock, at each of which a checkpoint would be due.
  await lock.waited('1 s');
  await lock[Symbol.asyncDispose]();
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(await home.list()).toEqual(whole);
});

test('a second one that is gone is what the person is told', async () => {
  await using home = await exportFolder(server, exports);
  const outcome = await home.start(tables('a', 'gone')).outcome;
  expect(outcome).toMatchObject({
    kind: 'attention',
    failure: { params: { detail: 'relation "public.gone" does not exist' } },
  });
});

test('a pause between two holds still, and it goes on', async () => {
  await using home = await exportFolder(server, exports);
  const lock = await lockB();
  const run = home.start(tables('a', 'b'));
  await lock.waited();
  home.exports.pause(run.id);
  await run.event(({ kind }) => kind === 'parked');
  await lock[Symbol.asyncDispose]();
  home.exports.resume(run.id);
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  expect(await home.list()).toEqual(whole);
});

test('a stop between two leaves the first whole in the journal, and it is not read again', async () => {
  await using home = await exportFolder(server, exports);
  const journal = await stoppedBetween(home);
  const [a] = journal.files;
  expect(journal.files).toEqual([a]);
  expect(a).toMatchObject({ name: 'all/public.a.csv', rows: 2000, endsTable: true });
  expect(a?.bytes).toBe((await home.read('all/public.a.csv')).length);
  const again = home.start(tables('a', 'b'), journal);
  expect(await again.outcome).toMatchObject({ kind: 'completed' });
  expect(again.journal?.files[0]).toEqual(a);
  expect(await home.list()).toEqual(whole);
});

test('one whose end alone was not noted needs no server', async () => {
  await using home = await exportFolder(server, exports);
  const run = home.start(tables('a', 'b'));
  const outcome = await run.outcome;
  const nowhere = { ...server.target, port: 1 };
  expect(await home.start({ ...tables('a', 'b'), target: nowhere }, run.journal).outcome).toEqual(outcome);
});

test('without keys: what is left over of one never becomes a file of the next', async () => {
  await using home = await exportFolder(server, exports);
  const spec = { ...tables('long', 'short'), split: { rows: 5000 } };
  const run = home.start({ ...spec, limit: 400_000 });
  await run.event((event) => event.kind === 'committed' && event.journal.files.length >= 5);
  home.exports.stop(run.id);
  expect(await run.outcome).toEqual({ kind: 'stopped' });
  await server.sql('DELETE FROM long WHERE n > 7000');
  const again = home.start(spec, run.journal);
  expect(await again.outcome).toMatchObject({ kind: 'completed' });
  const names = ['all/public.long-0001.csv', 'all/public.long-0002.csv', 'all/public.short-0001.csv'];
  expect(await home.list()).toEqual(['all', ...names]);
  expect(again.journal?.files.map(({ name, rows, table }) => [name, rows, table])).toEqual([
    [names[0], 5000, 0],
    [names[1], 2000, 0],
    [names[2], 10, 1],
  ]);
  expect(await home.lines('all/public.short-0001.csv')).toContain('10,short');
});

test('without a key, begun over and interrupted once more: no file of the first run stays', async () => {
  await using home = await exportFolder(server, exports);
  const spec = { ...tables('a', 'long'), split: { rows: 1000 } };
  const first = home.start({ ...spec, limit: 150_000 });
  await first.event((event) => event.kind === 'committed' && event.journal.files.length >= 5);
  home.exports.stop(first.id);
  await first.outcome;
  const second = home.start({ ...spec, limit: 1 }, first.journal);
  await second.event(({ kind }) => kind === 'started');
  home.exports.stop(second.id);
  await second.outcome;
  const known = (second.journal?.files ?? []).map(({ name }) => name);
  const there = (await home.list()).slice(1).map((name) => name.replace(/\.sluice$/, ''));
  expect(there.filter((name) => !known.includes(name))).toEqual([]);
});

test('a finished file of a table that is read again gives its name back', async () => {
  await using home = await exportFolder(server, exports);
  const journal = await stoppedBetween(home);
  // A crash between the name and the journal: that says nothing of the end.
  const files = journal.files.map((file) => ({ ...file, rows: 0, bytes: 0, endsTable: false }));
  const before = { ...journal, checkpoint: null, files };
  expect(await home.start(tables('a', 'b'), before).outcome).toMatchObject({ kind: 'completed' });
  expect(await home.list()).toEqual(whole);
  expect((await home.lines('all/public.a.csv')).length).toBe(2001);
});
