import { setTimeout as delay } from 'node:timers/promises';
import { failure, SluiceError, toFailure } from '../../../shared/failure.ts';
import type { Activity } from '../remote/index.ts';
import { nextTarget, type Ramp } from './adapt.ts';
import { SlotEnd, type CrewOwner } from './crew-owner.ts';
import { Fetcher } from './fetcher.ts';
import { Jumps, nearBytes } from './jumps.ts';
import { ENOUGH, laggard } from './laggard.ts';
import { RECONNECT, type Lease, type LeaseMap } from './lease-map.ts';
import { Limits } from './limits.ts';
import type { First } from './opening.ts';
import { outcomeOf, type Progress } from './outcomes.ts';
import type { PartFile } from './part-file.ts';
import { isProven } from './proof.ts';
import { Slot, type SlotOwner } from './slot.ts';
import { nextSource, type Source } from './source.ts';
import { Tries } from './tries.ts';
import { nextInTurn } from './turns.ts';

/** Failures in a row of one connection while others receive, after which its host is spared for a while. */
const SLOT_TRIES = 3;
/** A rest that would take longer than this (seconds) is fetched a second time by a connection that has nothing to do. */
const HEDGE_AFTER = 1;

/** The most connections of a download that nobody gave a number. */
const MOST = 16;

/** The connections of one download: who fetches what, from where, and what happens when one fails. */
export class Crew implements SlotOwner {
  readonly leases: LeaseMap;
  readonly #owner: CrewOwner;
  readonly #slots = new Map<number, { slot: Slot; done: Promise<void> }>();
  readonly #begunBefore: boolean;
  readonly #fetcher: Fetcher;
  readonly #limits: Limits;
  #connections: number | null;
  #ramp: Ramp = { target: 1, before: 1, best: 0, at: 0, settled: false };
  readonly #tries: Tries;
  /** The best rate that one connection has had, bytes per second. */
  #best = 0;
  /** Connections that were replaced because they were far slower than that. */
  #stragglers = 0;
  #progressed = false;
  #nextSlot = 1;
  /** Leases that begin where somebody reads: taken before all others. */
  #wanted: Lease[] = [];
  readonly #jumps = new Jumps();

  constructor(
    owner: CrewOwner,
    options: { leases: LeaseMap; connections: number | null; single: boolean; begunBefore: boolean },
  ) {
    this.#owner = owner;
    this.leases = options.leases;
    this.#connections = options.connections;
    this.#fetcher = new Fetcher(owner, this, options.single);
    this.#limits = new Limits(owner);
    this.#tries = new Tries(owner.network.backoff);
    this.#begunBefore = options.begunBefore;
  }

  get part(): PartFile {
    return this.#owner.part;
  }

