import { SluiceError } from '../../../shared/failure.ts';
import type { ConnectionInfo } from '../../../shared/job.ts';
import { RateMeter } from '../flow/index.ts';
import type { BodySink, HttpConnection } from '../remote/index.ts';
import type { Lease } from './lease-map.ts';
import type { PartFile } from './part-file.ts';
import type { Source } from './source.ts';

/** What a slot needs of the download it works for. */
export interface SlotOwner {
  readonly part: PartFile;
  /** The disk or the hash is behind: no connection reads on, or each would fill one more buffer. */
  block(): void;
  /** The most bytes that one read may bring now. */
  quantum(slot: Slot): number;
  /** Counts bytes of this download, `fresh` of them new to it; answers the ms to wait before reading on. */
  received(bytes: number, fresh: number, slot: Slot): number;
}

/** Bytes that make a try a good one. */
export const WORTHWHILE = 64 * 1024;

/**
 * One connection at work on one lease: puts body bytes at their places in the part file and keeps the lease's account.
 * `at` of the lease is the next byte to arrive; what has arrived is handed to the disk at `#position`.
 */
export class Slot implements BodySink {
  readonly id: number;
  readonly meter = new RateMeter();
  readonly #owner: SlotOwner;
  connection: HttpConnection | null = null;
  lease: Lease | null = null;
  rate = 0;
  source: Source | null = null;
  /** Where the link of its source led when it asked. */
  target: Source['target'] = null;
  /** Tries in a row that brought next to nothing. */
  failures = 0;
  /** Bytes since the last of them. */
  #fresh = 0;
  /** When its response began, ms; 0 before. */
  since = 0;
  /** When it last handed a buffer to the disk, ms. */
  wroteAt = 0;
  /** When a connection in the place of another is expected to be as fast as that one was, ms. */
  readyAt = 0;
  /** True where its connection was let go on purpose (slow, too many, an old link): that is no failure. */
  replaced = false;
  /** Place of the next byte that arrives, and of the next that is handed to the disk. */
  #arriving = 0;
  #position = 0;
  /** Bytes that are on the disk already and must come again, equal, before the lease begins (fault 28). */
  #expected: Buffer | null = null;
  /** To be called when they did. */
  #onEqual: (() => void) | null = null;
  #mismatch = false;

  constructor(id: number, owner: SlotOwner) {
    this.id = id;
    this.#owner = owner;
  }

  /**
   * Gets ready for a body that begins at byte `start` of the representation, at or before the lease. Bytes before the
   * lease are dropped; where `expected` is given, they are its last bytes and have to equal it: then `onEqual` is called.
   */
  begin(lease: Lease, start: number, expected: Buffer | null = null, onEqual: () => void = () => {}): void {
    this.lease = lease;
    this.#arriving = start;
    this.#position = start;
    this.#expected = expected;
    this.#onEqual = expected && onEqual;
    this.#mismatch = false;
    this.since = performance.now();
  }

  /** So many bytes came that were new to the download. */
  progressed(fresh: number): void {
    this.#fresh += fresh;
    if (this.#fresh < WORTHWHILE) return;
    this.#fresh = 0;
    this.failures = 0;
  }

  /** True while bytes have to come that were not yet found to be those on the disk. */
  get isDoubtful(): boolean {
    return this.#onEqual !== null;
  }

  /** True while it is within a body, whatever holds that back. */
  get isReceiving(): boolean {
    const activity = this.connection?.activity;
    return activity === 'receiving' || activity === 'limited' || activity === 'blocked';
  }

  /** True once the body has come to where the lease began. */
  get hasReachedLease(): boolean {
    return this.lease !== null && this.#arriving >= this.lease.start;
  }

  /** Body bytes from now that are wanted. */
  get wanted(): number {
    return this.lease ? this.lease.end - this.#position : 0;
  }

  quantum(): number {
    return this.#owner.quantum(this);
  }

  received(bytes: number): number {
    this.#arriving += bytes;
    this.meter.add(bytes);
    const { lease } = this;
    const fresh = lease ? Math.max(0, this.#arriving - lease.at) : 0;
    if (lease) lease.at += fresh;
    return this.#owner.received(bytes, fresh, this);
  }

  write(buffer: Buffer, from: number, to: number): void {
    const { part } = this.#owner;
    const { lease } = this;
    const position = this.#position;
    this.#position += to - from;
    this.wroteAt = performance.now();
    const drop = Math.min(to - from, Math.max(0, (lease?.start ?? 0) - position));
    if (drop > 0 && lease && !this.#matches(buffer.subarray(from, from + drop), position, lease)) this.#mismatch = true;
    if (this.#mismatch || drop === to - from) {
      part.discard(buffer);
      if (this.#mismatch) this.connection?.destroy();
      return;
    }
    this.#onEqual?.();
    this.#onEqual = null;
    part.write(buffer, from + drop, to, position + drop);
    if (part.blocked) this.#owner.block();
  }

  remainder(bytes: number): number {
    return this.#owner.part.remainder(bytes, this.#position + bytes);
  }

  #matches(bytes: Buffer, position: number, lease: Lease): boolean {
    const expected = this.#expected;
    if (!expected) return true;
    const begin = lease.start - expected.length;
    // What comes before it in the same read, as of a whole body, is not compared.
    const later = bytes.subarray(Math.max(0, begin - position));
    const offset = Math.max(0, position - begin);
    return later.equals(expected.subarray(offset, offset + later.length));
  }

  /** Throws where the overlap turned out to be other bytes than those on the disk; nothing of that body was written. */
  check(): void {
    if (!this.#mismatch) return;
    if (this.lease) this.lease.at = this.lease.start;
    throw new SluiceError('changed', { detail: 'the bytes before the gap are others now' });
  }

  info(): ConnectionInfo {
    const { lease, connection } = this;
    const activity = connection?.activity ?? 'connecting';
    return {
      id: this.id,
      state: activity === 'idle' ? 'waiting' : activity,
      start: lease?.start ?? 0,
      end: lease && Number.isFinite(lease.end) ? lease.end : null,
      at: lease?.at ?? 0,
      rate: this.rate,
      remote: connection?.remote ?? '',
    };
  }
}
