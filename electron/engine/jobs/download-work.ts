/** Downloads as the queue's work: what a run needs, and what the download room tells of it. */
import type { Settings } from '../../../shared/settings.ts';
import { failure as failureOf, SluiceError, toFailure } from '../../../shared/failure.ts';
import type { DownloadEvent, DownloadJournal, DownloadOutcome, Downloads, PieceDigests } from '../download/index.ts';
import { deletePart, inodeOf, reclaimPart, type Space } from '../files/index.ts';
import type { RunOutcome } from '../flow/index.ts';
import type { MetalinkFile } from '../remote/index.ts';
import { deleteFilesOf, forgetProgress, makeFolder, singleFileOf } from './job-files.ts';
import type { JobList } from './job-list.ts';
import type { DownloadRecord } from './job-record.ts';
import { endingOf, linkFailure } from './link-endings.ts';
import { hasBegun, takeMirror } from './links.ts';
import { contains, coverage } from './ranges.ts';
import type { Recent } from './recent.ts';
import { tooSmall } from './reservations.ts';
import { specOf } from './run-spec.ts';
import type { JobSecrets } from './secrets.ts';
import type { OwnDetail, Run, RunHost, Work } from './work.ts';

export interface DownloadWorkParts {
  readonly list: JobList;
  readonly downloads: Downloads;
  readonly secrets: JobSecrets;
  readonly recent: Recent;
  readonly freeSpace: (folder: string) => Promise<Space>;
  readonly settings: () => Settings;
  readonly pieces: (id: string) => PieceDigests | null;
  /** The job's link led to a Metalink document: puts its files in the job's place. Throws where it cannot. */
  readonly expand: (record: DownloadRecord, files: readonly MetalinkFile[]) => Promise<void>;
  readonly onHostCap: (host: string, connections: number) => void;
}

type DownloadRun = Run<DownloadRecord>;

export class DownloadWork implements Work<DownloadRecord> {
  readonly #parts: DownloadWorkParts;
  readonly #host: RunHost;
  /** Links of a job that failed since something came. */
  readonly #failed = new WeakMap<DownloadRecord, Set<string>>();

  constructor(parts: DownloadWorkParts, host: RunHost) {
    this.#parts = parts;
    this.#host = host;
  }