  get slots(): Slot[] {
    return [...this.#slots.values()].map(({ slot }) => slot);
  }

  /** Connections at work. */
  get size(): number {
    return this.#slots.size;
  }

  get progress(): Progress {
    return { begun: this.#begunBefore || this.#progressed, progressed: this.#progressed };
  }

  /** Small reads under a limit, so that many connections share it smoothly; as large as there is room otherwise. */
  quantum(slot: Slot): number {
    return Math.max(2048, this.#limits.lowest([slot]) / 20 / Math.max(1, this.#slots.size));
  }

  received(bytes: number, fresh: number, slot: Slot): number {
    // What only leads up to the gap once more is no progress, or a server that always breaks off before is asked for ever.
    if (fresh > 0) {
      this.#tries.succeeded();
      this.#progressed = true;
      slot.progressed(fresh);
      slot.source?.gave(slot.target);
    }
    this.#owner.received(bytes);
    return this.#limits.take(slot, bytes);
  }

  /** Works until all bytes have arrived, or the owner has ended the run. */
  async run(first: First, source: Source): Promise<void> {
    const slot = new Slot(this.#nextSlot++, this);
    slot.source = source;
    this.#launch(slot, first);
    this.#fill();
    while (this.#slots.size > 0 && !this.#owner.ended) {
      await Promise.race([...this.#slots.values()].map(({ done }) => done));
      if (!this.#owner.ended && !this.leases.done) this.#fill();
    }
    if (!this.#owner.ended && !this.leases.done) this.#giveUp();
  }

  /** Resolves when every connection has let go of the part file. */
  async dismissed(): Promise<void> {
    await Promise.allSettled([...this.#slots.values()].map(({ done }) => done));
  }

  #doing(activity: Activity): Slot[] {
    return this.slots.filter(({ connection }) => connection?.activity === activity);
  }

  destroy(): void {
    for (const slot of this.slots) slot.connection?.destroy();
  }

  block(): void {
    for (const slot of this.slots) slot.connection?.block();
  }

  /** There is room for bytes again. */
  wake(): void {
    for (const { connection } of nextInTurn(this.slots, this.#owner.part.room)) connection?.wake();
  }

  setConnections(connections: number | null): void {
    this.#connections = connections;
    const target = Math.max(1, this.#slots.size);
    this.#ramp = { target, before: target, best: 0, at: 0, settled: false };
    this.#retire(connections ?? this.#slots.size);
  }

  /** Lets all connections go but the first `most`, which are nearest to the beginning. */
  #retire(most: number): void {
    for (const slot of this.slots.slice(most)) {
      slot.replaced = true;
      slot.connection?.destroy();
    }
  }

  /** A limit is another now: nobody waits for the old one. */
  unlimit(): void {
    for (const slot of this.slots) slot.connection?.unlimit();
  }

  /** Called 4 times a second: rates, slow connections' buffers, and whether more connections would help. */
  tick(now: number, rate: number): void {
    for (const slot of this.slots) {
      slot.rate = slot.meter.sample(now);
      // Where nothing more comes, what has come is not kept back.
      slot.connection?.flush(slot.rate === 0);
    }
    this.#replaceSlow(now, rate);
    const limited = this.#limit < Infinity;
    const active = this.#slots.size;
    const { target } = this.#ramp;
    this.#ramp = nextTarget(this.#ramp, { now, rate, active, remaining: this.leases.remaining, limited });
    // The last step brought nothing: what it added goes.
    if (this.#connections === null && this.#ramp.target < target) this.#retire(this.#ramp.target);
    this.#fill();
  }

  /** A connection that is far slower than the others, or than one has been, makes way for a new one. */
  #replaceSlow(now: number, rate: number): void {
    // How fast a connection is says nothing of its server while a limit, the disk or the hash holds it.
    const held = rate > this.#limit / 2 || this.#doing('blocked').length > 0;
    const reading = this.#doing('receiving');
    // One that begins at byte 0 again would lose more than it wins.
    const usual = this.#fetcher.single ? 0 : this.#best;
    const slow = held ? null : laggard(reading, now, usual, this.#stragglers);
    this.#best = Math.max(this.#best, ...this.slots.map((slot) => slot.rate));
    if (!slow) return;
    if (reading.length < ENOUGH) this.#stragglers += 1;
    slow.replaced = true;
    slow.connection?.destroy();
  }

  get #limit(): number {
    return this.#limits.lowest(this.slots);
  }

  /** A part without bytes before it may be fetched only where something proves that it is of the same version. */
  get #maySplit(): boolean {
    return this.#owner.isChecked || this.#isProven;
  }

  get #isProven(): boolean {
    return this.#owner.sources.every((source) => !source.identity || isProven(source.resumability));
  }

  /** Nothing but bytes that are still to come proves the first answer: no other is asked for before. */
  get isDoubtful(): boolean {
    return this.slots.some((slot) => slot.isDoubtful);
  }

  /** Starts connections up to the number that is wanted now. */
  #fill(): void {
    if (this.isDoubtful) return;
    const wanted = this.#fetcher.single ? 1 : (this.#connections ?? this.#ramp.target);
    while (this.#slots.size < wanted && !this.#owner.ended) {
      const source = this.#nextSource();
      if (!source || !this.#begin(source)) return;
    }
  }

  #nextSource(): Source | null {
    return nextSource(this.#owner.sources, this.#owner.hosts);
  }

  /** Starts one connection; false where there is nothing for it to do. */
  #begin(source: Source): boolean {
    const lease = this.#nextLease();
    if (!lease) return false;
    const slot = new Slot(this.#nextSlot++, this);
    slot.source = source;
    slot.lease = lease;
    this.#launch(slot, null);
    return true;
  }

  /**
   * Somebody reads at `position`, which has not arrived: a connection goes there now, where ranges can be asked for. Those
   * that ask too often have to ask again.
   */
  want(position: number): void {
    if (this.#fetcher.single || this.#owner.ended || this.isDoubtful || !this.#maySplit) return;
    const now = performance.now();
    if (!this.#jumps.allowed(now)) return;
    const near = (lease: Lease) => nearBytes(this.#slotOf(lease) ?? null, now);
    const taken = this.leases.takeAt(position, near);
    if (!taken) return;
    this.#jumps.made();
    if (taken.victim) this.#cut(taken.victim);
    this.#wanted.push(taken.lease);
    const source = this.#slots.size < (this.#connections ?? MOST) ? this.#nextSource() : null;
    if (source) {
      this.#begin(source);
      return;
    }
    // All are at work: the one that is farthest from its end comes here, and what it leaves is free again.
    const [slot] = this.slots.toSorted((a, b) => b.wanted - a.wanted);
    if (!slot) return;
    slot.replaced = true;
    slot.connection?.destroy();
  }

  #slotOf(lease: Lease): Slot | undefined {
    return this.slots.find((slot) => slot.lease === lease);
  }

  /** @param asker the connection that asks, and where its last lease ended */
  #nextLease(asker?: { slot: Slot; after: number }): Lease | null {
    const wanted = this.#wanted.shift();
    if (wanted) return wanted;
    const free = this.leases.takeFree(asker?.after);
    if (free || this.#fetcher.single || !this.#maySplit) return free;
    const rates = new Map(this.slots.map((slot) => [slot.lease, slot.rate]));
    const rate = (lease: Lease) => rates.get(lease) ?? 0;
    const late = asker && !asker.slot.connection?.reusable ? RECONNECT : 0;
    const stolen = this.leases.steal(rate, asker?.slot.rate, late, this.#missed());
    if (stolen) {
      this.#cut(stolen.victim);
      if (asker && late > 0) asker.slot.readyAt = performance.now() + late * 1000;
      return stolen.lease;
    }
    // Under a limit a second copy would only take from the first.
    return this.#limit === Infinity && this.#isProven ? this.leases.hedge(rate, HEDGE_AFTER) : null;
  }

  /** Bytes that connections would bring in the time until they, which are new, are as fast as those before them were. */
  #missed(): number {
    const now = performance.now();
    return this.slots.reduce((sum, slot) => sum + (slot.rate * Math.max(0, slot.readyAt - now)) / 1000, 0);
  }

  /** Tells the connection of a lease that its end is another. */
  #cut(lease: Lease): void {
    const slot = this.#slotOf(lease);
    slot?.connection?.cut(slot.wanted);
  }

  #launch(slot: Slot, first: First | null): void {
    if (slot.source) slot.source.slots += 1;
    const done = this.#work(slot, first)
      .catch((error: unknown) => {
        if (!(error instanceof SlotEnd) && !this.#owner.ended) this.#owner.end(outcomeOf(error, this.progress));
      })
      .finally(() => {
        slot.connection?.destroy();
        this.#slots.delete(slot.id);
        if (slot.source) slot.source.slots -= 1;
        this.#release(slot);
      });
    this.#slots.set(slot.id, { slot, done });
  }

  #release(slot: Slot): void {
    const { lease } = slot;
    slot.lease = null;
    const twin = lease && this.leases.release(lease);
    if (twin) this.#cut(twin);
  }

  /** One connection's life: lease after lease, until none is left or it is not wanted any more. */
  async #work(slot: Slot, first: First | null): Promise<void> {
    slot.lease ??= first ? this.leases.takeFree(first.gap) : this.#nextLease();
    let answered = first;
    while (slot.lease && !this.#owner.ended) {
      const { lease } = slot;
      const reused = !answered && (slot.connection?.served ?? 0) > 0;
      try {
        await (answered ? this.#fetcher.first(slot, lease, answered) : this.#fetcher.part(slot, lease));
      } catch (error) {
        if (error instanceof SlotEnd || this.#owner.ended) return;
        const stale = reused && lease.at === lease.start;
        if (!reused && this.#isOneTooMany(slot, lease, error)) return;
        const free = stale || slot.replaced;
        slot.replaced = false;
        slot.connection?.destroy();
        slot.connection = null;
        // A kept-alive connection found dead costs nothing (fault 44); anything else is one of few tries.
        if (!free) await this.#recover(slot, error);
      }
      answered = null;
      this.#release(slot);
      if (slot.source?.usable === false) return;
      // Where somebody reads is gone to all the same: nobody else may be there to do it.
      if (this.#slots.size > this.#most && this.#wanted.length === 0) return;
      slot.lease = this.#nextLease({ slot, after: lease.end });
    }
  }

  /** The most connections that are kept at work. */
  get #most(): number {
    if (this.#fetcher.single) return 1;
    return this.#connections ?? (this.#ramp.settled ? this.#ramp.target : MOST);
  }

  /**
   * True where a host hung up on a new connection while others of this download receive from it: some hosts refuse so
   * what is too much for them. It is spared for a while, and no try is spent on it.
   */
  #isOneTooMany(slot: Slot, lease: Lease, error: unknown): boolean {
    const host = slot.connection?.origin.hostname;
    const { code } = toFailure(error);
    if (host === undefined || lease.at > lease.start || slot.replaced) return false;
    if (code !== 'connection-lost' && code !== 'connection-refused') return false;
    return this.letGo(slot, host);
  }

  rejoin({ lease }: Slot): void {
    const neighbour = lease && this.leases.rejoin(lease);
    if (neighbour) this.#cut(neighbour);
  }

  letGo(slot: Slot, host: string): boolean {
    const others = this.slots.filter(
      (one) => one !== slot && one.since > 0 && one.connection?.origin.hostname === host,
    );
    if (others.length === 0) return false;
    this.rejoin(slot);
    this.#owner.hosts.spare(host, others.length);
    this.#owner.note(`${host} refused one more connection: ${others.length} go on`, 'warning');
    return true;
  }

  /** After a failed try: waits a little, or ends the run where nothing has come for too many tries. */
  async #recover(slot: Slot, error: unknown): Promise<void> {
    const failed = toFailure(error);
    const { source } = slot;
    if (source?.isMirror) {
      source.failures += 1;
      if (failed.code === 'changed') source.drop();
      if (!source.usable) {
        this.#owner.note(`The mirror ${source.host} is left alone: ${failed.message}`, 'warning');
        throw new SlotEnd();
      }
    } else if (failed.code === 'changed') {
      return this.#owner.end({ kind: 'attention', failure: failed });
    }
    slot.failures += 1;
    const pause = this.#tries.failed(failed, slot.failures, performance.now());
    // What others receive is no reason to ask in vain for ever.
    if (slot.failures >= SLOT_TRIES && source && this.letGo(slot, source.host)) throw new SlotEnd();
    this.#owner.note(failed.message, 'warning');
    if (this.#tries.areSpent && !this.slots.some((one) => one !== slot && one.isReceiving)) return this.#giveUp();
    try {
      await delay(pause, undefined, { signal: this.#owner.signal });
    } catch {
      throw new SlotEnd();
    }
  }

  #giveUp(): void {
    const host = this.#owner.sources[0]?.host ?? '';
    const { code, params } = this.#tries.last ?? failure('connection-lost', { host });
    this.#owner.end(outcomeOf(new SluiceError(code, params), { begun: true, progressed: this.#progressed }));
  }
}
