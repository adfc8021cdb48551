/** `npm run torture -- export [--kills N] [--seed S] [--minutes M] [--verbose]`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/report.ts';
import { startPostgres } from '../servers/postgres.ts';
import { prepareServer, tortureExport, type ExportRoundResult } from './export-round.ts';

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '50' },
      seed: { type: 'string' },
      minutes: { type: 'string', default: '15' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const first = Number(values.seed ?? Date.now() % 1_000_000);
  const ends = performance.now() + Number(values.minutes) * 60_000;
  const server = await startPostgres();
  const results: ExportRoundResult[] = [];
  const kills = () => results.reduce((sum, one) => sum + one.kills, 0);
  try {
    await prepareServer(server);
    while (kills() < Number(values.kills) && performance.now() < ends) {
      const seed = first + results.length;
      const lines: string[] = [];
      const log = (line: string) => {
        if (values.verbose) console.log(`  ${line}`);
        else lines.push(`  ${line}`);
      };
      try {
        const result = await tortureExport({ seed, server, acts: 12, pause: 900, log });
        results.push(result);
        console.log(`seed ${seed}, ${result.manner}: ${result.kills} kills, ${result.seconds.toFixed(0)} s`);
      } catch (error) {
        console.error(lines.join('\n'));
        console.error(`\nAgain: npm run torture -- export --kills 1 --seed ${seed} --verbose\n`);
        throw error;
      }
    }
  } finally {
    await server.end();
  }
  save(results, first, server.version);
}

function save(results: readonly ExportRoundResult[], seed: number, version: string): void {
  const sum = (figure: (result: ExportRoundResult) => number) => results.reduce((all, one) => all + figure(one), 0);
  const machine = Object.entries(describeMachine()).map(([name, value]) => `- ${name}: ${value}`);
  const kills = sum((one) => one.kills);
  const text = [
    '# Torture of exports',
    '',
    `${new Date().toISOString()}. Again: \`npm run torture -- export --kills ${kills} --seed ${seed}\``,
    '',
    ...machine,
    `- PostgreSQL: ${version}`,
    '',
    '| what | |',
    '|---|---|',
    `| rounds (one export each) | ${results.length}, none with a violation |`,
    `| ways | ${[...new Set(results.map(({ manner }) => manner))].join(' · ')} |`,
    `| engine killed (SIGKILL) | ${kills} |`,
    `| server killed (as by a power cut) | ${sum((one) => one.crashes)} |`,
    `| server restarted | ${sum((one) => one.restarts)} |`,
    `| sessions ended by the admin | ${sum((one) => one.terminations)} |`,
    `| paused and resumed | ${sum((one) => one.pauses)} |`,
    `| rows of the finished files | ${sum((one) => one.rows).toLocaleString('en')} |`,
    `| time | ${(sum((one) => one.seconds) / 60).toFixed(1)} min |`,
    '',
    'After every round: the files, decompressed and put together, are byte for byte what an export gives that nobody',
    'disturbs (no row lost, none twice); no part file is left; the closed engine holds no handle, socket or timer.',
    '',
  ].join('\n');
  const folder = join(import.meta.dirname, '../bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'torture-export.md'), text);
  console.log(`\n${text}`);
}
