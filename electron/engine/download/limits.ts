import type { TokenBucket } from '../flow/index.ts';
import type { CrewOwner } from './crew-owner.ts';
import type { Slot } from './slot.ts';

/** The limits that hold for connections: the job's own, that of all jobs, and that of each connection's host. */
export class Limits {
  readonly #owner: Pick<CrewOwner, 'hosts' | 'limits'>;

  constructor(owner: Pick<CrewOwner, 'hosts' | 'limits'>) {
    this.#owner = owner;
  }

  /** Counts bytes that a connection has received; answers the ms to wait before it reads on. */
  take(slot: Slot, bytes: number): number {
    let wait = 0;
    for (const bucket of this.#of(slot)) wait = Math.max(wait, bucket.take(bytes));
    return wait;
  }

  /** Bytes per second that the lowest limit of these connections allows; Infinity where there is none. */
  lowest(slots: readonly Slot[]): number {
    let least = Infinity;
    for (const slot of slots) for (const { rate } of this.#of(slot)) least = Math.min(least, rate ?? Infinity);
    return least;
  }

  #of(slot: Slot): readonly TokenBucket[] {
    const host = slot.connection ? this.#owner.hosts.limit(slot.connection.origin.hostname) : null;
    return host ? [...this.#owner.limits, host] : this.#owner.limits;
  }
}
