/** Exports as the queue's work: what a run needs, and what the export room tells of it. */
import { basename, dirname, join } from 'node:path';
import { SluiceError } from '../../../shared/failure.ts';
import type { ConnectTarget } from '../database/index.ts';
import type { ExportEvent, ExportJournal, Exports } from '../export/index.ts';
import { deleteEmptyFolder, deleteFile, discardPart, type Space, partPath } from '../files/index.ts';
import { makeFolder } from './job-files.ts';
import type { JobList } from './job-list.ts';
import type { ExportRecord } from './job-record.ts';
import type { OwnDetail, Run, RunHost, Work } from './work.ts';

export interface ExportWorkParts {
  readonly list: JobList;
  readonly exports: Exports;
  readonly freeSpace: (folder: string) => Promise<Space>;
  /** @throws unknown-connection */
  readonly target: (connection: string) => Promise<ConnectTarget>;
}

type ExportRun = Run<ExportRecord>;

export class ExportWork implements Work<ExportRecord> {
  readonly #parts: ExportWorkParts;
  readonly #host: RunHost;

  constructor(parts: ExportWorkParts, host: RunHost) {
    this.#parts = parts;
    this.#host = host;
  }

  async prepare(run: ExportRun): Promise<() => void> {
    const { exports, freeSpace, target } = this.#parts;
    const { record } = run;
    const { id, folder, limit, name, plan } = record;
    const connectTarget = await target(record.connection.id);
    const { name: called, color, host } = connectTarget;
    record.connection = { id: record.connection.id, name: called, color, host: host.startsWith('/') ? '' : host };
    if (!record.journal) await makeFolder(folder);
    const space = await freeSpace(folder);
    run.device = space.device;
    if (space.free === 0) throw new SluiceError('disk-full', { folder, free: '0 B', needed: 'more' });
    return () => {
      exports.start({ id, target: connectTarget, folder, name, limit, ...plan }, record.journal, (event) => {
        this.#onEvent(run, event);
      });
    };
  }

  pause(id: string): void {
    this.#parts.exports.pause(id);
  }

  resume(id: string): void {
    this.#parts.exports.resume(id);
  }

  stop(id: string): void {
    this.#parts.exports.stop(id);
  }

  setLimit(id: string, bytesPerSecond: number | null): void {
    this.#parts.exports.setLimit(id, bytesPerSecond);
  }

  meters() {
    return this.#parts.exports.meters();
  }

  detail(record: ExportRecord, running: boolean): OwnDetail {
    const live = running ? this.#parts.exports.detail(record.id) : null;
    if (live) return live;
    const { journal, plan } = record;
    const { checkpoint = null } = journal ?? {};
    return {
      id: record.id,
      kind: 'export',
      queue: { used: 0, size: 0 },
      waited: { source: 0, processing: 0, disk: 0, limit: 0 },
      sql: plan.source.kind === 'query' ? plan.source.sql : '',
      columns: [...(journal?.columns ?? [])],
      backend: null,
      reading: 'none',
      checkpoint: checkpoint && {
        at: checkpoint.at,
        rows: checkpoint.rows,
        bytes: checkpoint.bytes,
        after: [...checkpoint.after],
      },
      snapshotSince: null,
      rowRates: [],
      files: [...(journal?.files ?? [])],
    };
  }

  accomplish(record: ExportRecord, { name, size }: { readonly name: string; readonly size: number }): void {
    record.name = name;
    record.size = size;
  }

  async startOver(record: ExportRecord): Promise<void> {
    // Finished files of a split export go too: what begins anew writes all of them again. Nobody was asked about them, so what
    // a person has put in the place of one stays.
    await this.#deleteFiles(record, true);
    record.journal = null;
    record.size = null;
    this.#parts.list.changed(record);
  }

  deleteFiles(record: ExportRecord): Promise<void> {
    return this.#deleteFiles(record, false);
  }

  async #deleteFiles(record: ExportRecord, onlyOurs: boolean): Promise<void> {
    const { folder, journal, plan, state } = record;
    if (!journal) return;
    const unfinished = state.kind === 'completed' ? null : journal.files.at(-1);
    for (const file of journal.files) {
      const path = join(folder, file.name);
      if (file === unfinished && !file.endsTable) await discardPart(dirname(path), basename(path), file.inode);
      else await deleteFile(path, folder, onlyOurs ? file.inode : null);
    }
    if (plan.source.kind === 'tables') await deleteEmptyFolder(join(folder, journal.name));
  }

  fileOf({ folder, journal, name, state }: ExportRecord): string {
    const last = journal?.files.at(-1);
    if (state.kind === 'completed') return join(folder, journal?.files.length === 1 ? (last?.name ?? name) : name);
    return last?.endsTable ? join(folder, last.name) : partPath(folder, last?.name ?? name);
  }

  #onEvent(run: ExportRun, event: ExportEvent): void {
    const { list } = this.#parts;
    const { record } = run;
    if (!this.#host.isCurrent(run)) return;
    switch (event.kind) {
      case 'started':
        this.#accept(record, event.journal);
        this.#host.started(run);
        return;
      case 'committed': {
        const isNext = namesOf(event.journal) !== namesOf(record.journal);
        list.progressed(record, Math.max(0, bytesOf(event.journal) - bytesOf(record.journal)));
        this.#accept(record, event.journal);
        // A file is made, or gets its name, when the store knows of it: no crash leaves one that nobody knows.
        if (isNext) list.changed(record);
        return;
      }
      case 'parked':
        this.#host.parked(run);
        return;
      case 'activity':
        list.note(record, event.level, event.text);
        return;
      case 'ended':
        this.#host.ended(run, event.outcome);
    }
  }

  #accept(record: ExportRecord, journal: ExportJournal): void {
    record.journal = journal;
    record.name = journal.name;
  }
}

/** Which files there are. */
function namesOf(journal: ExportJournal | null): string {
  return JSON.stringify((journal?.files ?? []).map(({ name, inode }) => [name, inode]));
}

function bytesOf(journal: ExportJournal | null): number {
  return (journal?.files ?? []).reduce((sum, file) => sum + file.bytes, 0);
}
