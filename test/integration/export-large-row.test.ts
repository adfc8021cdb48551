/** A row far larger than a portion, in a process of its own: memory that other tests left would hide what it takes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { exportFolder, query } from './export-driver.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.end());

/** A thousand small rows, but for one. */
const rowsWith = (large: string) =>
  query(`SELECT n, CASE n WHEN 500 THEN ${large} ELSE 'small' END AS text FROM generate_series(1, 1000) n ORDER BY n`);

test('one row of 50 MB among small ones adds no more than three times its size', async () => {
  await using home = await exportFolder(server);
  // So that the thread, and what it loads, is there before.
  await home.start({ source: rowsWith(`'small'`), name: 'before.csv' }).outcome;
  const before = process.memoryUsage.rss();
  const run = home.start({ source: rowsWith(`repeat('0123456789', 5000000)`) });
  expect(await run.outcome).toMatchObject({ kind: 'completed' });
  // The kernel's own high-water mark: nothing between two looks is missed.
  const added = process.resourceUsage().maxRSS * 1024 - before;
  expect(added).toBeGreaterThan(50e6);
  expect(added).toBeLessThan(150e6);
  const bytes = await home.read('rows.csv');
  expect(bytes.length).toBeGreaterThan(50_000_000);
  const at = bytes.indexOf('\n500,') + 5;
  expect(bytes.subarray(at, at + 50_000_000).equals(Buffer.from('0123456789'.repeat(5_000_000)))).toBe(true);
  expect(bytes.subarray(at + 50_000_000, at + 50_000_010).toString()).toBe('\n501,small');
});
