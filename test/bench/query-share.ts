/**
 * `npm run bench -- query-share [--rows N]`: a query of five million rows, shared by the command line and read by
 * `curl --limit-rate`: is the server's memory flat, does the cursor wait for the reader, and is the backend gone after
 * `curl` was killed? Results go to test/bench/results/query-share.md. Linux only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { ownServer } from './export-table.ts';
import { ensurePrograms } from './programs.ts';
import { describeMachine, median } from './report.ts';

const ROWS = 5_000_000;
/** Bytes per second that the reader takes. */
const RATE = 25_000_000;
const EVERY_MS = 250;
const KILLS = 5;
/** Ms for a backend to go. */
const MOST_GONE = 1000;
/** Bytes by which memory may grow while rows flow. */
const MOST_GROWN = 15 * 1e6;

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { rows: { type: 'string', default: String(ROWS) } } });
  const rows = Number(values.rows);
  const versions = ensurePrograms(['curl']);
  await using stack = new AsyncDisposableStack();
  const { url } = await ownServer(stack);
  const watcher = new Client({ connectionString: url });
  await watcher.connect();
  stack.defer(() => watcher.end());
  const home = stack.adopt(mkdtempSync(join(tmpdir(), 'sluice-bench-query-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  );
  const sql = `SELECT n, md5(n::text) AS text, n * 1.5 AS total FROM generate_series(1, ${rows}) AS n`;
  const { link, pid } = await startShare(stack, home, url, sql);
  const backend = async () => {
    const found = await watcher.query<{ pid: number; waits: string | null }>(
      `SELECT pid, wait_event AS waits FROM pg_stat_activity WHERE query LIKE '%generate_series(1, ${rows})%' AND pid <> pg_backend_pid()`,
    );
    return found.rows[0] ?? null;
  };

  const flow = await readWhole(link, pid, backend);
  const gone = [];
  for (let round = 0; round < KILLS; round += 1) gone.push(await killReader(link, backend));

  const grown = Math.max(...flow.rss) - (flow.rss[0] ?? 0);
  const bounds: readonly (readonly [string, string, string, boolean])[] = [
    ['rows that came', flow.rows.toLocaleString('en'), `= ${rows.toLocaleString('en')}`, flow.rows === rows],
    [
      'memory that Sluice grew by while they flowed, MB',
      (grown / 1e6).toFixed(1),
      `≤ ${MOST_GROWN / 1e6}`,
      flow.rss.length > 0 && grown <= MOST_GROWN,
    ],
    [
      'samples in which the backend waited for its client',
      `${flow.waiting} of ${flow.rss.length}`,
      '> half',
      flow.waiting > flow.rss.length / 2,
    ],
    [
      'the backend is gone after curl was killed, ms (worst)',
      Math.max(...gone).toFixed(0),
      `≤ ${MOST_GONE}`,
      Math.max(...gone) <= MOST_GONE,
    ],
  ];
  const text = [
    '# A query share and a slow reader',
    '',
    `${new Date().toISOString()}. \`curl --limit-rate ${RATE / 1e6}M\` reads ${rows.toLocaleString('en')} rows as NDJSON: ${(flow.bytes / 1e6).toFixed(0)} MB in ${flow.seconds.toFixed(1)} s (${(flow.bytes / flow.seconds / 1e6).toFixed(1)} MB/s). Then ${KILLS} readers are killed on their way; median ${(median(gone) ?? 0).toFixed(0)} ms until the backend has left pg_stat_activity.`,
    '',
    ...Object.entries({ ...describeMachine(), ...versions, node: process.version }).map(
      ([name, value]) => `- ${name}: ${value}`,
    ),
    '',
    '| figure | measured | wanted | |',
    '| --- | --- | --- | --- |',
    ...bounds.map(([what, is, wanted, isMet]) => `| ${what} | ${is} | ${wanted} | ${isMet ? 'met' : 'MISSED'} |`),
    '',
    `Resident memory of \`sluice share\`, MB, every ${(EVERY_MS * 4) / 1000} s: ${flow.rss
      .filter((_, index) => index % 4 === 0)
      .map((bytes) => (bytes / 1e6).toFixed(0))
      .join(', ')}.`,
    '',
  ].join('\n');
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'query-share.md'), text);
  console.log(text);
  if (bounds.some(([, , , isMet]) => !isMet)) process.exitCode = 1;
}

async function startShare(
  stack: AsyncDisposableStack,
  home: string,
  url: string,
  sql: string,
): Promise<{ link: string; pid: number }> {
  const cli = join(import.meta.dirname, '../../dist/electron/cli.js');
  const child = spawn(
    process.execPath,
    [cli, 'share', '--query', sql, '--url', `${url}?sslmode=disable`, '--name', 'rows', '--json', '--home', home],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGINT');
    await ended;
  });
  const died = ended.then(([code]) => {
    throw new Error(`sluice share ended with ${String(code)}`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), died])) as [string];
  const { links } = JSON.parse(line) as { links: string[] };
  return { link: links[0] ?? '', pid: child.pid ?? 0 };
}

type Backend = () => Promise<{ pid: number; waits: string | null } | null>;

const curl = (link: string): ChildProcess =>
  spawn('curl', ['--silent', '--fail', '--limit-rate', String(RATE), link], { stdio: ['ignore', 'pipe', 'inherit'] });

/** Reads all rows; looks at memory and at the backend meanwhile, once rows flow. */
async function readWhole(link: string, pid: number, backend: Backend) {
  const began = performance.now();
  const reader = curl(link);
  const result = { rows: 0, bytes: 0, seconds: 0, waiting: 0, rss: [] as number[] };
  reader.stdout?.on('data', (chunk: Buffer) => {
    result.bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) result.rows += 1;
  });
  let isOver = false;
  const ended = once(reader, 'close');
  reader.once('close', () => {
    isOver = true;
    result.seconds = (performance.now() - began) / 1000;
  });
  await once(reader.stdout!, 'data');
  // What the first rows cost once: code, buffers.
  await sleep(2000);
  while (!isOver) {
    const found = await backend();
    if (found) {
      result.rss.push(rssOf(pid));
      if (found.waits === 'ClientWrite' || found.waits === 'ClientRead') result.waiting += 1;
    }
    await sleep(EVERY_MS);
  }
  await ended;
  return result;
}

/** Kills a reader in the middle; ms until its backend is no more. */
async function killReader(link: string, backend: Backend): Promise<number> {
  const reader = curl(link);
  let taken = 0;
  for await (const chunk of reader.stdout ?? []) {
    taken += (chunk as Buffer).length;
    if (taken > RATE) break;
  }
  if (!(await backend())) throw new Error('there is no backend while rows flow');
  reader.kill('SIGKILL');
  const began = performance.now();
  while (await backend()) await sleep(5);
  return performance.now() - began;
}

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
}
