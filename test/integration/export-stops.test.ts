/** Pausing, stopping and limiting an export, as the server sees it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { csv, exportFolder, query, table } from './export-driver.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`
    CREATE TABLE keyed (n int PRIMARY KEY, hash text);
    INSERT INTO keyed SELECT n, md5(n::text) FROM generate_series(1, 300000) n;
    CREATE TABLE plain AS TABLE keyed;
    ANALYZE;`);
});
afterAll(() => server.end());

/** What the server does for exports: state and what it waits for. */
async function activity(): Promise<string[]> {
  const rows = await server.sql(
    `SELECT state || ' ' || coalesce(wait_event, '') AS it FROM pg_stat_activity WHERE application_name = 'Sluice export'`,
  );
  return rows.map(({ it }) => it ?? '');
}

/** Resolves when the server does nothing for exports any more: what it was asked would take it minutes. */
async function gone(): Promise<void> {
  await expect.poll(activity, { interval: 5 }).toEqual([]);
}

/** Resolves when it is at work. */
async function atWork(): Promise<void> {
  await expect.poll(async () => (await activity()).some((one) => one.startsWith('active'))).toBe(true);
}

test('a stop ends a query that gives no rows yet, on the server, at once', async () => {
  await using home = await exportFolder(server);
  const sql = 'SELECT a.n FROM plain a, plain b ORDER BY a.hash || b.hash LIMIT 10';
  const took: number[] = [];
  for (const name of ['1.csv', '2.csv', '3.csv']) {
    const run = home.start({ source: query(sql), name });
    await run.event(({ kind }) => kind === 'started');
    await atWork();
    const begun = performance.now();
    home.exports.stop(run.id);
    await gone();
    took.push(performance.now() - begun);
    expect(await run.outcome).toEqual({ kind: 'stopped' });
  }
  // A second on a machine that does nothing else; the query itself would take minutes.
  expect(Math.min(...took)).toBeLessThan(10_000);
});

test('a stop while rows are counted ends that too', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: query('SELECT a.n FROM plain a, plain b WHERE a.hash < b.hash'), exactCount: true });
  await atWork();
  home.exports.stop(run.id);
  await gone();
  expect(await run.outcome).toEqual({ kind: 'stopped' });
  expect(await home.list()).toEqual([]);
});

test('a stop of several sessions ends all of them', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('plain'), parallel: 3, limit: 500_000 });
  await run.rows(1);
  expect((await activity()).length).toBe(3);
  home.exports.stop(run.id);
  await gone();
  expect(await run.outcome).toEqual({ kind: 'stopped' });
});

test('a pause holds the portal and moves nothing; it goes on where it stood', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('plain'), limit: 1_000_000 });
  await run.rows(10_000);
  home.exports.pause(run.id);
  expect(await run.event(({ kind }) => kind === 'parked')).toEqual({ kind: 'parked', held: true });
  const meter = () => home.exports.meters().find(({ id }) => id === run.id);
  const moved = async () => {
    const before = meter()?.rows;
    await sleep(600);
    return meter()?.rows !== before;
  };
  await expect.poll(moved).toBe(false);
  expect((await activity())[0]).toMatch(/^active Client(Read|Write)$/);
  home.exports.resume(run.id);
  home.exports.setLimit(run.id, null);
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  const lines = await home.lines('rows.csv');
  expect(lines.length).toBe(300_001);
  expect(new Set(lines).size).toBe(300_001);
});

test('a long pause becomes a checkpoint, so that the server can let the snapshot go', async () => {
  await using home = await exportFolder(server, { holdFor: 300 });
  const run = home.start({ source: table('keyed'), limit: 1_000_000 });
  await run.rows(10_000);
  home.exports.pause(run.id);
  await run.event(({ kind }) => kind === 'parked');
  expect(await run.outcome).toEqual({ kind: 'stopped' });
  expect(await activity()).toEqual([]);
  expect(run.journal?.checkpoint?.rows).toBeGreaterThanOrEqual(10_000);
  expect(await home.start({ source: table('keyed') }, run.journal).outcome).toMatchObject({ kind: 'completed' });
  const numbers = (await home.lines('rows.csv')).slice(1).map((line) => Number.parseInt(line, 10));
  expect(numbers).toEqual(Array.from({ length: 300_000 }, (_, n) => n + 1));
});

