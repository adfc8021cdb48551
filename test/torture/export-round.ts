/**
 * One round of torture of an export: an engine that is killed again and again, a server that is killed, restarted, or
 * ends sessions, all chosen by a seed. Throws `Violation` where the file is not the one of an uninterrupted export.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ExportRequest } from '../../shared/export.ts';
import type { Job } from '../../shared/job.ts';
import { usualCsv } from '../../shared/export-formats.ts';
import type { TestPostgres } from '../servers/postgres.ts';
import { startEngine, type EngineHandle } from './engine-handle.ts';
import { seededRandom, type Random } from '../servers/random.ts';
import { Violation } from './violation.ts';

export interface ExportRoundOptions {
  readonly seed: number;
  readonly server: TestPostgres;
  /** Interruptions of all kinds. */
  readonly acts: number;
  /** Longest time in ms between two of them. */
  readonly pause: number;
  readonly log: (line: string) => void;
}

export interface ExportRoundResult {
  readonly seed: number;
  readonly manner: string;
  readonly kills: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly terminations: number;
  readonly pauses: number;
  readonly rows: number;
  readonly seconds: number;
}

/** Rows of the largest table. */
const ROWS = 200_000;
const SETTLE_MS = 240_000;

const csv = { ...usualCsv, header: false };

type Manner = Pick<ExportRequest, 'source' | 'format' | 'compression' | 'split'> & { readonly name: string };

const source = { kind: 'table', schema: 'public', name: 'tortured', columns: null, where: null } as const;
const query = (key: readonly string[] | null) => ({
  kind: 'query' as const,
  sql: 'SELECT shop, no, placed, note FROM tortured',
  parameters: [],
  key: key && [...key],
});
const several = {
  kind: 'tables' as const,
  // The second one has no key.
  tables: ['tortured', 'tortured_log', 'tortured_too'].map((name) => ({ schema: 'public', name })),
};

const manners: readonly [Manner, ...Manner[]] = [
  { name: 'rows.csv', source, format: csv, compression: 'none' },
  { name: 'rows.csv.gz', source, format: csv, compression: 'gzip' },
  { name: 'rows.csv.zst', source, format: csv, compression: 'zstd' },
  { name: 'rows.csv', source, format: csv, compression: 'none', split: { rows: 30_000 } },
  { name: 'rows.csv.gz', source, format: csv, compression: 'gzip', split: { bytes: 3_000_000 } },
  { name: 'rows.ndjson', source, format: { kind: 'ndjson' }, compression: 'none' },
  { name: 'rows.sql', source, format: { kind: 'sql-insert', table: null, rows: 700 }, compression: 'none' },
  { name: 'all', source: several, format: csv, compression: 'none' },
  { name: 'all', source: several, format: { kind: 'ndjson' }, compression: 'gzip', split: { rows: 45_000 } },
  { name: 'rows.json', source, format: { kind: 'json' }, compression: 'none' },
  { name: 'rows.sql.zst', source, format: { kind: 'sql-copy', table: null }, compression: 'zstd' },
  { name: 'rows.csv', source: query(['shop', 'no']), format: csv, compression: 'none' },
  { name: 'rows.csv', source: query(null), format: csv, compression: 'none' },
];

/** Makes the tables; to be done once for a server. Nobody is asked for a password: an engine that is killed forgets it. */
export async function prepareServer(server: TestPostgres): Promise<void> {
  await server.sql(`
    CREATE TABLE tortured (shop int, no bigint, id uuid, placed timestamptz, total numeric(12,2), note text,
      PRIMARY KEY (shop, no));
    INSERT INTO tortured SELECT n % 13, n, md5(n::text)::uuid, '2024-01-01'::timestamptz + n * interval '1.000001 s',
      n * 1.1, CASE WHEN n % 5 = 0 THEN NULL ELSE E'line one\nof "row" ' || n END FROM generate_series(1, ${ROWS}) n;
    CREATE TABLE tortured_log AS SELECT n, md5(n::text) AS hash FROM generate_series(1, 30000) n;
    CREATE TABLE tortured_too AS SELECT * FROM tortured WHERE no <= 90000;
    ALTER TABLE tortured_too ADD PRIMARY KEY (no);
    ANALYZE`);
  const hba = join(server.dataFolder, 'pg_hba.conf');
  await server.sql(
    `COPY (SELECT 'host all all 127.0.0.1/32 trust' UNION ALL SELECT 'local all all trust') TO '${hba}'`,
  );
  await server.sql('SELECT pg_reload_conf()');
}

