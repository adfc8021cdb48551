/** Exports and captures as people have them, for tests and pictures. The same at every run. */
import { failure } from '../../shared/failure.ts';
import type {
  CaptureJob,
  CaptureJobDetail,
  ExportJob,
  ExportJobDetail,
  Job,
  JobDetail,
  Meter,
} from '../../shared/job.ts';
import { usualCsv } from '../../shared/export-formats.ts';
import { orderColumns } from './database-samples.ts';
import { detailFor, sampleNow } from './samples.ts';

const MB = 1_000_000;

export function sampleExport(given: Partial<ExportJob> & { id: string }): ExportJob {
  return {
    kind: 'export',
    name: `${given.id}.csv`,
    folder: '/home/ada/Downloads',
    state: { kind: 'queued' },
    size: null,
    done: 0,
    position: 1,
    createdAt: sampleNow - 9 * 60_000,
    limit: null,
    priority: 'normal',
    startAt: null,
    connection: { id: 'shop', name: 'Shop (production)', color: 'red' },
    source: { kind: 'table', schema: 'public', name: given.id, columns: null, where: null },
    format: usualCsv,
    compression: 'none',
    split: null,
    rows: 0,
    expected: null,
    resumability: 'key',
    key: ['id'],
    files: 1,
    newerSnapshot: false,
    ...given,
  };
}

export function sampleCapture(given: Partial<CaptureJob> & { id: string }): CaptureJob {
  return {
    kind: 'capture',
    name: given.id,
    folder: '/home/ada/Captures',
    state: { kind: 'running' },
    size: null,
    done: 0,
    position: 1,
    createdAt: sampleNow - 3 * 3600_000,
    limit: null,
    priority: 'normal',
    startAt: null,
    feed: { kind: 'sse', url: 'https://stream.wikimedia.org/v2/stream/recentchange' },
    rotation: { bytes: 64 * MB, seconds: null, naming: 'number' },
    compression: 'zstd',
    queue: { records: 10_000, bytes: 16 * MB },
    whenFull: 'drop-oldest',
    whenDiskFull: 'block',
    rows: 0,
    dropped: 0,
    files: 1,
    ...given,
  };
}

/** An afternoon of exports, and a feed beside them. */
export function mixedJobs(): Job[] {
  return [
    sampleExport({
      id: 'orders',
      name: 'orders.csv.gz',
      compression: 'gzip',
      state: { kind: 'running' },
      rows: 493_200,
      done: 21_400_000,
      expected: { rows: 1_204_332, exact: false },
    }),
    sampleExport({
      id: 'events',
      name: 'events.parquet',
      format: { kind: 'parquet', compression: 'zstd' },
      connection: { id: 'research', name: 'Research warehouse', color: 'purple' },
      state: { kind: 'running' },
      rows: 41_087_120,
      done: 2_911 * MB,
      expected: { rows: 61_400_000, exact: true },
      resumability: 'format',
      key: [],
    }),
    sampleCapture({ id: 'recentchange', rows: 1_284_067, done: 611 * MB, files: 10, dropped: 412 }),
    sampleExport({
      id: 'lines',
      name: 'order-lines.ndjson',
      format: { kind: 'ndjson' },
      state: { kind: 'paused' },
      rows: 1_020_000,
      done: 402 * MB,
      expected: { rows: 4_318_077, exact: false },
    }),
    sampleExport({
      id: 'latin',
      name: 'customers-latin1.csv',
      state: {
        kind: 'failed',
        failure: failure('cannot-encode', {
          row: 40_312,
          column: 'name',
          detail: '“Łukasz” has characters that ISO 8859-1 lacks',
        }),
      },
      rows: 40_311,
      done: 9 * MB,
    }),
    sampleExport({
      id: 'products',
      name: 'products.xlsx',
      format: { kind: 'xlsx', header: true },
      createdAt: sampleNow - 13 * 60_000,
      state: { kind: 'completed', at: sampleNow - 12 * 60_000, proof: 'size' },
      rows: 12_840,
      done: 1_204_551,
      resumability: 'format',
      key: [],
    }),
    sampleExport({
      id: 'all',
      name: 'shop-2026-05-12',
      source: {
        kind: 'tables',
        tables: [
          { schema: 'public', name: 'orders' },
          { schema: 'public', name: 'customers' },
        ],
      },
      createdAt: sampleNow - 4.1 * 3600_000,
      state: { kind: 'completed', at: sampleNow - 4 * 3600_000, proof: 'size' },
      rows: 1_388_542,
      done: 274 * MB,
      files: 2,
    }),
  ];
}

