import type { DownloadJobDetail } from '../../../shared/job.ts';

/** Jobs of which the figures are remembered. */
const JOBS = 100;
/** Seconds of rates. */
const SECONDS = 120;

interface Memory {
  readonly rates: number[];
  at: number;
  done: number;
  heads: Pick<DownloadJobDetail, 'request' | 'response'>;
}

/** What the details panel shows of jobs that run or ran lately: rates a second and the heads. Bounded, not stored. */
export class Recent {
  readonly #memories = new Map<string, Memory>();

  /** Notes how far a running job is; keeps one rate a second. */
  sample(id: string, done: number, now: number): void {
    const memory = this.#of(id);
    const seconds = (now - memory.at) / 1000;
    if (memory.at === 0 || done < memory.done) {
      memory.at = now;
      memory.done = done;
    } else if (seconds >= 0.99) {
      memory.rates.push((done - memory.done) / seconds);
      if (memory.rates.length > SECONDS) memory.rates.shift();
      memory.at = now;
      memory.done = done;
    }
  }

  /** The time while a job did not run is no part of its rates. */
  interrupt(id: string): void {
    const memory = this.#memories.get(id);
    if (memory) memory.at = 0;
  }

  keepHeads(id: string, { request, response }: Memory['heads']): void {
    this.#of(id).heads = { request, response };
  }

  rates(id: string): number[] {
    return [...(this.#memories.get(id)?.rates ?? [])];
  }

  heads(id: string): Memory['heads'] {
    return this.#memories.get(id)?.heads ?? { request: [], response: [] };
  }

  #of(id: string): Memory {
    const known = this.#memories.get(id);
    if (known) return known;
    const memory: Memory = { rates: [], at: 0, done: 0, heads: { request: [], response: [] } };
    this.#memories.set(id, memory);
    const [oldest] = this.#memories.keys();
    if (this.#memories.size > JOBS && oldest !== undefined) this.#memories.delete(oldest);
    return memory;
  }
}
