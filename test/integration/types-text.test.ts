/** What Sluice writes as CSV or SQL, PostgreSQL reads back as the same table, for every type that it has. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ExportFormat } from '../../shared/export.ts';
import { lacks } from '../bench/programs.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { csv, fileOf } from './portal-session.ts';
import { TYPES_DIFFERENCES, TYPES_ROWS, TYPES_TABLE } from './types-table.ts';

const QUERY = 'SELECT * FROM types ORDER BY id';
let server: TestPostgres;
let folder: string;

beforeAll(async () => {
  server = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), 'sluice-types-'));
  // The server reads files here as another user.
  chmodSync(folder, 0o755);
  await server.sql(TYPES_TABLE);
});
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => void (await server.sql('TRUNCATE types_copy')));

/** Rows that were loaded, and those that differ. */
async function loaded(): Promise<{ rows: number; differences: number }> {
  const [rows] = await server.sql('SELECT count(*) AS n FROM types_copy');
  const [differences] = await server.sql(TYPES_DIFFERENCES);
  return { rows: Number(rows?.['n']), differences: Number(differences?.['n']) };
}
const same = { rows: TYPES_ROWS, differences: 0 };

test.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu'])('CSV in %s', async (timeZone) => {
  const file = join(folder, 'types.csv');
  writeFileSync(file, await fileOf(server.target, QUERY, csv, { timeZone }));
  await server.sql(`COPY types_copy FROM '${file}' (FORMAT csv)`);
  expect(await loaded()).toEqual(same);
});

test.skipIf(lacks('psql')).each([
  { kind: 'sql-insert', table: 'types_copy', rows: 4 },
  { kind: 'sql-copy', table: 'types_copy' },
] satisfies ExportFormat[])('$kind, read by psql', async (format) => {
  const file = join(folder, 'types.sql');
  writeFileSync(file, await fileOf(server.target, QUERY, format));
  const { host, port, user, database, password } = server.target;
  const address = ['-h', host, '-p', String(port), '-U', user, '-d', database];
  execFileSync('psql', [...address, '-qX', '-v', 'ON_ERROR_STOP=1', '-f', file], {
    env: { ...process.env, PGPASSWORD: password ?? '' },
  });
  expect(await loaded()).toEqual(same);
});

test('intervals in every style of the server come back', async () => {
  for (const style of ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601']) {
    const intervals = `SELECT c_interval FROM types WHERE c_interval IS NOT NULL ORDER BY id`;
    const file = (await fileOf(server.target, intervals, csv)).toString().trimEnd().split('\n');
    const literals = file.map((text) => `('${text.replaceAll('"', '')}'::interval)`).join(', ');
    const [equal] = await server.sql(
      `SET IntervalStyle = ${style}; SELECT array_agg(i) = (SELECT array_agg(c_interval ORDER BY id) FROM types WHERE c_interval IS NOT NULL) AS same FROM (VALUES ${literals}) AS v (i)`,
    );
    expect(equal).toEqual({ same: 't' });
  }
});

test('settings of the server, the database or the user change nothing', async () => {
  const formats = [csv, { kind: 'ndjson' }, { kind: 'parquet', compression: 'none' }] as const;
  const files = () => Promise.all(formats.map((format) => fileOf(server.target, QUERY, format)));
  const before = await files();
  const settings = {
    DateStyle: 'SQL, DMY',
    IntervalStyle: 'sql_standard',
    bytea_output: 'escape',
    extra_float_digits: '-5',
    TimeZone: 'Asia/Tokyo',
    client_encoding: 'LATIN1',
    search_path: '',
  };
  for (const [name, value] of Object.entries(settings))
    await server.sql(`ALTER ROLE postgres SET ${name} = '${value}'`);
  try {
    // Without a search path, names of types need their schema: only values are compared.
    const after = await Promise.all(
      formats.map((format) => fileOf(server.target, 'SELECT * FROM public.types ORDER BY id', format)),
    );
    expect(after.map((file, n) => file.equals(before[n] ?? Buffer.alloc(0)))).toEqual([true, true, true]);
  } finally {
    await server.sql('ALTER ROLE postgres RESET ALL');
  }
});

test('hstore is an object in JSON and loads back from CSV, where the server has it', async ({ skip }) => {
  const [available] = await server.sql(`SELECT count(*) AS n FROM pg_available_extensions WHERE name = 'hstore'`);
  skip(available?.['n'] === '0', 'this server has no hstore');
  await server.sql(String.raw`CREATE EXTENSION hstore;
    CREATE TABLE pairs AS SELECT 1 AS id, 'a=>1, "b \""=>NULL, c=>"x, y\\z"'::hstore AS h UNION ALL SELECT 2, '' UNION ALL SELECT 3, NULL;
    CREATE TABLE pairs_copy (LIKE pairs)`);
  const query = 'SELECT * FROM pairs ORDER BY id';
  const file = join(folder, 'pairs.csv');
  writeFileSync(file, await fileOf(server.target, query, csv));
  await server.sql(`COPY pairs_copy FROM '${file}' (FORMAT csv)`);
  expect(await server.sql('SELECT * FROM pairs EXCEPT SELECT * FROM pairs_copy')).toEqual([]);
  const theirs = await server.sql('SELECT row_to_json(p) AS row FROM pairs p ORDER BY id');
  const ours = (await fileOf(server.target, query, { kind: 'ndjson' })).toString().trimEnd().split('\n');
  expect(ours.map(exact)).toEqual(theirs.map(({ row }) => exact(row ?? '')));
});

test.each(['ndjson', 'json'] as const)('%s is row_to_json of each row, with every digit', async (kind) => {
  const file = (await fileOf(server.target, QUERY, { kind })).toString();
  const ours = kind === 'ndjson' ? file.trimEnd().split('\n') : splitArray(file);
  const theirs = await server.sql('SELECT row_to_json(t) AS row FROM types t ORDER BY id');
  expect(ours.map(exact)).toEqual(theirs.map(({ row }) => exact(row ?? '')));
});

/** The rows of an array that has one on each line. */
function splitArray(file: string): string[] {
  expect(() => JSON.parse(file) as unknown).not.toThrow();
  return file
    .trim()
    .replace(/^\[\s*/, '')
    .replace(/\s*\]$/, '')
    .split(/,\n(?=\{"id":)/);
}

/** A document with its numbers as they are written and its strings as they mean; space outside of strings is none. */
function exact(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (token) =>
    token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : '',
  );
}
