/** One response body on its way to a reader: who reads, how much went out, and what it waited for. */
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reader } from '../../../shared/share.ts';
import { RateMeter, type TokenBucket } from '../flow/index.ts';
import type { ByteReader } from './content.ts';
import { LARGE, MIDDLE, SMALL } from './serve-buffers.ts';

/** What the kernel takes of an answer that nobody reads, in bytes: only what goes out after that was surely read. */
const KERNEL = 8 * 2 ** 20;

/** The connection of a reader ended, or the share did. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** What a transfer tells the share it belongs to. */
export interface TransferOwner {
  readonly limit: TokenBucket;
  /** Bytes [from, to) of the content were taken by the system; null: bytes of what has no positions. */
  sent(transfer: Transfer, bytes: number, from: number | null): void;
}

let numbers = 0;

export class Transfer {
  readonly id: number;
  readonly response: ServerResponse;
  readonly owner: TransferOwner;
  readonly address: string;
  readonly agent: string;
  readonly method: string;
  readonly path: string;
  readonly since = Date.now();
  readonly began = performance.now();
  readonly meter = new RateMeter();
  sent = 0;
  range: [number, number] | null = null;
  /** What is being sent, for the counting of deliveries, and its size where that is known; null: nothing that counts. */
  subject: { readonly representation: string; readonly size: number | null } | null = null;
  /** The parts of it that went out. */
  readonly spans: [start: number, end: number][] = [];
  /** Ms waited for each side, all in all. */
  readonly waited = { source: 0, reader: 0, limit: 0 };
  /** When the write that is on its way began (ms, monotonic), and its bytes; 0 while there is none. */
  writing = { since: 0, bytes: 0 };
  /** The same over the last seconds, once somebody looks. */
  #recent: Record<'source' | 'reader' | 'limit', RateMeter> | null = null;
  #gone: AbortController | null = null;
  #isGone = false;
  #reject: ((error: Error) => void) | null = null;

  constructor(
    owner: TransferOwner,
    response: ServerResponse,
    who: { address: string; agent: string; path: string; method: string },
  ) {
    numbers += 1;
    this.id = numbers;
    this.owner = owner;
    this.response = response;
    this.address = who.address;
    this.agent = who.agent;
    this.method = who.method;
    this.path = who.path;
    response.once('close', () => {
      this.#isGone = true;
      if (this.#gone) this.#gone.abort(new ReaderGone('The reader went away'));
      if (this.#reject) this.#reject(new ReaderGone('The reader went away'));
    });
  }

  /** Aborted when the reader is gone. */
  get signal(): AbortSignal {
    // Made when somebody asks: most answers are over before.
    if (!this.#gone) {
      this.#gone = new AbortController();
      if (this.#isGone) this.#gone.abort(new ReaderGone('The reader went away'));
    }
    return this.#gone.signal;
  }

  #throwIfGone(): void {
    if (this.#isGone) throw new ReaderGone('The reader went away');
  }

  /** Ends it at once, in the middle: the reader sees that something is missing. */
  abort(): void {
    this.response.destroy();
  }

  /** Writes bytes and resolves when the system took them all: then their memory is free again. */
  async write(bytes: Buffer, from: number | null): Promise<void> {
    const { response } = this;
    this.#throwIfGone();
    const began = performance.now();
    this.writing = { since: began, bytes: bytes.length };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#reject = reject;
        response.write(bytes, (error) => {
          if (error) reject(new ReaderGone('The reader went away', { cause: error }));
          else resolve();
        });
      });
    } finally {
      this.#reject = null;
      this.writing.since = 0;
    }
    this.waited.reader += performance.now() - began;
    this.count(bytes.length, from);
  }

