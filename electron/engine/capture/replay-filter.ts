import { crc32 } from 'node:zlib';

/** Events whose replay would be recognised. */
const KNOWN = 16_384;
/** Of those, how many a later run knows. */
const JOURNALLED = 100;

/** What tells an event from others: its id and what it holds. A source that starts to count anew is not taken for one that repeats itself. */
export function replayKey(id: string, data: string | Buffer): string {
  return `${crc32(data).toString(36)}:${id.length > 128 ? `${id.length}:${crc32(id).toString(36)}` : id}`;
}

/**
 * Recognises events that a source sends once more after a reconnection. `Last-Event-ID` asks it to go on behind what is
 * here, but many begin with that very event, or some before it. Each known event is passed over once; with the first
 * new one after those the replay is over.
 */
export class ReplayFilter {
  /** Keys in order, each once. */
  readonly #known: Set<string>;
  #replay: Set<string> | null = null;
  #hasMet = false;

  /** `recent`: keys that an earlier run journalled. */
  constructor(recent: readonly string[]) {
    this.#known = new Set(recent);
  }

  /** A new connection: what is known now may come again. */
  reconnected(): void {
    this.#replay = this.#known.size > 0 ? new Set(this.#known) : null;
    this.#hasMet = false;
  }

  /** True for an event that was here before the reconnection. Any other is known from now on. */
  isReplayed(key: string): boolean {
    if (this.#replay?.delete(key)) {
      this.#hasMet = true;
      return true;
    }
    if (this.#hasMet) this.#replay = null;
    this.#known.delete(key);
    this.#known.add(key);
    if (this.#known.size > KNOWN) for (const oldest of this.#known.values().take(1)) this.#known.delete(oldest);
    return false;
  }
}

/** The keys of the last records that were written, for the journal. */
export class RecentKeys {
  #keys: string[];

  constructor(keys: readonly string[]) {
    this.#keys = [...keys];
  }

  add(key: string): void {
    this.#keys.push(key);
    if (this.#keys.length > 2 * JOURNALLED) this.#keys = this.list();
  }

  list(): string[] {
    return this.#keys.slice(-JOURNALLED);
  }
}
