/** Which jobs an action is for: by id, and by what their states allow. */
import { SluiceError } from '../../../shared/failure.ts';
import { allowedActions, type JobAction } from '../../../shared/job-state.ts';
import type { JobList } from './job-list.ts';
import type { JobRecord } from './job-record.ts';

export class Selection {
  readonly #list: JobList;

  constructor(list: JobList) {
    this.#list = list;
  }

  /** @throws unknown-job */
  one(id: string): JobRecord {
    const record = this.#list.get(id);
    if (!record) throw new SluiceError('unknown-job', { id });
    return record;
  }

  /** The jobs whose state allows an action, and others that `also` takes. */
  allowed(ids: readonly string[], action: JobAction, also: (job: JobRecord) => boolean = () => false): JobRecord[] {
    return this.those(ids, (job) => allows(job, action) || also(job));
  }

  /** The jobs that have not ended. */
  unended(ids: readonly string[]): JobRecord[] {
    return this.those(ids, ({ state }) => !['completed', 'failed', 'cancelled'].includes(state.kind));
  }

  /**
   * The jobs of which something holds, each once. With one id, a job that is not is an error; with several it is left
   * out.
   * @throws unknown-job, not-in-this-state
   */
  those(ids: readonly string[], holds: (job: JobRecord) => boolean): JobRecord[] {
    if (ids.length === 1) {
      const job = this.one(ids[0]!);
      if (!holds(job)) throw notNow(job);
      return [job];
    }
    return [...new Set(ids)].flatMap((id) => this.#list.get(id) ?? []).filter(holds);
  }
}

export function allows(job: JobRecord, action: JobAction): boolean {
  return allowedActions(job.state.kind).includes(action);
}

export function notNow(job: JobRecord): SluiceError {
  return new SluiceError('not-in-this-state', { name: job.name, state: job.state.kind });
}
