/**
 * The export room as it runs in the product (main thread and export worker, bundled), for one export: SPEC as JSON. Says
 * what it cost, as JSON.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createExports, type ExportSpec } from '../../electron/engine/export/index.ts';

/** What one export cost. */
export interface EngineFigures {
  /** From the request to the recorded end. */
  readonly seconds: number;
  readonly cpu: number;
  readonly rows: number;
  /** Ms from when the query ran and the file was open to the first bytes in it; null where it was not seen. */
  readonly firstByte: number | null;
  /** Ms: the longest that the loop which would answer the window was away. */
  readonly longestBlock: number;
}

const spec = JSON.parse(process.argv[2] ?? '') as ExportSpec;
const exports = createExports();
const delay = monitorEventLoopDelay({ resolution: 5 });
let startedAt: number | null = null;
let firstByte: number | null = null;
let rows = 0;

/** Looks for bytes in the part file. */
function look(): void {
  if (startedAt === null || firstByte !== null) return;
  try {
    if (statSync(join(spec.folder, `${spec.name}.sluice`)).size > 0) firstByte = performance.now() - startedAt;
  } catch {
    // Not there yet, or finished already.
  }
}

const timer = setInterval(look, 2);
const before = process.cpuUsage();
const began = performance.now();
delay.enable();
exports.start(spec, null, (event) => {
  if (event.kind === 'started') startedAt = performance.now();
  if (event.kind === 'committed') rows = event.journal.files.reduce((sum, file) => sum + file.rows, 0);
  if (event.kind !== 'ended') return;
  const seconds = (performance.now() - began) / 1000;
  delay.disable();
  clearInterval(timer);
  if (event.outcome.kind !== 'completed') throw new Error(JSON.stringify(event.outcome));
  const { user, system } = process.cpuUsage(before);
  const figures: EngineFigures = {
    seconds,
    cpu: (user + system) / 1e6,
    rows,
    firstByte,
    longestBlock: delay.max / 1e6,
  };
  console.log(JSON.stringify(figures));
  void exports.close();
});
