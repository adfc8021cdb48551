/**
 * `npm run bench -- bookkeeping [--seconds N]`: what a long queue costs the engine's process. 1,000 jobs, 50 of them
 * active at a trickle, so that what is measured is bookkeeping and not transfer. Linux only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRangeServer } from '../servers/range-server.ts';
import { cpuOf, peakRssOf } from './process-meter.ts';

const JOBS = 1000;
const ACTIVE = 50;
/** Share of one core. */
const MOST_CPU = 0.15;
const MOST_RSS = 250 * 1e6;

export async function main(args: readonly string[]): Promise<void> {
  const given = args.indexOf('--seconds');
  const seconds = given < 0 ? 30 : Number(args[given + 1]);
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
    console.log(`${JOBS} jobs, ${ACTIVE} active, over ${seconds} s: ${await said}`);
    verdict('processor', share <= MOST_CPU, `${(share * 100).toFixed(1)} % of one core`, `${MOST_CPU * 100} %`);
    verdict('memory, peak', rss <= MOST_RSS, `${(rss / 1e6).toFixed(0)} MB`, `${MOST_RSS / 1e6} MB`);
    await once(engine, 'exit');
  } finally {
    engine.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  }
}

function verdict(what: string, holds: boolean, is: string, most: string): void {
  console.log(`${what}: ${is} (at most ${most}): ${holds ? 'met' : 'MISSED'}`);
  if (!holds) process.exitCode = 1;
}

async function line(child: ChildProcess, lines: Interface): Promise<string> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('The engine ended by itself.');
  });
  const [text] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => {});
  return text;
}
