/** `npm run torture -- capture [--total N] [--cuts N] [--kills N] [--seed S] [--verbose]`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/report.ts';
import { captureRound, type CaptureRoundResult } from './capture-round.ts';

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      total: { type: 'string', default: '1000000' },
      cuts: { type: 'string', default: '100' },
      kills: { type: 'string', default: '10' },
      seed: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const results: CaptureRoundResult[] = [];
  for (const [n, compression] of (['none', 'gzip', 'zstd'] as const).entries()) {
    const lines: string[] = [];
    const log = (line: string) => {
      if (values.verbose) console.log(`  ${line}`);
      else lines.push(`  ${line}`);
    };
    try {
      const result = await captureRound({
        seed: seed + n,
        total: Number(values.total),
        cuts: Number(values.cuts),
        kills: Number(values.kills),
        compression,
        fileBytes: 8_000_000,
        log,
      });
      results.push(result);
      // After each: a long run that is stopped has told what it found.
      save(results, seed);
      console.log(`${compression}: ${result.records} records, ${result.cuts} cuts, ${result.seconds.toFixed(0)} s`);
    } catch (error) {
      console.error(lines.join('\n'));
      console.error(`\nFailed (${compression}). Again: npm run torture -- capture --seed ${seed} --verbose\n`);
      throw error;
    }
  }
  console.log(`\n${describe(results, seed)}`);
}

function describe(results: readonly CaptureRoundResult[], seed: number): string {
  const machine = Object.entries(describeMachine()).map(([name, value]) => `- ${name}: ${value}`);
  const row = (one: CaptureRoundResult) =>
    [
      one.compression,
      one.records.toLocaleString('en'),
      one.cuts,
      one.kills,
      one.connections,
      one.files,
      `${(one.peakRss / 1e6).toFixed(0)} MB`,
      `${one.seconds.toFixed(1)} s`,
    ].join(' | ');
  return [
    '# Torture of captures',
    '',
    `${new Date().toISOString()}. Again: \`npm run torture -- capture --seed ${seed}\``,
    '',
    ...machine,
    '',
    '| compression | SSE events | connections cut | kill -9 | requests | files | highest memory | time |',
    '|---|---|---|---|---|---|---|---|',
    ...results.map((one) => `| ${row(one)} |`),
    '',
    'Each connection is cut in the middle of an event, and each new one gets 50 events that were there before once more.',
    'After every kill, and at the end: whatever has a final name ends with a whole record; records are 1, 2, 3 … without',
    'one missing, twice or torn; every line of an index leads to the record it names. At the end no unfinished file is',
    'left, nothing counts as dropped, and the closed engine holds no socket, timer or descriptor.',
    '',
  ].join('\n');
}

function save(results: readonly CaptureRoundResult[], seed: number): void {
  const folder = join(import.meta.dirname, '../bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'torture-capture.md'), describe(results, seed));
}