const rowRates: Readonly<Record<string, number>> = { orders: 48_210, events: 1_312_400, recentchange: 318 };

export function mixedMeters(jobs: readonly Job[]): Meter[] {
  return jobs
    .filter(({ state }) => state.kind === 'running')
    .map((job): Meter => {
      const rows = job.kind === 'download' ? null : job.rows;
      const rowRate = rowRates[job.id] ?? 1000;
      const expected = job.kind === 'export' ? job.expected : null;
      return {
        id: job.id,
        done: job.done,
        rate: rowRate * 44,
        eta: expected && rows !== null ? (expected.rows - rows) / rowRate : null,
        active: 1,
        bottleneck: job.id === 'events' ? 'processing' : 'source',
        ranges: [],
        verified: null,
        rows,
        rowRate,
        dropped: job.kind === 'capture' ? job.dropped : null,
      };
    });
}

const wave = (i: number) => 1 + 0.12 * Math.sin(i / 6) + 0.06 * Math.sin(i / 1.9) - (i > 50 && i < 56 ? 0.6 : 0);

function everyDetail(job: Job) {
  const rate = rowRates[job.id] ?? 1000;
  return {
    id: job.id,
    activity: [
      { at: sampleNow - 120_000, level: 'info' as const, text: 'Added' },
      { at: sampleNow - 119_000, level: 'info' as const, text: 'Started' },
    ],
    rates: Array.from({ length: 112 }, (_, i) => wave(i) * rate * 44),
    rowRates: Array.from({ length: 112 }, (_, i) => wave(i) * rate),
    queue: { used: 5, size: 16 },
    waited: { source: 0.71, processing: 0.2, disk: 0.03, limit: 0 },
    file: `${job.folder}/${job.name}${job.state.kind === 'completed' ? '' : '.sluice'}`,
  };
}

export function exportDetail(job: ExportJob): ExportJobDetail {
  const ended = job.state.kind !== 'running' && job.state.kind !== 'paused';
  return {
    ...everyDetail(job),
    kind: 'export',
    sql: 'SELECT "id", "customer_id", "placed_at", "status", "total", "coupon", "address"\nFROM "public"."orders"\nORDER BY "id"',
    columns: orderColumns.map(({ name, type }) => ({ name, type })),
    backend: ended ? null : 48_112,
    reading: ended ? 'none' : 'portal',
    checkpoint: ended ? null : { at: sampleNow - 3_000, rows: job.rows - 4_100, bytes: job.done, after: ['493104'] },
    snapshotSince: ended ? null : sampleNow - 12 * 60_000,
    files: [{ name: job.name, rows: job.rows, bytes: job.done }],
  };
}

export function captureDetail(job: CaptureJob): CaptureJobDetail {
  return {
    ...everyDetail(job),
    kind: 'capture',
    connected: true,
    diskFull: false,
    queue: { used: 1_200_000, size: 16_000_000 },
    depth: { records: 2_310, bytes: 1_200_000 },
    last: Array.from({ length: 14 }, (_, i) => ({
      at: sampleNow - (14 - i) * 310,
      text: `{"id":${884_120_331 + i},"type":"edit","title":"${['Sluice', 'Lock (water navigation)', 'Canal du Midi'][i % 3]}","user":"Ada","bot":${i % 4 === 0}}`,
    })),
    gaps: [
      { from: sampleNow - 2 * 3600_000, to: sampleNow - 2 * 3600_000 + 4_200, why: 'disconnected', records: 0 },
      { from: sampleNow - 900_000, to: sampleNow - 896_000, why: 'dropped', records: 412 },
    ],
    files: Array.from({ length: 4 }, (_, i) => ({
      name: `recentchange-${String(i + 7).padStart(6, '0')}.ndjson.zst`,
      rows: 128_400 + i * 931,
      bytes: 61 * MB + i * 310_000,
    })),
  };
}

export function mixedDetail(job: Job): JobDetail {
  if (job.kind === 'download') return detailFor(job);
  return job.kind === 'export' ? exportDetail(job) : captureDetail(job);
}
