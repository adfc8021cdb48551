/** `npm run torture -- download [--rounds N] [--seed S] [--minutes M] [--at-once N] [--verbose]`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/report.ts';
import { tortureRound, type RoundResult } from './round.ts';
import { canFillDisks } from './small-disk.ts';

/** Rounds of the long form: some six kills each. */
const ROUNDS = 24;
/** Kills of a run whose result is kept. */
const LONG = 100;

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: String(ROUNDS) },
      seed: { type: 'string' },
      minutes: { type: 'string', default: '15' },
      'at-once': { type: 'string', default: '2' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const first = Number(values.seed ?? Date.now() % 1_000_000);
  const rounds = Number(values.rounds);
  const ends = performance.now() + Number(values.minutes) * 60_000;
  const canFill = canFillDisks();
  if (!canFill) console.log('Mounting a small file system needs root on Linux: here full disks are injected only.');

  const results: RoundResult[] = [];
  let next = 0;
  const work = async () => {
    while (next < rounds && performance.now() < ends) {
      const seed = first + next;
      next += 1;
      results.push(await runRound(seed, values.verbose));
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
  const text = describe(results, first, canFill);
  console.log(`\n${text}`);
  // A few rounds, to see one again, are no measurement.
  if (sum(results, ({ kills }) => kills) >= LONG) save(text);
}

async function runRound(seed: number, verbose: boolean): Promise<RoundResult> {
  const lines: string[] = [];
  const log = (line: string) => {
    if (verbose) console.log(`  ${seed}: ${line}`);
    else lines.push(`  ${line}`);
  };
  try {
    const result = await tortureRound({ seed, kills: 8, seconds: 10, pause: 1500, log });
    const { kills, seconds, targets } = result;
    console.log(`seed ${seed}: ${targets.length} downloads, ${kills} kills, ${seconds.toFixed(0)} s`);
    return result;
  } catch (error) {
    console.error(lines.join('\n'));
    console.error(`\nFailed. Again: npm run torture -- download --rounds 1 --seed ${seed} --verbose\n`);
    throw error;
  }
}

function sum(results: readonly RoundResult[], figure: (result: RoundResult) => number): number {
  return results.reduce((total, one) => total + figure(one), 0);
}

function describe(results: readonly RoundResult[], seed: number, canFill: boolean): string {
  const all = (figure: (result: RoundResult) => number) => sum(results, figure);
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const [needed, sent] = [all((one) => one.needed), all((one) => one.sent)];
  const targets = results.flatMap((one) => one.targets);
  const count = (of: readonly string[]) => targets.filter(({ proof }) => of.includes(proof)).length;
  const proofs = [
    `${count(['given'])} with a checksum given`,
    `${count(['wrong'])} with a wrong one`,
    `${count(['digest'])} with a digest in the answer`,
    `${count(['neighbour'])} with one beside the link`,
    `${count(['metalink'])} by Metalink with pieces`,
    `${count(['row'])} from rows of the fault table`,
  ].join(', ');
  const mirrors = targets.reduce((total, one) => total + one.mirrors.all, 0);
  const lying = targets.reduce((total, one) => total + one.mirrors.lying, 0);
  const machine = Object.entries(describeMachine()).map(([name, value]) => `- ${name}: ${value}`);
  return [
    '# Torture of downloads',
    '',
    `${new Date().toISOString()}. Again: \`npm run torture -- download --rounds ${results.length} --seed ${seed}\``,
    '',
    ...machine,
    '',
    '| what | |',
    '|---|---|',
    `| seeds | ${seed} to ${seed + results.length - 1} |`,
    `| rounds | ${results.length}, none with a violation |`,
    `| downloads | ${targets.length}, of which ${proofs} |`,
    `| mirrors | ${mirrors}, of which ${lying} with other bytes |`,
    `| links that expired | ${all((one) => one.linksExpired)}; pasted: ${all((one) => one.rightLinks)} right ones, ${all((one) => one.wrongLinks)} that led to another file |`,
    `| folders chosen instead of a full disk's | ${all((one) => one.moves)}, of which ${all((one) => one.killedMoves)} with a kill in the move |`,
    `| pauses, changes of limits | ${all((one) => one.pauses)}, ${all((one) => one.limits)} |`,
    `| kills (SIGKILL) | ${all((one) => one.kills)} |`,
    `| power cuts (what was not journalled is garbage) | ${all((one) => one.powerCuts)} |`,
    `| stores torn after a kill | ${all((one) => one.tornStores)}, of which ${all((one) => one.setAside)} had to be set aside |`,
    `| disks filled | ${canFill ? all((one) => one.mountedFull) : 'not possible here'} (mounted), ${all((one) => one.injectedFull)} (injected into the process) |`,
    `| clock jumps | ${all((one) => one.clockJumps)} |`,
    `| bytes of the files that had to come whole | ${mib(needed)} |`,
    `| bytes that their servers and mirrors sent | ${mib(sent)} (${(sent / needed).toFixed(2)} ×) |`,
    `| highest memory of an engine | ${(Math.max(0, ...results.map((one) => one.peakRss)) / 1e6).toFixed(0)} MB |`,
    `| time | ${(all((one) => one.seconds) / 60).toFixed(1)} min |`,
    '',
    'After every kill: whatever has a final name is the whole file (SHA-256). After every round: each download that some',
    'server has is complete, one whose checksum is wrong is kept and flagged, no file is left that no job knows, no more was',
    'sent than its bound, and the closed engine holds no handle, socket, timer or descriptor.',
    '',
  ].join('\n');
}

function save(text: string): void {
  const folder = join(import.meta.dirname, '../bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'torture-download.md'), text);
}
