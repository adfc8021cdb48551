/** A capture by itself or through a whole engine, and what tests ask of its files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'vitest';
import type { CaptureRequest, Feed } from '../../shared/capture.ts';
import type { CaptureJob, CaptureJobDetail, Job } from '../../shared/job.ts';
import type { CaptureEvent, CaptureJournal, Captures, CaptureSpec } from '../../electron/engine/capture/index.ts';
import type { RunOutcome } from '../../electron/engine/flow/index.ts';
import type { Engine } from '../../electron/engine/index.ts';
import { engineHome, type EngineHome } from './engine-home.ts';

export interface CaptureHome extends EngineHome {
  capture(feed: Feed, options?: Partial<CaptureRequest>): string;
  /** Resolves with the job when it has captured that many records. */
  captured(id: string, rows: number): Promise<void>;
  /** Ends the capture and resolves with its lines. */
  finished(id: string): Promise<string[]>;
  detail(id: string): CaptureJobDetail;
  job(id: string): CaptureJob;
  /** Asks until it is so. */
  soon(holds: () => boolean): Promise<void>;
}

export async function captureHome(): Promise<CaptureHome> {
  const home = await engineHome();
  const added: CaptureHome = Object.create(home, {}) as CaptureHome;
  // Getters of the engine's home keep working: it is the prototype.
  return Object.assign(added, {
    capture: (feed: Feed, options: Partial<CaptureRequest> = {}) =>
      home.engine.addCapture({ ...usual, feed, ...options }),
    captured: async (id: string, rows: number) => {
      await home.until(id, () => rowsOf(home.engine, id) >= rows);
    },
    async finished(id: string) {
      home.engine.finish([id]);
      await home.reaches(id, 'completed');
      return linesIn(home.files);
    },
    detail: (id: string) => home.engine.detail(id) as CaptureJobDetail,
    job: (id: string) => home.engine.get(id) as CaptureJob,
    soon,
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  });
}

const usual = {
  name: 'feed',
  rotation: { bytes: 100_000_000, seconds: null, naming: 'number' },
  compression: 'none',
  queue: { records: 10_000, bytes: 8 * 1024 * 1024 },
  whenFull: 'block',
} as const satisfies Partial<CaptureRequest>;

function rowsOf(engine: Engine, id: string): number {
  const job: Job = engine.get(id);
  return job.kind === 'capture' ? job.rows : 0;
}

/** All lines of a capture's finished files, in the order of their names. */
export function linesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(?:ndjson|txt)(?:\.gz|\.zst)?$/.test(name))
    .toSorted()
    .flatMap((name) => {
      const text = textOf(join(folder, name));
      if (!text.endsWith('\n')) throw new Error(`${name} ends in the middle of a record`);
      return text.slice(0, -1).split('\n');
    });
}

export function textOf(path: string): string {
  const bytes = readFileSync(path);
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString();
  return path.endsWith('.zst') ? zstdDecompressSync(bytes).toString() : bytes.toString();
}

/** The numbers that the feed server's records have. */
export function numbersOf(lines: readonly string[]): number[] {
  return lines.map((line) => {
    const record = JSON.parse(line) as { n?: number; data?: { n: number } };
    return record.n ?? record.data?.n ?? NaN;
  });
}

/** 1 to `last`. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, n) => n + 1);
}

/** A capture of a test server's events, without an engine. */
export function captureSpec(origin: string, folder: string, options: Partial<CaptureSpec>): CaptureSpec {
  return {
    id: 'a',
    feed: { kind: 'sse', url: `${origin}/events` },
    target: null,
    folder,
    name: 'feed',
    trusted: {},
    rotation: { bytes: 1_000_000_000, seconds: null, naming: 'number' },
    compression: 'none',
    queue: { records: 1_000_000, bytes: 256 * 1024 },
    whenFull: 'block',
    ...options,
  };
}

/** Starts a capture, and keeps what it tells. */
export function begin(captures: Captures, spec: CaptureSpec, resume: CaptureJournal | null = null) {
  const { promise: outcome, resolve } = Promise.withResolvers<RunOutcome>();
  const state = { journal: resume, journals: [] as CaptureJournal[], texts: [] as string[], outcome };
  captures.start(spec, resume, (event: CaptureEvent) => {
    if (event.kind === 'ended') resolve(event.outcome);
    else if (event.kind === 'activity') state.texts.push(event.text);
    else state.journals.push((state.journal = event.journal));
  });
  return state;
}

/** Resolves as soon as it is so; the test's time limit is the only one. */
export async function soon(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

/** What is missing in the files is as much as was told, in gaps and in all, and never the newest; the rest is in order. */
export function expectOnlyTold(folder: string, total: number, journal: CaptureJournal | null): void {
  const numbers = numbersOf(linesIn(folder));
  const dropped = journal?.dropped ?? 0;
  expect(numbers.length + dropped).toBe(total);
  expect(numbers.at(-1)).toBe(total);
  expect(numbers.every((n, at) => at === 0 || n > (numbers[at - 1] ?? 0))).toBe(true);
  const counted = (journal?.gaps ?? []).reduce((sum, { records }) => sum + (records ?? 0), 0);
  expect(counted).toBe(dropped);
}
