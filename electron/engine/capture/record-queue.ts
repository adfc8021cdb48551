import type { CaptureRequest } from '../../../shared/capture.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { Fifo } from './fifo.ts';
import type { FeedRecord } from './record.ts';

/** The writer is woken for so many bytes, however roomy the queue is: a write that large is cheap enough. */
const WORTH_WRITING = 256 * 1024;

export interface QueueHandlers {
  /** So many of the oldest records were dropped. */
  readonly onDropped: (records: number) => void;
  /** A record can never fit, and was left out. */
  readonly onTooLarge: () => void;
  /** There is a first record, or so much that it should be written at once. */
  readonly onFilled: () => void;
}

/**
 * The bounded queue between a feed and the files. Never holds more than its bounds, in records and in bytes; what
 * happens with a record that does not fit is the policy's. One that is larger than the bound itself can never fit: it is
 * dropped, counted, and nobody waits for it.
 */
export class RecordQueue {
  readonly #bounds: CaptureRequest['queue'];
  readonly #whenFull: CaptureRequest['whenFull'];
  readonly #handlers: QueueHandlers;
  readonly #records = new Fifo<FeedRecord>();
  #bytes = 0;
  #waiting: { readonly record: FeedRecord; readonly resolve: () => void } | null = null;
  #isClosed = false;
  #isDropping = false;

  constructor({ queue, whenFull }: Pick<CaptureRequest, 'queue' | 'whenFull'>, handlers: QueueHandlers) {
    this.#bounds = queue;
    this.#whenFull = whenFull;
    this.#handlers = handlers;
  }

  get depth(): { records: number; bytes: number } {
    return { records: this.#records.length, bytes: this.#bytes };
  }

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True while the feed waits for room. */
  get isBlocking(): boolean {
    return this.#waiting !== null;
  }

  /** True when what it holds should be written without waiting for more. */
  get isUrgent(): boolean {
    const { records, bytes } = this.depth;
    if (this.#isClosed || bytes >= WORTH_WRITING) return true;
    return records * 2 >= this.#bounds.records || bytes * 2 >= this.#bounds.bytes;
  }

  /** Drops the oldest for as long as this is set, whatever the policy is: nobody takes them out. */
  set isDropping(value: boolean) {
    this.#isDropping = value;
    const waiting = this.#waiting;
    if (!value || !waiting) return;
    this.#makeRoom(waiting.record);
    this.#admit();
  }

  /**
   * Takes a record. What it returns is to be waited for before the next one (policy `block`).
   * @throws queue-full (policy `fail`)
   */
  push(record: FeedRecord): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    if (record.data.length > this.#bounds.bytes) {
      this.#handlers.onTooLarge();
      return undefined;
    }
    if (this.#fits(record)) {
      this.#add(record);
      return undefined;
    }
    switch (this.#isDropping ? 'drop-oldest' : this.#whenFull) {
      case 'block':
        if (this.#waiting) throw new Error('The feed did not wait');
        return new Promise((resolve) => {
          this.#waiting = { record, resolve };
        });
      case 'drop-oldest':
        this.#makeRoom(record);
        this.#add(record);
        return undefined;
      case 'fail':
        throw new SluiceError('queue-full');
    }
  }

  /** Takes the oldest records out: at least one where there is any, and not much more than `bytes`. */
  take(bytes: number): FeedRecord[] {
    const batch: FeedRecord[] = [];
    for (let taken = 0; taken < bytes;) {
      const record = this.#records.shift();
      if (!record) break;
      taken += record.data.length;
      batch.push(record);
      this.#bytes -= record.data.length;
    }
    this.#admit();
    return batch;
  }

  /** Nothing more comes. A record that waits for room is here: it gets in, beyond the bound. */
  close(): void {
    this.#isClosed = true;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) this.#add(waiting.record);
    waiting?.resolve();
    this.#handlers.onFilled();
  }

  #fits({ data }: FeedRecord): boolean {
    const { records, bytes } = this.depth;
    return records < this.#bounds.records && bytes + data.length <= this.#bounds.bytes;
  }

  /** Drops the oldest records, as many as have to go. */
  #makeRoom(record: FeedRecord): void {
    let dropped = 0;
    for (; !this.#fits(record); dropped += 1) this.#bytes -= this.#records.shift()?.data.length ?? 0;
    this.#handlers.onDropped(dropped);
  }

  #add(record: FeedRecord): void {
    const wasUrgent = this.isUrgent;
    const wasEmpty = this.isEmpty;
    this.#records.push(record);
    this.#bytes += record.data.length;
    if (wasEmpty || (!wasUrgent && this.isUrgent)) this.#handlers.onFilled();
  }

  #admit(): void {
    const waiting = this.#waiting;
    if (!waiting || !this.#fits(waiting.record)) return;
    this.#waiting = null;
    this.#add(waiting.record);
    waiting.resolve();
  }
}
