/**
 * `npm run bench -- bookkeeping [--seconds N]`: what a long queue costs the engine's process. 1,000 jobs, 50 of them
 * active at a trickle, so that what is measured is bookkeeping and not transfer. Results go to test/bench/results/.
 * Linux only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRangeServer } from '../servers/range-server.ts';
import { cpuOf, peakRssOf } from './process-meter.ts';
import { describeMachine } from './report.ts';

const JOBS = 1000;
const ACTIVE = 50;
/** Share of one core. */
const MOST_CPU = 0.15;
const MOST_RSS = 250 * 1e6;
const USUAL_SECONDS = 30;

/** What the engine says at its end. */
interface Said {
  /** Characters that a window was told. */
  readonly told: number;
  /** Jobs by their state. */
  readonly counts: Readonly<Record<string, number>>;
}

interface Figure {
  readonly what: string;
  readonly is: number;
  /** Null where nothing is asked. */
  readonly most: number | null;
  readonly unit: string;
}

export async function main(args: readonly string[]): Promise<void> {
  const given = args.indexOf('--seconds');
  const seconds = given < 0 ? USUAL_SECONDS : Number(args[given + 1]);
  const root = await mkdtemp(join(tmpdir(), 'sluice-bookkeeping-'));
  await using server = await startRangeServer({ size: 64 * 2 ** 20, connectionRate: 20_000 });
  const script = fileURLToPath(new URL('./bookkeeping-engine.ts', import.meta.url));
  const engine = spawn(
    process.execPath,
    [script, join(root, 'home'), join(root, 'files'), server.url, String(JOBS), String(ACTIVE)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: engine.stdout });
  try {
    await line(engine, lines);
    const before = cpuOf(engine.pid ?? 0);
    const from = performance.now();
    await sleep(seconds * 1000);
    const after = cpuOf(engine.pid ?? 0);
    const rss = peakRssOf(engine.pid ?? 0);
    if (before === null || after === null || rss === null) throw new Error('The figures come from /proc: Linux only.');
    const share = (after - before) / ((performance.now() - from) / 1000);
    const said = line(engine, lines);
    engine.kill('SIGTERM');
    const { told, counts } = JSON.parse(await said) as Said;
    save(seconds, counts, [
      { what: 'processor', is: share * 100, most: MOST_CPU * 100, unit: '% of one core' },
      { what: 'memory, peak RSS', is: rss / 1e6, most: MOST_RSS / 1e6, unit: 'MB' },
      { what: 'told to the window, in all', is: told / 1000, most: null, unit: 'kB' },
    ]);
    await once(engine, 'exit');
  } finally {
    engine.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  }
}

/** Says the figures, and keeps them where they were measured for long enough. */
function save(seconds: number, counts: Said['counts'], figures: readonly Figure[]): void {
  const rows = figures.map(({ what, is, most, unit }) => {
    const wanted = most === null ? ['–', ''] : [`≤ ${most} ${unit}`, is <= most ? 'met' : 'MISSED'];
    return `| ${[what, `${is.toFixed(1)} ${unit}`, ...wanted].join(' | ')} |`;
  });
  const states = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  const text = [
    '# Bookkeeping of a long queue',
    '',
    `${new Date().toISOString()}, over ${seconds} s: ${JOBS} jobs (${states.join(', ')}), a window that watches them.`,
    'The engine alone, from source, its transfer thread included; each active job trickles at 20 kB/s.',
    '',
    ...Object.entries({ ...describeMachine(), node: process.versions.node }).map(([what, is]) => `- ${what}: ${is}`),
    '',
    '| figure | measured | wanted | |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  console.log(text);
  if (figures.some(({ is, most }) => most !== null && is > most)) process.exitCode = 1;
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, seconds < USUAL_SECONDS ? 'bookkeeping-quick.md' : 'bookkeeping.md'), text);
}

async function line(child: ChildProcess, lines: Interface): Promise<string> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('The engine ended by itself.');
  });
  const [text] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => {});
  return text;
}
