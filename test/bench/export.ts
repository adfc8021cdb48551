/**
 * `npm run bench -- export [--rows N] [--rounds N] [--only NAMES] [--url URI] [--add] [--quick]`: Sluice's exports beside psql,
 * COPY streams and pg-query-stream, from one PostgreSQL on loopback into memory. Rounds are interleaved, what was written
 * is compared, results go to test/bench/results/. `--url`: a server that runs already (the table is made where it is not
 * there); else one is started. `--add`: the rounds join those of the last result, where a machine has little time at once.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type { CsvFormat, ExportFormat } from '../../shared/export.ts';
import { usualCsv } from '../../shared/export-formats.ts';
import {
  bareCompressor,
  buildEngine,
  copyStream,
  OBJECT_SHARE,
  objects,
  psqlCsv,
  psqlCsvOrdered,
  psqlJson,
  psqlJsonOrdered,
  sluice,
  stopOfSort,
  type ExportContender,
  type Rows,
} from './export-contenders.ts';
import { makeTable, ownServer, serverAt } from './export-table.ts';
import {
  BARE,
  KEYED,
  OBJECTS,
  PSQL_CSV,
  PSQL_JSON,
  PSQL_JSON_ORDERED,
  PSQL_ORDERED,
  SLUICE,
  STOP,
  targetsOf,
  type Named,
} from './export-targets.ts';
import { describeMachine, toMarkdown, type Report, type Series } from './report.ts';

const csv: CsvFormat = { ...usualCsv, header: false };
const ndjson: ExportFormat = { kind: 'ndjson' };
const parquet: ExportFormat = { kind: 'parquet', compression: 'zstd' };
const peers = [PSQL_CSV, PSQL_ORDERED, PSQL_JSON, PSQL_JSON_ORDERED, OBJECTS, BARE].map((name) => ({ name }));

const results = join(import.meta.dirname, 'results');

interface Scenario extends Named {
  readonly rows: Rows;
  readonly entries: readonly (readonly [contender: string, run: ExportContender])[];
  /** These write the same bytes. */
  readonly same?: readonly string[];
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      url: { type: 'string' },
      add: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  });
  const count = Number(values.rows ?? (values.quick ? 200_000 : 5_000_000));
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  const only = values.only?.split(',');

  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const server = values.url === undefined ? await ownServer(stack) : serverAt(values.url);
  const rows = { ...server, table: `bench_${count}`, count };
  const few = { ...server, table: `bench_${Math.ceil(count / 5)}`, count: Math.ceil(count / 5) };
  const programs = await buildEngine();

  const kept = join(folder, 'kept.csv');
  const keptFew = join(folder, 'kept-few.csv');
  const million = (n: number) => `${n / 1e6} M rows`;
  const compressed = (method: 'gzip' | 'zstd'): Scenario => ({
    name: method,
    title: `CSV with ${method}, ${million(count)}`,
    rows,
    entries: [
      [SLUICE, sluice(programs, csv, method)],
      ['Sluice, not compressed', sluice(programs, csv, 'none')],
      [BARE, bareCompressor(method, kept)],
    ],
  });
  const all: readonly Scenario[] = [
    {
      name: 'csv',
      title: `CSV, ${million(count)}`,
      rows,
      entries: [
        [PSQL_CSV, psqlCsv],
        [SLUICE, sluice(programs, csv, 'none')],
        [PSQL_ORDERED, psqlCsvOrdered],
        [KEYED, sluice(programs, csv, 'none', true)],
        ['pg-copy-streams', copyStream],
      ],
      same: [PSQL_CSV, SLUICE, PSQL_ORDERED, KEYED, 'pg-copy-streams'],
    },
    {
      name: 'ndjson',
      title: `NDJSON, ${million(count)}`,
      rows,
      entries: [
        [PSQL_JSON, psqlJson],
        [SLUICE, sluice(programs, ndjson, 'none')],
        [PSQL_JSON_ORDERED, psqlJsonOrdered],
        [KEYED, sluice(programs, ndjson, 'none', true)],
        [OBJECTS, objects],
      ],
      same: [SLUICE, KEYED],
    },
    {
      name: 'parquet',
      title: `Parquet, ${million(count)}`,
      rows,
      entries: [
        [PSQL_CSV, psqlCsv],
        [SLUICE, sluice(programs, parquet, 'none')],
      ],
    },
    compressed('gzip'),
    compressed('zstd'),
    {
      name: 'few-csv',
      title: `CSV, ${million(few.count)}`,
      rows: few,
      entries: [
        [PSQL_CSV, psqlCsv],
        [SLUICE, sluice(programs, csv, 'none')],
        [KEYED, sluice(programs, csv, 'none', true)],
      ],
    },
    {
      name: 'few-ndjson',
      title: `NDJSON, ${million(few.count)}`,
      rows: few,
      entries: [[SLUICE, sluice(programs, ndjson, 'none')]],
    },
    {
      name: 'few-parquet',
      title: `Parquet, ${million(few.count)}`,
      rows: few,
      entries: [[SLUICE, sluice(programs, parquet, 'none')]],
    },
    {
      name: 'brotli',
      title: `CSV with brotli, ${million(few.count)}`,
      rows: few,
      entries: [
        [SLUICE, sluice(programs, csv, 'brotli')],
        [BARE, bareCompressor('brotli', keptFew)],
      ],
    },
    {
      name: 'xlsx',
      title: `XLSX, ${million(few.count)}`,
      rows: few,
      entries: [[SLUICE, sluice(programs, { kind: 'xlsx', header: true }, 'none')]],
    },
    { name: 'stop', title: 'Stop', rows, entries: [[STOP, stopOfSort(programs)]] },
  ];
  const scenarios = all.filter(({ name }) => only === undefined || only.includes(name));
  // Only the tables and files that they read.
  const reads = (...wanted: readonly string[]) => scenarios.some(({ name }) => wanted.includes(name));
  let version = '';
  for (const table of [rows, few]) {
    if (scenarios.some((scenario) => scenario.rows === table)) version = await makeTable(server, table.count);
  }
  if (reads('gzip', 'zstd')) await sluice(programs, csv, 'none')(rows, kept);
  if (reads('brotli')) await sluice(programs, csv, 'none')(few, keptFew);
  const series: Series[] = [];
  for (const scenario of scenarios) series.push(...(await compare(scenario, rounds, folder)));
  if (values.add) addTo(series);
  const counts = series.map((one) => one.rounds.length);
  const report: Report = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions: {
      postgresql: version,
      psql: versionOf('psql', '--version'),
      node: process.versions.node,
      sluice: versionOf('git', 'describe', '--always', '--dirty'),
    },
    notes: [
      `${Math.min(...counts)} to ${Math.max(...counts)} interleaved rounds; figures are medians, ratios are medians of the ratios within a round. Lower is better.`,
      'Ten mixed columns: bigint, int, text, numeric(12,2), timestamptz, boolean, jsonb, uuid, double, nullable text. Files go to memory.',
      '“Sluice” is the export room with its worker, from the request to the recorded end; others are processes from start to exit. CPU is the client’s.',
      `${OBJECTS} reads one row in ${OBJECT_SHARE}; its time and CPU are multiplied by ${OBJECT_SHARE}.`,
    ],
    series,
    targets: targetsOf(series, all),
  };
  save(report, values.quick || (only !== undefined && !values.add));
}

