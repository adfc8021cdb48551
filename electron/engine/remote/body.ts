import type { Framing } from './response-head.ts';

/** What takes a body. All calls come from the socket's own callbacks: they must not block. */
export interface BodySink {
  /** The most bytes that one read may bring: small under a limit, so that the limit is smooth. */
  quantum(): number;
  /** `bytes` more have arrived in memory. Answers the ms to wait before reading on (a limit), 0 for none. */
  received(bytes: number): number;
  /** How many of `bytes` that wait, fewer than all, are better taken with what follows them. Not there: none. */
  remainder?(bytes: number): number;
  /** Takes the body bytes [from, to) of a pool buffer, and the buffer with them. May `block()` the connection. */
  write(buffer: Buffer, from: number, to: number): void;
}

/** How a body ended: all of it came, or the taker wanted no more, or the server closed where no length was promised. */
export type BodyEnd = 'complete' | 'cut' | 'closed';

/** How much of a body is still to come, and how much of that is wanted. What has arrived counts until it is taken. */
export class BodyAccount {
  /** True where the end of the connection is the end of the body. */
  readonly endsByClose: boolean;
  /** By the server's word; Infinity where it gave none. */
  #remaining: number;
  /** Never more than #remaining. */
  #wanted: number;
  /** The most that may still be wanted: it was asked for, and proven to have its place. */
  #most: number;

  constructor(frame: Framing, wanted: number) {
    this.endsByClose = frame.kind === 'close';
    this.#remaining = frame.kind === 'length' ? frame.length : Infinity;
    this.#wanted = Math.min(wanted, this.#remaining);
    this.#most = this.#wanted;
  }

  get wanted(): number {
    return this.#wanted;
  }

  /** True where all that is wanted is all that there is. */
  get isWhole(): boolean {
    return this.#wanted === this.#remaining;
  }

  /** Of the newest `n` of `have` bytes, those that are wanted. */
  wantedOf(n: number, have: number): number {
    return Math.min(n, Math.max(0, this.#wanted - (have - n)));
  }

  take(n: number): void {
    this.#remaining -= n;
    this.#wanted -= n;
    this.#most -= n;
  }

  /** No more than so many are wanted from now; more than before only where they were wanted in the beginning. */
  cut(wanted: number): void {
    this.#wanted = Math.min(this.#most, wanted);
  }

  /** The connection ended: the `have` bytes that have arrived are all there is. */
  end(have: number): void {
    this.#remaining = have;
    this.#wanted = have;
  }
}