export async function tortureExport(options: ExportRoundOptions): Promise<ExportRoundResult> {
  const { seed, server, log } = options;
  const random = seededRandom(seed);
  const manner = manners[seed % manners.length] ?? manners[0];
  const root = mkdtempSync(join(tmpdir(), 'sluice-torture-'));
  const begun = performance.now();
  const counts = { kills: 0, crashes: 0, restarts: 0, terminations: 0, pauses: 0 };
  let engine: EngineHandle | null = null;
  try {
    const truth = await uninterrupted(root, server, manner);
    const folder = join(root, 'files');
    mkdirSync(folder);
    const start = () => startEngine({ home: join(root, 'home'), folder, hold: false, clockOffset: 0 });
    engine = await start();
    const id = await addExport(engine, server, manner, { folder, limit: 2_500_000 });
    await untilJob(engine, id, ({ done }) => done > 0);
    for (let act = 0; act < options.acts; act += 1) {
      await sleep(random.int(50, options.pause));
      const job = await jobOf(engine, id);
      if (job.state.kind === 'completed') break;
      engine = await interrupt(random, { engine, server, id, start, counts, log });
    }
    await engine.call('setLimit', id, null);
    const job = await completed(engine, id);
    const rows = job.kind === 'export' ? job.rows : 0;
    log(`${manner.name}: completed, ${rows} rows`);
    const files = filesIn(folder);
    log(files.join(', '));
    const unknown = files.filter((name) => name.endsWith('.sluice'));
    if (unknown.length > 0) throw new Violation(`left over: ${unknown.join(', ')}`);
    compare(
      manner,
      files.map((name) => readFileSync(join(folder, name))),
      truth,
    );
    const leaks = await engine.close();
    if (Object.keys(leaks).length > 0) throw new Violation(`a closed engine holds ${JSON.stringify(leaks)}`);
    engine = null;
    return { seed, manner: wordsFor(manner), ...counts, rows, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await engine?.kill();
    rmSync(root, { recursive: true, force: true });
  }
}

function wordsFor({ source, format, compression, split }: Manner): string {
  const sources = { table: 'table', tables: 'several tables', query: 'query' };
  const key = source.kind === 'query' ? [source.key ? 'declared key' : 'no key'] : [];
  return [sources[source.kind], ...key, format.kind, compression, ...(split ? ['split'] : [])].join(', ');
}

/** Paths inside the folder, in order. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

interface Scene {
  readonly engine: EngineHandle;
  readonly server: TestPostgres;
  readonly id: string;
  readonly start: () => Promise<EngineHandle>;
  readonly counts: { kills: number; crashes: number; restarts: number; terminations: number; pauses: number };
  readonly log: (line: string) => void;
}

/** Does one of the things that happen; the engine that runs afterwards. */
async function interrupt(random: Random, scene: Scene): Promise<EngineHandle> {
  const { engine, server, id, start, counts, log } = scene;
  const what = random.weighted([
    ['kill', 7],
    ['crash', 1],
    ['restart', 1],
    ['terminate', 1],
    ['pause', 1],
  ]);
  log(what);
  switch (what) {
    case 'kill':
      counts.kills += 1;
      await engine.kill();
      return await start();
    case 'crash':
      counts.crashes += 1;
      await server.stopHard();
      await sleep(random.int(0, 300));
      await server.restart();
      return engine;
    case 'restart':
      counts.restarts += 1;
      await server.restart();
      return engine;
    case 'terminate':
      counts.terminations += 1;
      await server.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Sluice export'`,
      );
      return engine;
    default:
      counts.pauses += 1;
      await engine.call('pause', [id]);
      await sleep(random.int(0, 500));
      // A machine that is busy may take longer to stop, or come to the end meanwhile.
      if ((await untilJob(engine, id, ({ state }) => state.kind !== 'pausing')).state.kind === 'paused') {
        await engine.call('resume', [id]);
      }
      return engine;
  }
}