/** Puts the rounds of the last result before the new ones; scenarios that were left out now stay as they were. */
function addTo(series: Series[]): void {
  const file = join(results, 'export.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report).series : [];
  for (const one of before) {
    const now = series.find(({ scenario, contender }) => scenario === one.scenario && contender === one.contender);
    if (now) now.rounds.unshift(...one.rounds);
    else series.push(one);
  }
}

/** Runs all contenders, round after round. */
async function compare(
  { title, rows, entries, same = [] }: Scenario,
  rounds: number,
  folder: string,
): Promise<Series[]> {
  console.log(title);
  const series = entries.map(([contender]): Series => ({ scenario: title, contender, connections: 1, rounds: [] }));
  const out = join(folder, 'out');
  for (let round = 1; round <= rounds; round += 1) {
    const sums = new Map<string, string>();
    for (const [index, [contender, run]] of entries.entries()) {
      const measure = await run(rows, out);
      if (same.includes(contender) && round === 1) sums.set(contender, await sha256Of(out));
      const { size } = statSync(out, { throwIfNoEntry: false }) ?? { size: 0 };
      for (const file of [out, `${out}.sluice`]) rmSync(file, { force: true });
      series[index]?.rounds.push(measure);
      const rate = Math.round(rows.count / measure.seconds / 1000);
      console.log(
        `  ${round}/${rounds}  ${contender}: ${measure.seconds.toFixed(2)} s, ${rate} k rows/s, ${(size / 1e6).toFixed(0)} MB`,
      );
    }
    if (new Set(sums.values()).size > 1) throw new Error(`not the same bytes: ${JSON.stringify([...sums])}`);
  }
  return series;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function versionOf(program: string, ...args: readonly string[]): string {
  const { stdout } = spawnSync(program, args, { cwd: import.meta.dirname, encoding: 'utf8' });
  return stdout.trim() || 'unknown';
}

/** A full run becomes the committed result; a partial one is only shown and kept beside it as `quick`. */
function save(report: Report, isPartial: boolean): void {
  mkdirSync(results, { recursive: true });
  const markdown = toMarkdown('Export bench', report, peers);
  const base = join(results, isPartial ? 'export-quick' : 'export');
  writeFileSync(`${base}.md`, markdown);
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 1)}\n`);
  console.log(`\n${markdown}\n${base}.md`);
}
