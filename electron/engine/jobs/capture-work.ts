/** Captures as the queue's work: what a run needs, and what the capture room tells of it. */
import { join } from 'node:path';
import { SluiceError } from '../../../shared/failure.ts';
import type { CaptureEvent, Captures } from '../capture/index.ts';
import type { ConnectTarget } from '../database/index.ts';
import { deletePart, type Space, partPath } from '../files/index.ts';
import { makeFolder } from './job-files.ts';
import type { JobList } from './job-list.ts';
import type { CaptureRecord } from './job-record.ts';
import { headersOf, type JobSecrets, wholeLink } from './secrets.ts';
import type { OwnDetail, Run, RunHost, Work } from './work.ts';

export interface CaptureWorkParts {
  readonly list: JobList;
  readonly captures: Captures;
  readonly secrets: JobSecrets;
  readonly freeSpace: (folder: string) => Promise<Space>;
  /** @throws unknown-connection */
  readonly target: (connection: string) => Promise<ConnectTarget>;
  readonly trusted: () => Readonly<Record<string, string>>;
}

type CaptureRun = Run<CaptureRecord>;

export class CaptureWork implements Work<CaptureRecord> {
  readonly #parts: CaptureWorkParts;
  readonly #host: RunHost;

  constructor(parts: CaptureWorkParts, host: RunHost) {
    this.#parts = parts;
    this.#host = host;
  }

  async prepare(run: CaptureRun): Promise<() => void> {
    const { captures, freeSpace, secrets, target, trusted } = this.#parts;
    const { record } = run;
    const { id, folder, name, plan } = record;
    const secret = record.hasSecrets ? await secrets.get(id) : {};
    if (!secret) throw new SluiceError('credentials-missing', { host: record.host });
    const { feed: bare, ...rest } = plan;
    const feed =
      bare.kind === 'listen'
        ? bare
        : { ...bare, url: wholeLink(secret, bare.url), headers: { ...bare.headers, ...headersOf(secret) } };
    const database = feed.kind === 'listen' ? await target(feed.connection) : null;
    if (!record.journal) await makeFolder(folder);
    run.device = (await freeSpace(folder)).device;
    return () => {
      const spec = { id, folder, name, feed, target: database, trusted: trusted(), ...rest };
      captures.start(spec, record.journal, (event) => {
        this.#onEvent(run, event);
      });
    };
  }

  stop(id: string): void {
    this.#parts.captures.stop(id);
  }

  finish(id: string): void {
    this.#parts.captures.finish(id);
  }

  setLimit(): void {
    // A feed comes as fast as it comes; what holds it back is the queue's bound.
  }

  meters() {
    return this.#parts.captures.meters();
  }

  detail(record: CaptureRecord, running: boolean): OwnDetail {
    const live = running ? this.#parts.captures.detail(record.id) : null;
    if (live) return live;
    const { journal, plan } = record;
    return {
      id: record.id,
      kind: 'capture',
      queue: { used: 0, size: plan.queue.bytes },
      waited: { source: 0, processing: 0, disk: 0, limit: 0 },
      connected: false,
      diskFull: false,
      last: [],
      gaps: [...(journal?.gaps ?? [])],
      rowRates: [],
      files: journal ? [...journal.newest, ...(journal.current ? [journal.current] : [])].map(fileOf) : [],
      depth: { records: 0, bytes: 0 },
    };
  }

  accomplish(record: CaptureRecord, { size }: { readonly size: number }): void {
    record.size = size;
    record.finishing = false;
  }

  /** Finished files hold what cannot be had again: only the one in the making goes. */
  async startOver(record: CaptureRecord): Promise<void> {
    await this.deleteFiles(record);
    record.journal = null;
    record.finishing = false;
    this.#parts.list.changed(record);
  }

  async deleteFiles({ folder, journal }: CaptureRecord): Promise<void> {
    if (!journal?.current) return;
    await deletePart(folder, journal.current.name);
    await deletePart(folder, journal.current.index.name);
  }

  fileOf({ folder, journal }: CaptureRecord): string {
    return journal?.current ? partPath(folder, journal.current.name) : join(folder);
  }

  #onEvent(run: CaptureRun, event: CaptureEvent): void {
    const { list, secrets } = this.#parts;
    const { record } = run;
    if (!this.#host.isCurrent(run)) return;
    switch (event.kind) {
      case 'started':
        record.journal = event.journal;
        this.#host.started(run);
        return;
      case 'committed':
        record.journal = event.journal;
        // Stored at once: the feed goes on behind what is journalled, and files get their names after it.
        list.changed(record);
        return;
      case 'activity':
        list.note(record, event.level, secrets.redact(record.id, event.text));
        return;
      case 'ended':
        this.#host.ended(run, event.outcome);
    }
  }
}

function fileOf({ name, rows, bytes }: { readonly name: string; readonly rows: number; readonly bytes: number }) {
  return { name, rows, bytes };
}