test('a long pause of what can only start over is held, and the person is told', async () => {
  await using home = await exportFolder(server, { holdFor: 200 });
  const run = home.start({ source: table('plain'), limit: 1_000_000 });
  await run.rows(10_000);
  home.exports.pause(run.id);
  await run.event((event) => event.kind === 'activity' && event.level === 'warning' && /snapshot/.test(event.text));
  expect((await activity()).length).toBe(1);
  home.exports.stop(run.id);
  expect(await run.outcome).toEqual({ kind: 'stopped' });
});

test('a pause before the first row loses nothing by stopping', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('keyed') });
  home.exports.pause(run.id);
  expect(await run.outcome).toEqual({ kind: 'stopped' });
});

test('a limit is kept, and what holds the export back is said', async () => {
  await using home = await exportFolder(server);
  const begun = performance.now();
  const run = home.start({
    source: table('plain', null, 'n <= 100000'),
    limit: 1_000_000,
    format: { ...csv, header: false },
  });
  const bottleneck = () => home.exports.meters().find(({ id }) => id === run.id)?.bottleneck;
  await expect.poll(bottleneck).toBe('limit');
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  const size = (await home.read('rows.csv')).length;
  expect(((performance.now() - begun) / 1000) * 1_000_000).toBeGreaterThan(size * 0.9);
});

test('one limit over all', async () => {
  await using home = await exportFolder(server);
  home.exports.setGlobalLimit(1_500_000);
  const begun = performance.now();
  const runs = [1, 2].map((n) => home.start({ source: table('plain', null, 'n <= 40000'), name: `${n}.csv` }));
  await Promise.all(runs.map((run) => run.outcome));
  const sizes = await Promise.all([1, 2].map(async (n) => (await home.read(`${n}.csv`)).length));
  const whole = (sizes[0] ?? 0) + (sizes[1] ?? 0);
  expect(((performance.now() - begun) / 1000) * 1_500_000).toBeGreaterThan(whole * 0.9);
});

test('closing the room ends what runs and leaves what counts', async () => {
  await using home = await exportFolder(server);
  const run = home.start({ source: table('keyed'), limit: 1_000_000 });
  await run.rows(10_000);
  await home.exports.close();
  expect(await run.outcome).toEqual({ kind: 'stopped' });
  expect(run.journal?.checkpoint?.rows).toBeGreaterThanOrEqual(10_000);
  await gone();
});

test('tables agree with each other while they are written to', async () => {
  await server.sql(`CREATE TABLE debit AS SELECT n, 0 AS sum FROM generate_series(1, 20000) n;
    CREATE TABLE credit AS TABLE debit;`);
  await using home = await exportFolder(server);
  const tables = ['debit', 'credit'].map((name) => ({ schema: 'public', name }));
  const run = home.start({ source: { kind: 'tables', tables }, name: 'both', limit: 200_000 });
  let isDone = false;
  const writer = (async () => {
    for (let n = 1; !isDone; n += 1) {
      await server.sql(`UPDATE debit SET sum = sum + 1 WHERE n = ${n}; UPDATE credit SET sum = sum + 1 WHERE n = ${n}`);
    }
  })();
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  isDone = true;
  await writer;
  const [debit, credit] = await Promise.all(['debit', 'credit'].map((name) => home.lines(`both/public.${name}.csv`)));
  const sum = (lines: string[] = []) => lines.slice(1).reduce((all, line) => all + Number(line.split(',')[1]), 0);
  const later = await server.sql('SELECT sum(sum) AS sum FROM debit');
  expect(sum(debit)).toBe(sum(credit));
  expect(Number(later[0]?.['sum'])).toBeGreaterThan(sum(debit));
});
