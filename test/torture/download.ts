/** `npm run torture -- download [--rounds N] [--seed S] [--minutes M] [--verbose]`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/report.ts';
import { canFillDisks, tortureRound, type RoundResult } from './round.ts';

/** Rounds of the long form: some six kills each. */
const ROUNDS = 24;

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: String(ROUNDS) },
      seed: { type: 'string' },
      minutes: { type: 'string', default: '15' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const first = Number(values.seed ?? Date.now() % 1_000_000);
  const rounds = Number(values.rounds);
  const ends = performance.now() + Number(values.minutes) * 60_000;
  const canFill = canFillDisks();
  if (!canFill) console.log('Disks are not filled here: that needs root on Linux, to mount a small file system.');

  const results: RoundResult[] = [];
  for (let round = 0; round < rounds && performance.now() < ends; round += 1) {
    const seed = first + round;
    const lines: string[] = [];
    const log = (line: string) => {
      if (values.verbose) console.log(`  ${line}`);
      else lines.push(`  ${line}`);
    };
    try {
      const result = await tortureRound({ seed, kills: 8, seconds: 10, pause: 1500, log });
      results.push(result);
      console.log(
        `round ${round + 1}, seed ${seed}: ${result.downloads} downloads, ${result.kills} kills, ${result.seconds.toFixed(0)} s`,
      );
    } catch (error) {
      console.error(lines.join('\n'));
      console.error(
        `\nRound ${round + 1} failed. Again: npm run torture -- download --rounds 1 --seed ${seed} --verbose\n`,
      );
      throw error;
    }
  }
  save(results, first, canFill);
}

function save(results: readonly RoundResult[], seed: number, canFill: boolean): void {
  const sum = (figure: (result: RoundResult) => number) => results.reduce((total, one) => total + figure(one), 0);
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const [needed, sent] = [sum((one) => one.needed), sum((one) => one.sent)];
  const machine = Object.entries(describeMachine()).map(([name, value]) => `- ${name}: ${value}`);
  const text = [
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
    `| downloads | ${sum((one) => one.downloads)} |`,
    `| kills (SIGKILL) | ${sum((one) => one.kills)} |`,
    `| power cuts (what was not journalled is garbage) | ${sum((one) => one.powerCuts)} |`,
    `| stores torn after a kill | ${sum((one) => one.tornStores)}, of which ${sum((one) => one.setAside)} had to be set aside |`,
    `| disks filled | ${canFill ? sum((one) => one.fullDisks) : 'not possible here'} |`,
    `| clock jumps | ${sum((one) => one.clockJumps)} |`,
    `| bytes of the files from honest servers | ${mib(needed)} |`,
    `| bytes that those servers sent | ${mib(sent)} (${(sent / needed).toFixed(2)} ×) |`,
    `| highest memory of an engine | ${(Math.max(0, ...results.map((one) => one.peakRss)) / 1e6).toFixed(0)} MB |`,
    `| time | ${(sum((one) => one.seconds) / 60).toFixed(1)} min |`,
    '',
    'After every kill: whatever has a final name is the whole file (SHA-256). After every round: each download from an',
    'honest server is complete, no file is left that no job knows, no server sent more than its bound, and the closed engine',
    'holds no handle, socket, timer or descriptor.',
    '',
  ].join('\n');
  const folder = join(import.meta.dirname, '../bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'torture-download.md'), text);
  console.log(`\n${text}`);
}
