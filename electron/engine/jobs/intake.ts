/** How jobs come to be: from what a person asks for, and from what a Metalink document names. */
import { randomUUID } from 'node:crypto';
import { toFailure } from '../../../shared/failure.ts';
import type { MetalinkFile } from '../remote/index.ts';
import type { Clock } from './clock.ts';
import type { JobList } from './job-list.ts';
import { type DownloadRecord, type JobRecord, type NewJob, newRecord } from './job-record.ts';
import { filesOf } from './metalink-files.ts';
import { headersOf, type JobSecrets, type Secrets } from './secrets.ts';
import type { Store } from './store.ts';

export interface IntakeParts {
  readonly list: JobList;
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: JobSecrets;
  /** The engine does not close before this is done. */
  readonly finishBeforeClose: (work: Promise<void>) => void;
}

export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
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
