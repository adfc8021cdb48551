/**
 * What may be secret of a job: header fields by their names, and links with credentials by the same links without (no
 * field has such a name). In memory, and in the keeper that a face gives. Never in the store.
 */
import type { SecretKeeper } from '../engine.ts';

export type Secrets = Readonly<Record<string, string>>;

/** The header fields among a job's secrets. */
export function headersOf(secrets: Secrets): Secrets {
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => !URL.canParse(name)));
}

/** A link with its credentials, where it has some. */
export function wholeLink(secrets: Secrets, url: string): string {
  return secrets[url] ?? url;
}

export class JobSecrets {
  readonly #memory = new Map<string, Secrets>();
  readonly #keeper: SecretKeeper | null;

  constructor(keeper: SecretKeeper | null) {
    this.#keeper = keeper;
  }

  /** Kept in memory at once; resolves when the keeper has it too. */
  async set(id: string, headers: Secrets): Promise<void> {
    this.#memory.set(id, headers);
    await this.#keeper?.set(key(id), JSON.stringify(headers));
  }

  /** Null where an earlier session had no keeper. */
  async get(id: string): Promise<Secrets | null> {
    const known = this.#memory.get(id);
    if (known) return known;
    const text = await this.#keeper?.get(key(id));
    if (!text) return null;
    const headers = JSON.parse(text) as Secrets;
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
