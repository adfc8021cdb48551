/** What a process costs: wall time, CPU-seconds and peak memory, its threads included. From /proc, so Linux only. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  /** Wall-clock seconds. */
  readonly seconds: number;
  /** User and system CPU-seconds of all threads; null where /proc is not there. */
  readonly cpu: number | null;
  /** Highest resident set size in bytes (VmHWM); null where /proc is not there. */
  readonly peakRss: number | null;
}

/** USER_HZ, which /proc counts in: 100 on every Linux architecture that Node runs on. */
const TICKS = 100;

/** Fields of /proc/PID/stat after the process's name, from “state” on (proc_pid_stat(5) calls it field 3). */
function statFields(pid: number | 'self'): readonly number[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null
    ? null
    : text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

/** CPU-seconds that a process has used so far. */
export function cpuOf(pid: number): number | null {
  const fields = statFields(pid);
  return fields ? ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS : null;
}

/** CPU-seconds of all children of this process that have ended. */
function cpuOfEndedChildren(): number | null {
  const fields = statFields('self');
  return fields ? ((fields[13] ?? 0) + (fields[14] ?? 0)) / TICKS : null;
}

/** Peak resident memory of a process so far, in bytes. */
export function peakRssOf(pid: number): number | null {
  const kib = /^VmHWM:\s*(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** Runs a program to its end. Only one at a time: the CPU of ended children is counted in one sum. */
export async function runMetered(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Cost & { readonly output: string }> {
  const [program = '', ...args] = command;
  const before = cpuOfEndedChildren();
  const began = performance.now();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let peakRss: number | null = null;
  const poll = setInterval(() => {
    if (child.pid !== undefined) peakRss = peakRssOf(child.pid) ?? peakRss;
  }, 20);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  let ended = began;
  child.once('exit', () => {
    ended = performance.now();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(poll));
  const output = Buffer.concat(chunks).toString();
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}`);
  const after = cpuOfEndedChildren();
  const cpu = before === null || after === null ? null : after - before;
  return { seconds: (ended - began) / 1000, cpu, peakRss, output };
}
