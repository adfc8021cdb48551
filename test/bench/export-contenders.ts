/** The ways to get a query's rows into a file that the bench compares. */
import { join } from 'node:path';
import { build } from 'vite';
import type { ExportSpec } from '../../electron/engine/export/index.ts';
import type { ExportFormat } from '../../shared/export.ts';
import type { Measure } from './contenders.ts';
import type { EngineFigures } from './export-engine.ts';
import { runMetered } from './process-meter.ts';

/** Where the rows are. */
export interface Rows {
  readonly target: ExportSpec['target'];
  /** Connection URI of the same. */
  readonly url: string;
  readonly table: string;
  readonly count: number;
}

export interface ExportMeasure extends Measure, Partial<Pick<EngineFigures, 'firstByte' | 'longestBlock'>> {}

export type ExportContender = (rows: Rows, out: string) => Promise<ExportMeasure>;

const selectAll = ({ table }: Rows) => `SELECT * FROM ${table}`;

const started = async (command: readonly string[]): Promise<ExportMeasure> => {
  const { seconds, cpu, peakRss } = await runMetered(command, { PGOPTIONS: '-c TimeZone=UTC' });
  return { seconds, cpu, peakRss, extraRss: null };
};

const psqlCopy =
  (order: string): ExportContender =>
  (rows, out) =>
    started(['psql', '-qX', rows.url, '-c', `\\copy (${selectAll(rows)}${order}) to '${out}' (format csv)`]);

export const psqlCsv = psqlCopy('');

/** What a keyed export is, without its checkpoints: the rows in the order of the key. */
export const psqlCsvOrdered = psqlCopy(' ORDER BY id');

const psqlJsonOf =
  (order: string): ExportContender =>
  (rows, out) => {
    const query = `SELECT row_to_json(t) FROM ${rows.table} t${order}`;
    return started(['psql', '-qX', rows.url, '-c', `\\copy (${query}) to '${out}'`]);
  };

export const psqlJson = psqlJsonOf('');
export const psqlJsonOrdered = psqlJsonOf(' ORDER BY id');

const rival = (...args: readonly string[]) =>
  started([process.execPath, join(import.meta.dirname, 'export-rivals.ts'), ...args]);

export const copyStream: ExportContender = (rows, out) => rival('copy', rows.url, selectAll(rows), out);

/** Too slow for all rows: reads one in `share`, and its time and CPU are multiplied. */
export const OBJECT_SHARE = 10;
export const objects: ExportContender = async (rows, out) => {
  const some = `${selectAll(rows)} LIMIT ${Math.ceil(rows.count / OBJECT_SHARE)}`;
  const { seconds, cpu, ...rest } = await rival('objects', rows.url, some, out);
  return { ...rest, seconds: seconds * OBJECT_SHARE, cpu: cpu === null ? null : cpu * OBJECT_SHARE };
};

/** The compressor alone, on bytes that lie in memory. */
export const bareCompressor =
  (method: 'gzip' | 'zstd' | 'brotli', file: string): ExportContender =>
  (_rows, out) =>
    rival(method, '', file, out);

/** Bundles the export room and its worker as the product is bundled. Returns the folder of the programs. */
export async function buildEngine(): Promise<string> {
  const root = join(import.meta.dirname, '../..');
  // Inside the checkout, where pg is found.
  const folder = join(root, 'dist/bench-export');
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { external: ['pg', 'pg-query-stream'], noExternal: true },
    build: {
      ssr: true,
      outDir: folder,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        // ssh2 does without its native parts.
        external: [/\.node$/],
        input: {
          'export-engine': join(import.meta.dirname, 'export-engine.ts'),
          'export-stop': join(import.meta.dirname, 'export-stop.ts'),
          'export-worker': join(root, 'electron/engine/export/export-worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
  return folder;
}

/** Sluice's own: the table itself, in the order of its key and with checkpoints, or a query that has none. */
export const sluice =
  (programs: string, format: ExportFormat, compression: ExportSpec['compression'], keyed = false): ExportContender =>
  async (rows, out) => {
    const source: ExportSpec['source'] = keyed
      ? { kind: 'table', schema: 'public', name: rows.table, columns: null, where: null }
      : query(selectAll(rows));
    const spec = { ...specOf(rows, out), source, format, compression };
    const { output, peakRss } = await runMetered([
      process.execPath,
      join(programs, 'export-engine.js'),
      JSON.stringify(spec),
    ]);
    const figures = JSON.parse(output) as EngineFigures;
    return { ...figures, peakRss, extraRss: null };
  };

/** Stops an export whose query sorts all rows; the time is how long the server goes on. */
export const stopOfSort =
  (programs: string): ExportContender =>
  async (rows, out) => {
    const source = query(`${selectAll(rows)} ORDER BY md5(name)`);
    const spec: ExportSpec = { ...specOf(rows, out), source, format: { kind: 'ndjson' }, compression: 'none' };
    const program = join(programs, 'export-stop.js');
    const { output, cpu } = await runMetered([process.execPath, program, JSON.stringify(spec), rows.url]);
    return { ...(JSON.parse(output) as { seconds: number }), cpu, peakRss: null, extraRss: null };
  };

const query = (sql: string) => ({ kind: 'query' as const, sql, parameters: [], key: null });

function specOf(rows: Rows, out: string): Omit<ExportSpec, 'source' | 'format' | 'compression'> {
  const at = out.lastIndexOf('/');
  return {
    id: 'bench',
    target: rows.target,
    split: null,
    folder: out.slice(0, at),
    name: out.slice(at + 1),
    timeZone: 'UTC',
    parallel: 1,
    exactCount: false,
    limit: null,
  };
}
