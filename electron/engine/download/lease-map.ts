import type { Ranges } from '../../../shared/job.ts';

/** The byte range that one connection owns now. */
export interface Lease {
  readonly start: number;
  /** The next byte to arrive. Bytes before it are this lease's for good. */
  at: number;
  /** Exclusive; Infinity where the size is unknown. Shrinks when another connection takes the rear part. */
  end: number;
  /** The lease of the connection that fetches the same bytes at the same time, so that a slow tail is not waited for. */
  twin: Lease | null;
}

/** A rear part is not worth another request below this. */
export const MIN_SPLIT = 2 * 1024 * 1024;
/** Nor below this, where connections are slow, */
const MIN_SLOW_SPLIT = 64 * 1024;
/** and where it takes no longer than this (seconds): a new connection costs a handshake and a slow start. */
export const RECONNECT = 0.25;
/** Seconds sooner that are worth a request over a connection that is there. */
const LATE = 0.1;

/**
 * Who fetches which bytes: what is missing is either free or leased. A connection that finds nothing free takes the
 * rear of the lease that would take longest, so that all finish together (“work stealing”: over a 50 ms link it is
 * what makes 8 connections as good as aria2's, where fixed segments take 1.4 times as long).
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

  /** Bytes that have not arrived; what two fetch counts once. */
  get remaining(): number {
    let sum = 0;
    for (const [start, end] of this.#free) sum += end - start;
    for (const lease of this.#leases) if (!lease.twin || lease.start <= lease.twin.start) sum += lease.end - lease.at;
    return sum;
  }

  /** Leases a free range, whole: the one that begins at `after`, else the first. Null where nothing is free. */
  takeFree(after = -1): Lease | null {
    const next = this.#free.findIndex(([start]) => start === after);
    const [range] = this.#free.splice(Math.max(0, next), 1);
    if (!range) return null;
    return this.#lease(range[0], range[1]);
  }

  /**
   * A lease that begins at a byte which somebody waits for, out of a free range or of the rear of another lease, whose
   * end is lowered then: the caller tells its connection. Null where that byte is on its way soon, or not to be had so.
   * @param near bytes ahead of a lease's connection that are on their way soon
   */
  takeAt(position: number, near: (lease: Lease) => number): { lease: Lease; victim: Lease | null } | null {
    const index = this.#free.findIndex(([start, end]) => start <= position && position < end);
    const range = this.#free[index];
    if (range) {
      if (!Number.isFinite(range[1])) return null;
      this.#free.splice(index, 1, ...(range[0] < position ? [[range[0], position] as [number, number]] : []));
      return { lease: this.#lease(position, range[1]), victim: null };
    }
    for (const victim of this.#leases) {
      if (position < victim.at + near(victim) || position >= victim.end) continue;
      if (victim.twin || !Number.isFinite(victim.end)) return null;
      const lease = this.#lease(position, victim.end);
      victim.end = position;
      return { lease, victim };
    }
    return null;
  }

  #lease(start: number, end: number): Lease {
    const lease: Lease = { start, at: start, end, twin: null };
    this.#leases.add(lease);
    return lease;
  }

  /**
   * Takes the rear of the lease with the longest remaining time: as much as lets both end together, and no more than the
   * taker can fetch while all fetch what is left; half of it where a rate is not known. The victim's end is lowered: the
   * caller tells its connection. Null where no part would be worth a request.
   * @param rate bytes per second of a lease's connection; 0: not known, counts as one byte a second
   * @param own the same of the connection that asks
   * @param late seconds until that one receives
   * @param missed bytes that others do not bring because they do not receive yet either
   */
  steal(rate: (lease: Lease) => number, own = 0, late = 0, missed = 0): { lease: Lease; victim: Lease } | null {
    const min = own > 0 ? Math.min(MIN_SPLIT, Math.max(MIN_SLOW_SPLIT, own * RECONNECT)) : MIN_SPLIT;
    let sum = own;
    for (const lease of this.#leases) sum += rate(lease);
    const fair = own > 0 ? ((this.remaining + missed) / sum - late) * own : Infinity;
    let victim: Lease | null = null;
    let longest = 0;
    let size = 0;
    for (const lease of this.#leases) {
      const left = lease.end - lease.at;
      const victims = rate(lease);
      const share = own > 0 && victims > 0 ? own / (own + victims) : 0.5;
      const part = Math.floor(Math.min(left * share, fair));
      if (!Number.isFinite(left) || lease.twin) continue;
      const time = left / Math.max(1, victims);
      // Of a slow one even little is worth it, where that is there so much sooner.
      const saved = own > 0 && victims > 0 ? time - left / (own + victims) : 0;
      if (part < (saved > Math.max(late, LATE) ? MIN_SLOW_SPLIT : min)) continue;
      if (time > longest) [victim, longest, size] = [lease, time, part];
    }
    if (!victim) return null;
    const lease = this.#lease(victim.end - size, victim.end);
    victim.end -= size;
    return { lease, victim };
  }

  /**
   * A second lease on what is left of the one that would take longest (a hedge), if that is more than `seconds`. Null
   * where every rest has one already, or would be there sooner.
   */
  hedge(rate: (lease: Lease) => number, seconds: number): Lease | null {
    let slowest: Lease | null = null;
    let longest = seconds;
    for (const lease of this.#leases) {
      if (lease.twin || !Number.isFinite(lease.end)) continue;
      const time = (lease.end - lease.at) / Math.max(1, rate(lease));
      if (time > longest) [slowest, longest] = [lease, time];
    }
    if (!slowest) return null;
    const twin = this.#lease(slowest.at, slowest.end);
    twin.twin = slowest;
    slowest.twin = twin;
    return twin;
  }

  /**
   * Undoes a steal: a lease of which nothing has come is the rear of the one before it again, whose connection may still be
   * receiving it. Answers that one, whose connection is to be told; null where nothing was changed.
   */
  rejoin(lease: Lease): Lease | null {
    const before = [...this.#leases].find(({ end, twin }) => end === lease.start && twin === null);
    if (!before || lease.twin || lease.at > lease.start) return null;
    before.end = lease.end;
    this.#leases.delete(lease);
    return before;
  }

  /**
   * Gives a lease back: what has not arrived of it is free again, in its place, unless its twin fetches it. One that is
   * whole ends its twin's too: the answer is the twin, whose connection is to be told.
   */
  release(lease: Lease): Lease | null {
    if (!this.#leases.delete(lease)) return null;
    const { twin } = lease;
    if (twin) {
      twin.twin = null;
      lease.twin = null;
      if (lease.at < lease.end) return null;
      twin.end = twin.at;
      return twin;
    }
    if (lease.at < lease.end) this.#giveBack(lease);
    return null;
  }

  #giveBack(lease: Lease): void {
    const index = this.#free.findIndex(([start]) => start > lease.at);
    this.#free.splice(index === -1 ? this.#free.length : index, 0, [lease.at, lease.end]);
  }

  /** Adds all to a lease that is free behind it, and what lies between: one body brings it in any case. */
  widen(lease: Lease): void {
    const last = this.#free.at(-1);
    if (!last || last[0] < lease.end) return;
    lease.end = last[1];
    this.#free.splice(this.#free.findIndex(([start]) => start > lease.at));
  }

  /** Gives the lease up and everything with it: the size has become known, and it is where this lease ended. */
  settle(lease: Lease): void {
    lease.end = lease.at;
    this.#leases.delete(lease);
  }
}
