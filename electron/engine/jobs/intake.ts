/** How jobs come to be: from what a person asks for, and from what a Metalink document names. */
import { randomUUID } from 'node:crypto';
import type { CaptureRequest } from '../../../shared/capture.ts';
import type { ConnectionProfile } from '../../../shared/database.ts';
import type { AddResult, DownloadRequest } from '../../../shared/download.ts';
import type { ExportRequest } from '../../../shared/export.ts';
import { SluiceError, toFailure } from '../../../shared/failure.ts';
import { checkFolder } from '../files/index.ts';
import type { MetalinkFile } from '../remote/index.ts';
import { parseCapture } from './capture-request.ts';
import type { Clock } from './clock.ts';
import { parseExport } from './export-request.ts';
import type { JobList } from './job-list.ts';
import { type DownloadRecord, type JobRecord, type NewJob, newRecord } from './job-record.ts';
import { filesOf } from './metalink-files.ts';
import { parseRequest } from './request.ts';
import { headersOf, type JobSecrets, type Secrets } from './secrets.ts';
import type { Store } from './store.ts';

export interface IntakeParts {
  readonly list: JobList;
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: JobSecrets;
  /** Where files go unless the person says otherwise. */
  readonly folder: () => string;
  /** The engine does not close before this is done. */
  readonly finishBeforeClose: (work: Promise<void>) => void;
}

export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Adds downloads; each gets its own result. */
  addDownloads(requests: readonly DownloadRequest[]): AddResult[] {
    const check = remembered(checkFolder);
    return requests.map((request) => {
      try {
        const { secrets, paused, ...parsed } = parseRequest(request, this.#parts.folder(), check);
        const state = { kind: paused ? ('paused' as const) : ('queued' as const) };
        return { ok: true, id: this.create({ kind: 'download', ...parsed, state }, secrets).id };
      } catch (error) {
        if (error instanceof SluiceError) return { ok: false, failure: error.failure };
        throw error;
      }
    });
  }

  addExport(request: ExportRequest, profile: ConnectionProfile): JobRecord {
    return this.create(parseExport(request, profile, this.#parts.folder(), checkFolder), {});
  }

  addCapture(request: CaptureRequest, profileOf: (connection: string) => ConnectionProfile): JobRecord {
    const { job, secrets } = parseCapture(request, this.#parts.folder(), checkFolder, profileOf);
    return this.create(job, secrets);
  }

  /** Makes a job at the end of the queue and keeps its secrets. */
  create<N extends NewJob>(given: N, secrets: Secrets): Extract<JobRecord, { kind: N['kind'] }> {
    let id = newId();
    while (this.#parts.list.get(id)) id = newId();
    const record = newRecord({
      ...given,
      id,
      createdAt: this.#parts.clock.now(),
      position: this.#parts.list.nextPosition,
    });
    this.#parts.list.add(record);
    this.#keepSecrets(record, secrets);
    return record;
  }

  #keepSecrets(record: JobRecord, secrets: Secrets): void {
    if (Object.keys(secrets).length === 0) return;
    record.hasSecrets = true;
    const kept = this.#parts.secrets.set(record.id, secrets).catch((error: unknown) => {
      const { message } = toFailure(error);
      this.#parts.list.note(record, 'warning', `The credentials are kept until Sluice ends only. ${message}`);
    });
    this.#parts.finishBeforeClose(kept);
  }

  /**
   * Puts the files of a Metalink document in the place of the job that led to it. The first file becomes that job
   * itself, so that whoever follows it goes on following; the others come right behind.
   */
  async expand(job: DownloadRecord, files: readonly MetalinkFile[]): Promise<void> {
    const own = job.hasSecrets ? ((await this.#parts.secrets.get(job.id)) ?? {}) : {};
    const documentHost = job.host;
    const [first, ...others] = filesOf(job, files, headersOf(own));
    if (!first) return;
    const { folder, priority, limit, connections, headers, findChecksum } = job;
    const behind = others.map(({ secrets, pieces, ...file }) => {
      const shared = {
        kind: 'download' as const,
        folder,
        priority,
        limit,
        connections,
        headers,
        findChecksum,
        startAt: null,
      };
      const record = this.create({ ...shared, ...file, state: { kind: 'queued' } }, secrets);
      if (pieces) this.#parts.store.writePieces(record.id, pieces);
      return record;
    });
    const { secrets, pieces, ...file } = first;
    if (job.hasSecrets) await this.#parts.secrets.delete(job.id);
    Object.assign(job, file, { hasSecrets: false, secretsOrigin: null });
    if (pieces) this.#parts.store.writePieces(job.id, pieces);
    this.#keepSecrets(job, secrets);
    const next = this.#parts.list.ordered[this.#parts.list.ordered.indexOf(job) + 1];
    if (next && behind.length > 0 && next !== behind[0]) this.#parts.list.reorder(behind, next);
    for (const record of [job, ...behind]) {
      this.#parts.list.note(record, 'info', `Named by the Metalink document of ${documentHost}.`);
      this.#parts.list.changed(record);
    }
  }
}

/** Short enough to type; the caller makes sure that it is new. */
function newId(): string {
  return randomUUID().slice(0, 8);
}

/** The same check, made once for each folder: a thousand lines for one folder ask the disk once. */
function remembered(check: (folder: string) => void): (folder: string) => void {
  const checked = new Map<string, SluiceError | null>();
  return (folder) => {
    if (!checked.has(folder)) checked.set(folder, refusal(folder, check));
    const error = checked.get(folder);
    if (error) throw error;
  };
}

function refusal(folder: string, check: (folder: string) => void): SluiceError | null {
  try {
    check(folder);
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}
