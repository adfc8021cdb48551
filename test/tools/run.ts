/**
 * `npm test`: everything that says whether Sluice is good, one line per step, full output only for what failed.
 * `npm test -- unit e2e` runs only the steps whose names begin so. The last line is `N passed, N failed`.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missingClients } from '../bench/programs.ts';
import { ensureBrowser } from './browser.ts';
import { electronHere } from './electron-binary.ts';
import { endAllSteps, runStep, tool, type Step, type StepResult } from './step.ts';

const root = join(import.meta.dirname, '../..');
const reports = join(root, 'test-results/reports');

const check = (name: string, command: readonly string[], ...args: string[]): Step => ({
  name,
  command: [...command, ...args],
});

function vitest(project: string): Step {
  const file = join(reports, `${project}.json`);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  return { name: project, command: [...tool('vitest', 'vitest'), ...args], report: { file, by: 'vitest' } };
}

function e2e(project: string, wrapper: readonly string[] = []): Step {
  const file = join(reports, `e2e-${project}.json`);
  return {
    name: `e2e-${project}`,
    command: [...wrapper, ...tool('@playwright/test', 'playwright'), 'test', '--project', project],
    env: { SLUICE_E2E_REPORT: file },
    report: { file, by: 'playwright' },
  };
}

/** Every state of the window: axe, the CSP and the console have to be silent in each. */
const states = check('states', [process.execPath, join(import.meta.dirname, 'screenshots.ts')], '--check');

/**
 * Stages run one after another; the lanes of a stage at once (two: the smallest machine has two cores). Most of what
 * takes long in either lane of the second is waiting.
 */
const electron = electronHere();
const stages: readonly (readonly (readonly Step[])[])[] = [
  [
    [
      check('format', tool('prettier', 'prettier'), '--check', '--log-level', 'warn', '.'),
      check('lint', tool('oxlint', 'oxlint'), '--type-aware', '--deny-warnings'),
    ],
    [
      check('types', tool('typescript', 'tsc'), '-b'),
      check('build', tool('vite', 'vite'), 'build', '--app', '--logLevel', 'warn'),
    ],
  ],
  [[vitest('unit'), vitest('component'), states, e2e('browser')], [vitest('integration')]],
  ...(electron.can ? [[[e2e('electron', electron.wrapper)]]] : []),
];
const needBrowser = ['component', 'states', 'e2e-browser'];

async function main(): Promise<number> {
  const { positionals: wanted } = parseArgs({ allowPositionals: true });
  const isWanted = (step: Step) => wanted.length === 0 || wanted.some((prefix) => step.name.startsWith(prefix));
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });

  const steps = stages.flat(2).filter(isWanted);
  const browser = steps.some(({ name }) => needBrowser.includes(name)) ? await ensureBrowser() : null;
  if (browser) console.log(`browser: ${browser.how}`);
  if (browser?.path) process.env['SLUICE_CHROMIUM'] = browser.path;

  const missing = steps.some(({ name }) => name === 'integration') ? missingClients() : [];
  if (missing.length > 0) console.log(`not here, nor their tests: ${missing.join(', ')}`);

  const results: StepResult[] = [];
  for (const stage of stages) {
    const lanes = stage.map(async (lane) => {
      for (const step of lane.filter(isWanted)) {
        const lacks = needBrowser.includes(step.name) && browser?.path === null;
        const result = lacks ? withoutBrowser(step, browser.how) : await runStep(step, root);
        results.push(result);
        print(result);
      }
    });
    await Promise.all(lanes);
  }
  return conclude(results, isWanted);
}

/** Left out on a person's own machine, and said; on one that judges changes (`CI`) what could not run has failed. */
function withoutBrowser(step: Step, why: string): StepResult {
  return { name: step.name, ok: !process.env['CI'], counts: null, seconds: 0, output: why, notRun: why };
}

function print({ name, ok, counts, seconds, output, notRun }: StepResult): void {
  const words = [ok ? (notRun === undefined ? 'ok' : 'NOT RUN') : 'FAILED'];
  if (counts) words.push(`${counts.passed} passed`);
  if (counts?.failed) words.push(`${counts.failed} failed`);
  if (counts?.skipped) words.push(`${counts.skipped} skipped`);
  console.log(`${name.padEnd(14)}${words.join(', ').padEnd(36)}${seconds.toFixed(1).padStart(6)} s`);
  if (!ok) console.log(`\n${output.trim()}\n`);
}

/** Says which E2E projects ran, and the totals: tests by their reports, and each failed check as one failure. */
function conclude(results: readonly StepResult[], isWanted: (step: Step) => boolean): number {
  for (const project of ['browser', 'electron']) {
    const result = results.find(({ name }) => name === `e2e-${project}`);
    if (!isWanted(e2e(project))) continue;
    if (result?.counts) console.log(`E2E ${project}: ran`);
    else if (project === 'electron' && !electron.can) console.log(`E2E electron: not run, ${electron.why}`);
    else console.log(`E2E ${project}: ${result?.notRun === undefined ? 'failed' : 'not run'}, see above`);
  }
  const passed = results.reduce((sum, { counts }) => sum + (counts?.passed ?? 0), 0);
  const failed = results.reduce((sum, { ok, counts }) => sum + (counts?.failed || (ok ? 0 : 1)), 0);
  console.log(`${passed} passed, ${failed} failed`);
  const onlyChecks =
    results.length > 0 && results.every(({ counts, ok, notRun }) => counts === null && ok && notRun === undefined);
  return failed === 0 && (passed > 0 || onlyChecks) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endAllSteps();
    process.exit(130);
  });
}
process.exitCode = await main();
