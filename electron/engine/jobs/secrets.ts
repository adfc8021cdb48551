/** Header fields that may be secrets, by job: in memory, and in the keeper that a face gives. Never in the store. */

import type { SecretKeeper } from '../engine.ts';

type Headers = Readonly<Record<string, string>>;

export class JobSecrets {
  readonly #memory = new Map<string, Headers>();
  readonly #keeper: SecretKeeper | null;

  constructor(keeper: SecretKeeper | null) {
    this.#keeper = keeper;
  }

  /** Kept in memory at once; resolves when the keeper has it too. */
  async set(id: string, headers: Headers): Promise<void> {
    this.#memory.set(id, headers);
    await this.#keeper?.set(key(id), JSON.stringify(headers));
  }

  /** Null where an earlier session had no keeper. */
  async get(id: string): Promise<Headers | null> {
    const known = this.#memory.get(id);
    if (known) return known;
    const text = await this.#keeper?.get(key(id));
    if (!text) return null;
    const headers = JSON.parse(text) as Headers;
    this.#memory.set(id, headers);
    return headers;
  }

  async delete(id: string): Promise<void> {
    this.#memory.delete(id);
    await this.#keeper?.delete(key(id));
  }

  /** A text in which none of the job's known secrets is left. */
  redact(id: string, text: string): string {
    const headers = this.#memory.get(id);
    const cleaned = text.replace(/(\/\/)[^/\s@]*@/g, '$1');
    if (!headers) return cleaned;
    return Object.values(headers).reduce(
      (result, value) => (value ? result.replaceAll(value, '••••') : result),
      cleaned,
    );
  }
}

function key(id: string): string {
  return `job:${id}`;
}
