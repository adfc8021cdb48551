/** Runs exports for tests: over the room's door, with a folder of their own, and what they told. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createExports,
  type ExportEvent,
  type ExportJournal,
  type Exports,
  type ExportSpec,
} from '../../electron/engine/export/index.ts';
import type { RunOutcome } from '../../electron/engine/flow/index.ts';
import type { ExportSource } from '../../shared/database.ts';
import type { CsvFormat } from '../../shared/export.ts';
import { usualCsv } from '../../shared/export-formats.ts';
import type { TestPostgres } from '../servers/postgres.ts';

export const csv: CsvFormat = usualCsv;

/** One run, and what it tells. */
export interface ExportRun {
  readonly id: string;
  readonly events: readonly ExportEvent[];
  readonly outcome: Promise<RunOutcome>;
  /** The newest journal; null before the first. */
  readonly journal: ExportJournal | null;
  /** Resolves with the first event that is so, be it one that was told already. Rejects when the run ends before. */
  event(is: (event: ExportEvent) => boolean): Promise<ExportEvent>;
  /** Resolves when so many rows were read. */
  rows(least: number): Promise<void>;
}

export interface ExportFolder extends AsyncDisposable {
  readonly folder: string;
  readonly exports: Exports;
  start(spec: Partial<ExportSpec> & { source: ExportSource }, resume?: ExportJournal | null): ExportRun;
  /** Files and folders, the inner ones with their folder. */
  list(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  lines(name: string): Promise<string[]>;
}

/** The source that a query without a key is. */
export function query(sql: string, key: readonly string[] | null = null, parameters: string[] = []): ExportSource {
  return { kind: 'query', sql, parameters, key: key === null ? null : [...key] };
}

export function table(name: string, columns: string[] | null = null, where: string | null = null): ExportSource {
  return { kind: 'table', schema: 'public', name, columns, where };
}

/** Ids of exports are their own over all folders, for some share a thread. */
let last = 0;

/** `how`: how the thread of this folder is set, or exports that outlive it. */
export async function exportFolder(
  server: TestPostgres,
  how: Parameters<typeof createExports>[0] | Exports = {},
): Promise<ExportFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-export-'));
  const isShared = 'start' in how;
  const exports = isShared ? how : createExports(how);
  return {
    folder,
    exports,
    start(asked, resume = null) {
      last += 1;
      const spec: ExportSpec = {
        id: `export-${last}`,
        target: server.target,
        format: csv,
        compression: 'none',
        split: null,
        folder,
        name: 'rows.csv',
        timeZone: 'UTC',
        parallel: 1,
        exactCount: false,
        limit: null,
        ...asked,
      };
      return startRun(exports, spec, resume);
    },
    list: async () => (await readdir(folder, { recursive: true })).toSorted(),
    read: (name) => readFile(join(folder, name)),
    lines: async (name) => (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n'),
    async [Symbol.asyncDispose]() {
      if (!isShared) await exports.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startRun(exports: Exports, spec: ExportSpec, resume: ExportJournal | null): ExportRun {
  const events: ExportEvent[] = [];
  const { promise, resolve } = Promise.withResolvers<RunOutcome>();
  let journal: ExportJournal | null = null;
  let look = () => {};
  exports.start(spec, resume, (event) => {
    events.push(event);
    if (event.kind === 'started' || event.kind === 'committed') ({ journal } = event);
    if (event.kind === 'ended') resolve(event.outcome);
    look();
  });
  return {
    id: spec.id,
    events,
    outcome: promise,
    get journal() {
      return journal;
    },
    event(is) {
      const { promise: found, resolve, reject } = Promise.withResolvers<ExportEvent>();
      look = () => {
        const event = events.find(is);
        if (event) resolve(event);
        else if (events.at(-1)?.kind === 'ended') reject(new Error(`ended before: ${JSON.stringify(events.at(-1))}`));
      };
      look();
      return found;
    },
    rows(least) {
      const { promise: reached, resolve, reject } = Promise.withResolvers<void>();
      const timer = setInterval(() => {
        const rows = exports.meters().find(({ id }) => id === spec.id)?.rows ?? 0;
        if (rows >= least) resolve();
        else if (events.at(-1)?.kind === 'ended') reject(new Error(`ended before: ${JSON.stringify(events.at(-1))}`));
      }, 20);
      return reached.finally(() => clearInterval(timer));
    },
  };
}
