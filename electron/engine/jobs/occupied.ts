/** Jobs whose files are being moved or deleted: not to be started before that is done. */
import type { JobRecord } from './job-record.ts';

export class Occupied {
  readonly #work = new Map<string, Promise<unknown>>();
  readonly #onFree: () => void;

  /** @param onFree a job may be started again */
  constructor(onFree: () => void) {
    this.#onFree = onFree;
  }

  has(record: JobRecord): boolean {
    return this.#work.has(record.id);
  }

  /** Keeps a job from starting while its files are worked on; what is asked for meanwhile comes after. */
  occupy<T>(record: JobRecord, work: () => Promise<T>): Promise<T> {
    const result = this.freed(record).then(work);
    const done = result.finally(() => {
      if (this.#work.get(record.id) === done) this.#work.delete(record.id);
      this.#onFree();
    });
    done.catch(() => {});
    this.#work.set(record.id, done);
    return result;
  }

  /** Resolves when what goes on with a job's files now is done, well or not. */
  async freed(record: JobRecord): Promise<void> {
    await this.#work.get(record.id)?.catch(() => {});
  }

  /** Resolves when what goes on with any job's files is done. */
  async allFreed(): Promise<void> {
    await Promise.allSettled(this.#work.values());
  }
}