  async prepare(run: DownloadRun): Promise<() => void> {
    const { downloads, freeSpace, list, pieces, secrets, settings } = this.#parts;
    const { record } = run;
    const { folder } = record;
    const secret = record.hasSecrets ? await secrets.get(record.id) : {};
    if (!secret) throw new SluiceError('credentials-missing', { host: record.host });
    if (!record.journal) {
      // Later the folder has to be there: where its drive is gone, a fresh folder would hide the part file.
      await makeFolder(folder);
    } else if (record.inode && (await reclaimPart(folder, record.journal.name, record.inode))) {
      list.note(record, 'info', 'Found under its final name, and verified again.');
    }
    const space = await freeSpace(folder);
    run.device = space.device;
    const failure = await tooSmall(run, this.#host.runs(), space.free);
    if (failure) throw new SluiceError('disk-full', failure.params);
    const spec = specOf(record, secret, pieces(record.id), settings().connections);
    return () => {
      downloads.start(spec, record.journal, (event) => {
        this.#onEvent(run, event);
      });
    };
  }

  stop(id: string): void {
    this.#parts.downloads.stop(id);
  }

  setLimit(id: string, bytesPerSecond: number | null): void {
    this.#parts.downloads.setLimit(id, bytesPerSecond);
  }

  meters() {
    return this.#parts.downloads.meters();
  }

  detail(record: DownloadRecord, running: boolean): OwnDetail {
    const { downloads, recent } = this.#parts;
    const live = running ? downloads.detail(record.id) : null;
    if (live) {
      recent.keepHeads(record.id, live);
      return live;
    }
    return {
      id: record.id,
      kind: 'download',
      connections: [],
      identity: record.journal?.identity ?? null,
      ...recent.heads(record.id),
      queue: { used: 0, size: 0 },
      waited: { source: 0, processing: 0, disk: 0, limit: 0 },
    };
  }

  ending(record: DownloadRecord, outcome: RunOutcome): RunOutcome {
    return endingOf(record, outcome);
  }

  /** True where the link failed and a mirror takes its place at once. */
  otherWay({ record, intent }: DownloadRun, outcome: RunOutcome): boolean {
    const proven = record.checksum !== null || this.#parts.pieces(record.id) !== null;
    const failure = proven ? linkFailure(record, outcome, intent) : null;
    if (!failure) return false;
    const again = outcome.kind === 'retry';
    // One that differs from what is here, or expired, may be the right one all the same: it keeps a place after the others.
    const keep = again || (hasBegun(record) && !intent);
    if (keep) {
      const failed = (this.#failed.get(record) ?? new Set()).add(record.url);
      this.#failed.set(record, failed);
      if (!again && record.mirrors.every((url) => failed.has(url))) {
        // None does better: the person decides, and each has another turn then.
        this.#failed.delete(record);
        return false;
      }
    }
    const told = takeMirror(record, keep);
    if (told === null) return false;
    this.#parts.list.note(record, 'warning', `${failure.message} ${told}`);
    if (again) return false;
    if (intent) this.#host.discard(record);
    return true;
  }

  accomplish(record: DownloadRecord, { name, size }: { readonly name: string; readonly size: number }): void {
    record.name = name;
    record.size = size;
    record.otherLink = null;
    const committed: DownloadJournal['committed'] = size > 0 ? [[0, size]] : [];
    if (record.journal) record.journal = { ...record.journal, name, committed };
  }

  async startOver(record: DownloadRecord): Promise<void> {
    if (record.journal) await deletePart(record.folder, record.journal.name, record.journal.born);
    forgetProgress(record);
    this.#parts.list.changed(record);
  }

  deleteFiles(record: DownloadRecord): Promise<void> {
    return deleteFilesOf(record);
  }

  fileOf(record: DownloadRecord): string {
    return singleFileOf(record);
  }

  #onEvent(run: DownloadRun, event: DownloadEvent): void {
    const { list, secrets } = this.#parts;
    const { record } = run;
    if (!this.#host.isCurrent(run)) return;
    switch (event.kind) {
      case 'started': {
        const sizeWasKnown = record.size !== null;
        this.#accept(record, event.journal);
        this.#host.started(run);
        this.#keepHeads(record.id);
        void this.#rememberPart(record, event.journal.name);
        this.#checkSize(run);
        if (!sizeWasKnown && record.size !== null) void this.#checkSpace(run);
        return;
      }
      case 'committed': {
        const fresh = coverage(event.journal.committed) - coverage(record.journal?.committed ?? []);
        if (fresh > 0) this.#failed.delete(record);
        list.progressed(record, fresh);
        this.#accept(record, event.journal);
        this.#keepHeads(record.id);
        return;
      }
      case 'host-cap':
        this.#parts.onHostCap(event.host, event.connections);
        return;
      case 'verifying':
        this.#host.verifying(run);
        return;
      case 'activity':
        list.note(record, event.level, secrets.redact(record.id, event.text));
        return;
      case 'ended':
        this.#ended(run, event.outcome);
    }
  }

  #ended(run: DownloadRun, outcome: DownloadOutcome): void {
    if (outcome.kind !== 'metalink') {
      this.#host.ended(run, outcome);
    } else if (run.intent || this.#host.closing()) {
      this.#host.ended(run, { kind: 'stopped' });
    } else {
      void this.#follow(run, outcome.files);
    }
  }

  async #follow(run: DownloadRun, files: readonly MetalinkFile[]): Promise<void> {
    const { record } = run;
    try {
      await this.#host.occupy(record, () => this.#parts.expand(record, files));
    } catch (error) {
      this.#host.ended(run, { kind: 'failed', failure: toFailure(error) });
      return;
    }
    run.intent ??= { kind: 'put-off' };
    this.#host.ended(run, { kind: 'stopped' });
  }

  /** What was sent and answered is worth a look when the run is over. It comes a moment after it was asked for. */
  #keepHeads(id: string): void {
    const { downloads, recent } = this.#parts;
    if (recent.heads(id).request.length > 0) return;
    const detail = downloads.detail(id);
    if (detail) recent.keepHeads(id, detail);
  }

  #accept(record: DownloadRecord, journal: DownloadJournal): void {
    const finalUrl = this.#parts.secrets.redact(record.id, journal.identity.finalUrl);
    // A run may go on with a file that came out of a backup.
    if (record.journal?.born && record.journal.born !== journal.born) record.generation += 1;
    record.journal = { ...journal, identity: { ...journal.identity, finalUrl } };
    record.name = journal.name;
    record.size = journal.identity.size;
    const { otherLink } = record;
    // Bytes of the old link are gone: there is no way back to them.
    if (otherLink?.kind === 'old' && !contains(journal.committed, otherLink.journal.committed)) record.otherLink = null;
  }

  /** A link that leads to a file of another size than its Metalink document says is left at once. */
  #checkSize(run: DownloadRun): void {
    const { expectedSize, size } = run.record;
    if (expectedSize === null || size === null || size === expectedSize || run.intent) return;
    const detail = `it has ${size} bytes, and the Metalink document says ${expectedSize}`;
    this.#host.stop(run, { kind: 'attention', failure: failureOf('changed', { detail }) });
  }

  async #rememberPart(record: DownloadRecord, name: string): Promise<void> {
    const inode = await inodeOf(record.folder, name);
    if (record.journal?.name !== name || inode === record.inode) return;
    record.inode = inode;
    this.#parts.list.changed(record);
  }

  /** The size is known only now: stops the run, with its bytes kept, where the disk is too small for it. */
  async #checkSpace(run: DownloadRun): Promise<void> {
    const { free } = await this.#parts.freeSpace(run.record.folder).catch(() => ({ free: Number.POSITIVE_INFINITY }));
    const failure = await tooSmall(run, this.#host.runs(), free);
    if (failure && !run.intent && this.#host.isCurrent(run)) this.#host.stop(run, { kind: 'attention', failure });
  }
}
