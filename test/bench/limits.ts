/**
 * `npm run bench -- limits [--quick]`: how exactly a limit is kept over 10 s, be it over all, of a host or of a job, and
 * after it was changed while the download ran. What counts is what the engine took out of its sockets (bytes received less what waits in the kernel, from `ss`) and what lies in the file
 * (blocks of the part file, which is sparse, on a file system in memory). Bytes that the origin handed over are shown too:
 * they run ahead by what fits into the sockets' buffers.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startRangeServer } from '../servers/range-server.ts';
import { startEngine } from '../torture/engine-handle.ts';
import { describeMachine } from './report.ts';

const RATES = [100_000, 1_000_000, 50_000_000];
const CONNECTIONS = [1, 16];
/** Per cent by which a rate may be missed. */
const TARGET = 3;
/** Seconds before the measurement, in which connections are opened and their buffers fill. */
const WARM_UP = 4;
/** Seconds after a limit was changed: what the kernel had taken in under the old one is read first. */
const SETTLE = 2;
const EVERY_MS = 250;

/** What a limit is set on. */
const SCOPES = ['all', 'host', 'job'] as const;
type Scope = (typeof SCOPES)[number];

interface Case {
  readonly scope: Scope;
  /** Bytes per second that hold before `rate`, while the connections are opened; null: `rate` from the start. */
  readonly before: number | null;
  readonly rate: number;
  readonly connections: number;
}

interface Sample {
  /** Seconds since the first. */
  readonly at: number;
  readonly taken: number;
  readonly filed: number;
  readonly sent: number;
}

interface Figures extends Case {
  /** Sockets that were open in the middle. */
  readonly open: number;
  /** Bytes per second. */
  readonly taken: number;
  readonly filed: number;
  readonly sent: number;
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { quick: { type: 'boolean', default: false } } });
  const seconds = values.quick ? 4 : 10;
  const results: Figures[] = [];
  for (const one of cases()) {
    const figures = await measure(one, seconds);
    results.push(figures);
    console.log(line(figures));
  }
  const text = document(results, seconds);
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, values.quick ? 'limits-quick.md' : 'limits.md');
  writeFileSync(file, text);
  console.log(`\n${text}\n${file}`);
}

function cases(): Case[] {
  const constant = SCOPES.flatMap((scope) =>
    RATES.flatMap((rate) => CONNECTIONS.map((connections) => ({ scope, before: null, rate, connections }))),
  );
  const changed = SCOPES.flatMap((scope) => [
    { scope, before: 1_000_000, rate: 10_000_000, connections: 16 },
    { scope, before: 50_000_000, rate: 1_000_000, connections: 16 },
  ]);
  return [...constant, ...changed];
}

async function measure(wanted: Case, seconds: number): Promise<Figures> {
  const { scope, before, rate, connections } = wanted;
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-limits-'));
  await using server = await startRangeServer({ size: 4 * 2 ** 30 + 1 });
  const folder = join(root, 'files');
  const engine = await startEngine({ home: join(root, 'home'), folder, hold: false, clockOffset: 0 });
  try {
    const [added] = await engine.call('add', [{ url: server.url, connections, paused: true }]);
    if (!added?.ok) throw new Error(`not added: ${JSON.stringify(added)}`);
    const limit = async (to: number) => {
      if (scope === 'job') await engine.call('setLimit', added.id, to);
      else await engine.call('setSettings', scope === 'all' ? { limit: to } : { hostLimits: { '127.0.0.1': to } });
    };
    await limit(before ?? rate);
    await engine.call('resume', [added.id]);
    await sleep(WARM_UP * 1000);
    if (before !== null) {
      await limit(rate);
      await sleep(SETTLE * 1000);
    }
    const part = join(folder, 'file.bin.sluice');
    const sockets = new Map<string, number>();
    const samples: Sample[] = [];
    const began = performance.now();
    const open = server.connections.open;
    for (let at = 0; at <= seconds; at = (performance.now() - began) / 1000) {
      readTaken(server.port, sockets);
      const taken = [...sockets.values()].reduce((sum, bytes) => sum + bytes, 0);
      samples.push({ at, taken, filed: statSync(part).blocks * 512, sent: server.bytesSent });
      await sleep(EVERY_MS);
    }
    const [taken, filed, sent] = (['taken', 'filed', 'sent'] as const).map((figure) =>
      slope(samples.map((sample) => [sample.at, sample[figure]])),
    );
    return { ...wanted, open, taken: taken ?? 0, filed: filed ?? 0, sent: sent ?? 0 };
  } finally {
    await engine.kill();
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * What this machine's clients of a port have read from each socket, by local address: bytes received less what still
 * waits to be read. Sockets that are closed keep what was seen last.
 */
function readTaken(port: number, sockets: Map<string, number>): void {
  for (const line of execFileSync('ss', ['-tniHO', 'dport', '=', `:${port}`], { encoding: 'utf8' }).split('\n')) {
    const [, waiting = '0', , local] = line.trim().split(/\s+/);
    const received = /bytes_received:(\d+)/.exec(line)?.[1];
    if (local !== undefined && received !== undefined) sockets.set(local, Number(received) - Number(waiting));
  }
}

/** Of the line that fits best (least squares): what grows in lumps has a rate all the same. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const rise = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return rise / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

const off = (actual: number, wanted: number) => (actual / wanted - 1) * 100;
const percent = (value: number) => `${value >= 0 ? '+' : ''}${value.toFixed(1)} %`;

function line({ scope, before, rate, connections, open, taken, filed, sent }: Figures): string {
  const [read, file, origin] = [taken, filed, sent].map((actual) => off(actual, rate));
  const worst = Math.max(Math.abs(read ?? 0), Math.abs(file ?? 0));
  const words = [
    scope,
    before === null ? `${rate / 1000} kB/s` : `${before / 1000} → ${rate / 1000} kB/s`,
    connections,
    open,
    percent(read ?? 0),
    percent(file ?? 0),
    percent(origin ?? 0),
    worst <= TARGET ? 'met' : 'MISSED',
  ];
  return `| ${words.join(' | ')} |`;
}

function document(results: readonly Figures[], seconds: number): string {
  return [
    '# Accuracy of limits',
    '',
    `${new Date().toISOString()}, over ${seconds} s each, after ${WARM_UP} s. Wanted: within ${TARGET} % in the sockets and in the file.`,
    '',
    ...Object.entries(describeMachine()).map(([name, value]) => `- ${name}: ${value}`),
    '',
    '| of | limit | connections | open | read from the sockets | in the file | handed over by the origin | |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...results.map(line),
    '',
  ].join('\n');
}
