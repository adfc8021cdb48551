/** One step of `npm test`: a program that is run quietly, timed, and whose tests are counted from its own JSON report. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Step {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where the program leaves its JSON report, and who wrote it; a step without one is a check, not tests. */
  readonly report?: { readonly file: string; readonly by: 'vitest' | 'playwright' };
}

export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  /** Null for a check that has no tests of its own. */
  readonly counts: Counts | null;
  readonly seconds: number;
  /** All that the program printed. */
  readonly output: string;
  /** Why it was not run at all. */
  readonly notRun?: string;
}

/** No step may hang the suite; on a machine that is busy with other things each takes several times as long. */
const LIMIT_MS = 60 * 60_000;
const running = new Set<ChildProcess>();

/** The command that runs a package's program with this Node, on every platform. */
export function tool(packageName: string, program: string): readonly string[] {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: string | Record<string, string> };
  const path = typeof bin === 'string' ? bin : bin[program];
  if (path === undefined) throw new Error(`${packageName} has no program ${program}`);
  return [process.execPath, join(dirname(manifest), path)];
}

/** Runs a step to its end. Never throws: what goes wrong is in the result. */
export async function runStep(step: Step, cwd: string): Promise<StepResult> {
  const began = performance.now();
  const [program = '', ...args] = step.command;
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, FORCE_COLOR: '0', ...step.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  running.add(child);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const limit = setTimeout(() => {
    chunks.push(Buffer.from(`\nstopped: took longer than ${LIMIT_MS / 60_000} minutes\n`));
    end(child, 'SIGKILL');
  }, LIMIT_MS);
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      chunks.push(Buffer.from(String(error)));
      resolve(null);
    });
    child.once('close', resolve);
  });
  clearTimeout(limit);
  running.delete(child);
  const counts = step.report ? readCounts(step.report) : null;
  return {
    name: step.name,
    ok: exitCode === 0 && (!step.report || (counts !== null && counts.failed === 0)),
    counts,
    seconds: (performance.now() - began) / 1000,
    output: Buffer.concat(chunks).toString(),
  };
}

/** Ends all steps that still run, with everything that they started. */
export function endAllSteps(): void {
  for (const child of running) end(child, 'SIGTERM');
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function readCounts({ file, by }: NonNullable<Step['report']>): Counts | null {
  if (!existsSync(file)) return null;
  const report = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number | undefined> & {
    stats?: Record<string, number | undefined>;
  };
  if (by === 'playwright') {
    const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = report.stats ?? {};
    return { passed: expected, failed: unexpected + flaky, skipped };
  }
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report;
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}
