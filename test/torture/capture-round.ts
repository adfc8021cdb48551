/**
 * One capture of numbered events whose connection is cut again and again, in the middle of an event, and whose engine is
 * killed: at the end each record is there once, whole and in order, and the index leads to where it says.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { CaptureRequest } from '../../shared/capture.ts';
import type { CaptureJob } from '../../shared/job.ts';
import { recordOf, startFeedServer } from '../servers/feed-server.ts';
import { startEngine, type EngineHandle } from './engine-handle.ts';
import { seededRandom } from '../servers/random.ts';
import { Violation } from './violation.ts';

export interface CaptureRoundOptions {
  readonly seed: number;
  /** Events. */
  readonly total: number;
  /** Connections that are cut, at least. */
  readonly cuts: number;
  readonly kills: number;
  readonly compression: CaptureRequest['compression'];
  /** Bytes of a file before a new one begins. */
  readonly fileBytes: number;
  readonly log: (line: string) => void;
}

export interface CaptureRoundResult {
  readonly compression: CaptureRequest['compression'];
  readonly records: number;
  readonly cuts: number;
  readonly kills: number;
  readonly files: number;
  /** Requests that the source got. */
  readonly connections: number;
  readonly peakRss: number;
  readonly seconds: number;
}

/** A reconnection gets so many events once more. */
const OVERLAP = 50;
const PATIENCE_MS = 240_000;

export async function captureRound(options: CaptureRoundOptions): Promise<CaptureRoundResult> {
  const { compression, cuts, fileBytes, kills, log, seed, total } = options;
  const random = seededRandom(seed);
  const begun = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'sluice-torture-capture-'));
  const places = { home: join(root, 'home'), folder: join(root, 'files'), hold: false, clockOffset: 0 };
  const most = Math.floor((2 * total) / (cuts + kills + 10));
  const server = await startFeedServer({ total, retry: 5, overlap: OVERLAP, cutAfter: () => random.int(1, most) });
  let engine: EngineHandle = await startEngine(places);
  let peakRss = 0;
  try {
    const id = await engine.call('addCapture', {
      feed: { kind: 'sse', url: `${server.origin}/events` },
      name: 'events',
      rotation: { bytes: fileBytes, seconds: null, naming: 'number' },
      compression,
      queue: { records: 20_000, bytes: 4 * 1024 * 1024 },
      whenFull: 'block',
    });
    const rows = async () => ((await engine.call('get', id)) as CaptureJob).rows;
    for (let kill = 1; kill <= kills; kill += 1) {
      const due = Math.floor((total * (kill - random.next() / 2)) / (kills + 1));
      await until(async () => (await rows()) >= due);
      // Wherever it is: between two records, in a write, while a file gets its name.
      await sleep(random.int(0, 30));
      const before = await rows();
      peakRss = Math.max(peakRss, engine.peakRss() ?? 0);
      await engine.kill();
      checkFinished(places.folder, total);
      engine = await startEngine(places);
      const after = await rows();
      log(`kill ${kill} at ${before}: ${after} were journalled; ${server.cuts} cuts so far`);
    }
    await until(async () => (await rows()) >= total);
    peakRss = Math.max(peakRss, engine.peakRss() ?? 0);
    await engine.call('finish', [id, id]);
    await until(async () => ((await engine.call('get', id)) as CaptureJob).state.kind === 'completed');
    const job = (await engine.call('get', id)) as CaptureJob;
    const leaks = await engine.close();
    if (Object.keys(leaks).length > 0) throw new Violation(`the closed engine still holds ${JSON.stringify(leaks)}`);
    const records = checkFinished(places.folder, total);
    if (records !== total || job.rows !== total) throw new Violation(`${records} records, ${job.rows} counted`);
    if (job.dropped > 0) throw new Violation(`${job.dropped} were dropped`);
    if (server.cuts < cuts) throw new Violation(`only ${server.cuts} connections were cut`);
    const left = readdirSync(places.folder).filter((name) => name.endsWith('.sluice'));
    if (left.length > 0) throw new Violation(`left over: ${left.join(', ')}`);
    return {
      compression,
      records,
      cuts: server.cuts,
      kills,
      files: job.files,
      connections: server.asked.length,
      peakRss,
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    await engine.kill();
    await server.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Resolves when it is so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Violation('nothing came for minutes');
    await sleep(10);
  }
}

/** Whatever has its final name is whole, and its records go on where those of the file before end. Gives their number. */
function checkFinished(folder: string, total: number): number {
  let last = 0;
  const names = readdirSync(folder).filter((name) => /\.ndjson(?:\.gz|\.zst)?$/.test(name));
  for (const name of names.toSorted()) {
    const text = contentOf(join(folder, name));
    if (text.at(-1) !== 0x0a) throw new Violation(`${name} ends in the middle of a record`);
    const first = last + 1;
    const offsets = new Map<number, number>();
    let from = 0;
    for (let end = text.indexOf(0x0a); end !== -1; end = text.indexOf(0x0a, from)) {
      last += 1;
      offsets.set(last, from);
      checkRecord(text.toString('utf8', from, end), last, name);
      from = end + 1;
    }
    checkIndex(join(folder, `${name}.index`), offsets, first);
  }
  if (last > total) throw new Violation(`${last} records of ${total}`);
  return last;
}

function checkRecord(line: string, expected: number, name: string): void {
  const { id, data } = JSON.parse(line) as { id: string; data: { n: number; text: string } };
  if (id !== String(expected) || data.n !== expected || data.text !== recordOf(expected).text) {
    throw new Violation(`${name}: record ${expected} reads ${line}`);
  }
}

/** A crash between two names may have left the index under its part name. */
function checkIndex(path: string, offsets: ReadonlyMap<number, number>, first: number): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    text = readFileSync(`${path}.sluice`, 'utf8');
  }
  const lines = text.trimEnd().split('\n');
  let before = 0;
  for (const line of lines) {
    const { record, offset, id } = JSON.parse(line) as { record: number; offset: number; id: string };
    if (offsets.get(record) !== offset || id !== String(record) || record <= before) {
      throw new Violation(`${path}: ${line} does not lead to its record`);
    }
    before = record;
  }
  if (!lines[0]?.startsWith(`{"record":${first},"offset":0,`)) throw new Violation(`${path} begins with ${lines[0]}`);
}

function contentOf(path: string): Buffer {
  const bytes = readFileSync(path);
  if (path.endsWith('.gz')) return gunzipSync(bytes);
  return path.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
}