/** What an export that nobody disturbs gives. */
async function uninterrupted(root: string, server: TestPostgres, manner: Manner): Promise<Buffer> {
  const folder = join(root, 'truth');
  mkdirSync(folder);
  const engine = await startEngine({ home: join(root, 'truth-home'), folder, hold: false, clockOffset: 0 });
  try {
    const { split: _, ...plain } = manner;
    const id = await addExport(engine, server, { ...plain, compression: 'none' }, { folder, limit: null });
    await completed(engine, id);
    return Buffer.concat(filesIn(folder).map((name) => readFileSync(join(folder, name))));
  } finally {
    await engine.kill();
  }
}

async function addExport(
  engine: EngineHandle,
  server: TestPostgres,
  manner: Manner,
  where: { readonly folder: string; readonly limit: number | null },
): Promise<string> {
  const { id: _id, password: _password, sshPassword: _ssh, ...target } = server.target;
  const connection = await engine.saveConnection({ ...target, password: '' });
  return await engine.call('addExport', { connection, ...manner, ...where });
}

async function jobOf(engine: EngineHandle, id: string): Promise<Job> {
  const job = (await engine.call('list')).find((one) => one.id === id);
  if (!job) throw new Violation('the job is gone');
  return job;
}

async function untilJob(engine: EngineHandle, id: string, holds: (job: Job) => boolean): Promise<Job> {
  const ends = performance.now() + SETTLE_MS;
  for (;;) {
    const job = await jobOf(engine, id);
    if (holds(job)) return job;
    // The server may have been away just when a session was opened: a person would try again.
    if (job.state.kind === 'failed' && job.state.failure.retryable) await engine.call('retry', [id]);
    else if (['failed', 'attention', 'cancelled'].includes(job.state.kind)) {
      throw new Violation(`the job ended: ${JSON.stringify(job.state)}`);
    }
    // Nobody waits for a backoff here.
    if (job.state.kind === 'waiting') await engine.call('resume', [id]).catch(() => {});
    if (performance.now() > ends) throw new Violation(`the job does not move: ${JSON.stringify(job.state)}`);
    await sleep(100);
  }
}

const completed = (engine: EngineHandle, id: string) => untilJob(engine, id, ({ state }) => state.kind === 'completed');

function compare(manner: Manner, files: readonly Buffer[], truth: Buffer): void {
  const decompress = { none: (bytes: Buffer) => bytes, gzip: gunzipSync, zstd: unframed, brotli: unframed };
  const all = Buffer.concat(files.map((bytes) => decompress[manner.compression](bytes)));
  if (all.equals(truth)) return;
  const lines = (bytes: Buffer) => bytes.toString('latin1').split('\n');
  const [then, now] = [lines(truth), lines(all)];
  const at = then.findIndex((line, n) => line !== now[n]);
  throw new Violation(
    `${now.length} lines instead of ${then.length}; line ${at + 1}: ${now.slice(at, at + 3).join(' ⏎ ')} instead of ${then.slice(at, at + 3).join(' ⏎ ')}`,
  );
}

/** Node's decoder stops after the first of the frames that an interrupted file has; the zstd program does not. */
export function unframed(bytes: Buffer): Buffer {
  const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
  const frames: Buffer[] = [];
  for (let at = 0; at >= 0;) {
    const next = bytes.indexOf(magic, at + 4);
    frames.push(zstdDecompressSync(bytes.subarray(at, next < 0 ? bytes.length : next)));
    at = next;
  }
  return Buffer.concat(frames);
}