  /** Writes the last bytes, and the head with them where it was not sent yet. */
  async finish(bytes: Buffer, from: number | null): Promise<void> {
    const { response } = this;
    this.#throwIfGone();
    this.writing = { since: performance.now(), bytes: bytes.length };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#reject = reject;
        response.end(bytes, () => {
          // Now, not a microtask later: “close” follows at once, and is no loss any more.
          this.#reject = null;
          resolve();
        });
      });
    } finally {
      this.#reject = null;
      this.writing.since = 0;
    }
    this.count(bytes.length, from);
  }

  /** Notes that bytes [start, end) of the subject went out. */
  addSpan(start: number, end: number): void {
    const last = this.spans.at(-1);
    if (last && last[1] === start) last[1] = end;
    else this.spans.push([start, end]);
  }

  /** Counts bytes that went out. */
  count(bytes: number, from: number | null): void {
    this.sent += bytes;
    this.meter.add(bytes);
    this.owner.sent(this, bytes, from);
  }

  /** Waits as long as the share's limit wants for so many bytes. */
  async limited(bytes: number): Promise<void> {
    const wait = this.owner.limit.take(bytes);
    if (wait <= 0) return;
    this.waited.limit += wait;
    try {
      await delay(wait, undefined, { signal: this.signal });
    } catch (error) {
      // What was not sent is no debt of those who come after.
      this.owner.limit.take(-bytes);
      throw error;
    }
  }

  /**
   * Sends what a reader of bytes gives. The next bytes are read while the last are on their way, and portions grow with
   * what this reader has proven to take: one that stops early holds little. `first` is called before the first are written.
   */
  async pump(reader: ByteReader, start: number, first?: () => void): Promise<void> {
    let position = start;
    let ahead: ReturnType<ByteReader['next']> | null = null;
    try {
      for (;;) {
        const began = performance.now();
        const chunk = await (ahead ?? reader.next(this.#portion()));
        ahead = null;
        this.waited.source += performance.now() - began;
        if (!chunk) return;
        try {
          if (position === start) first?.();
          await this.limited(chunk.bytes.length);
          if (this.sent >= 4 * KERNEL) {
            ahead = reader.next(this.#portion());
            // It is awaited in the next round, unless the write fails first.
            ahead.catch(() => {});
          }
          await this.write(chunk.bytes, position);
        } finally {
          chunk.release();
        }
        position += chunk.bytes.length;
      }
    } finally {
      reader.close();
      // Bytes that were read for nobody are given back when they come.
      if (ahead) void ahead.then((chunk) => chunk?.release()).catch(() => {});
    }
  }

  #portion(): number {
    const { rate } = this.owner.limit;
    if (rate !== null) return Math.max(4096, Math.min(SMALL, Math.ceil(rate / 20)));
    if (this.sent < KERNEL) return SMALL;
    return this.sent < 4 * KERNEL ? MIDDLE : LARGE;
  }

  /** As the details of a share show it. `now` is monotonic. */
  describe(now: number): Reader {
    const pending = this.writing.since === 0 ? 0 : now - this.writing.since;
    return {
      id: this.id,
      address: this.address,
      agent: this.agent,
      path: this.path,
      since: this.since,
      sent: this.sent,
      rate: this.meter.sample(now),
      range: this.range,
      queued: this.writing.since === 0 ? 0 : this.writing.bytes,
      waited: {
        source: this.#share('source', this.waited.source, now),
        reader: this.#share('reader', this.waited.reader + pending, now),
        limit: this.#share('limit', this.waited.limit, now),
      },
    };
  }

  /** What part of the last seconds was waited for a side; where nobody has looked lately, of the time since. */
  #share(side: 'source' | 'reader' | 'limit', total: number, now: number): number {
    this.#recent ??= { source: this.#meter(), reader: this.#meter(), limit: this.#meter() };
    const meter = this.#recent[side];
    meter.add(total - meter.total);
    return Math.min(1, meter.sample(now) / 1000);
  }

  #meter(): RateMeter {
    const meter = new RateMeter();
    meter.sample(this.began);
    return meter;
  }
}
