import type { Ranges } from '../../../shared/job.ts';

/** The byte range that one connection owns now. */
export interface Lease {
  readonly start: number;
  /** The next byte to arrive. Bytes before it are this lease's for good. */
  at: number;
  /** Exclusive; Infinity where the size is unknown. Shrinks when another connection takes the rear part. */
  end: number;
}

/** Rear parts smaller than this are not worth another request. */
export const MIN_SPLIT = 2 * 1024 * 1024;

/**
 * Who fetches which bytes: what is missing is either free or leased. A connection that finds nothing free takes the
 * rear half of the lease that would take longest, so that all finish together (“work stealing”: over a 50 ms link it
 * is what makes 8 connections as good as aria2's, where fixed segments take 1.4 times as long).
 */
export class LeaseMap {
  readonly #free: [start: number, end: number][];
  readonly #leases = new Set<Lease>();

  /** @param missing ranges to fetch; for an unknown size [[0, Infinity]] */
  constructor(missing: Ranges) {
    this.#free = missing.map(([start, end]) => [start, end]);
  }

  get leases(): ReadonlySet<Lease> {
    return this.#leases;
  }

  /** Nothing is free and nothing is leased: all bytes have arrived. */
  get done(): boolean {
    return this.#free.length === 0 && this.#leases.size === 0;
  }

  /** Bytes that have not arrived. */
  get remaining(): number {
    let sum = 0;
    for (const [start, end] of this.#free) sum += end - start;
    for (const lease of this.#leases) sum += lease.end - lease.at;
    return sum;
  }

  /** Leases the first free range, whole. Null where nothing is free. */
  takeFree(): Lease | null {
    const range = this.#free.shift();
    if (!range) return null;
    const lease: Lease = { start: range[0], at: range[0], end: range[1] };
    this.#leases.add(lease);
    return lease;
  }

  /**
   * Takes the rear half of the lease with the longest remaining time. The victim's end is lowered: the caller tells
   * its connection. Null where no part would be as large as `min`.
   * @param rate bytes per second of a lease's connection; 0 counts as one byte a second
   */
  steal(rate: (lease: Lease) => number, min: number = MIN_SPLIT): { lease: Lease; victim: Lease } | null {
    let victim: Lease | null = null;
    let longest = 0;
    for (const lease of this.#leases) {
      const left = lease.end - lease.at;
      if (!Number.isFinite(left) || left < 2 * min) continue;
      const time = left / Math.max(1, rate(lease));
      if (time > longest) [victim, longest] = [lease, time];
    }
    if (!victim) return null;
    const middle = victim.at + Math.ceil((victim.end - victim.at) / 2);
    const lease: Lease = { start: middle, at: middle, end: victim.end };
    victim.end = middle;
    this.#leases.add(lease);
    return { lease, victim };
  }

  /** Gives a lease back: what has not arrived of it is free again, in its place. */
  release(lease: Lease): void {
    if (!this.#leases.delete(lease) || lease.at >= lease.end) return;
    const index = this.#free.findIndex(([start]) => start > lease.at);
    this.#free.splice(index === -1 ? this.#free.length : index, 0, [lease.at, lease.end]);
  }

  /** Gives the lease up and everything with it: the size has become known, and it is where this lease ended. */
  settle(lease: Lease): void {
    lease.end = lease.at;
    this.#leases.delete(lease);
  }
}
