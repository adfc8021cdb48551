import { setTimeout as delay } from 'node:timers/promises';
import { failure, SluiceError, toFailure, type Failure } from '../../../shared/failure.ts';
import type { TokenBucket, BufferPool } from '../flow/index.ts';
import {
  HttpConnection,
  identityOf,
  interpret,
  originOf,
  requestHead,
  type Exchange,
  type Network,
  type RangeAsk,
  type ResponseHead,
  type Verdict,
} from '../remote/index.ts';
import { nextTarget, type Ramp } from './adapt.ts';
import type { Hosts } from './hosts.ts';
import { laggard } from './laggard.ts';
import type { Lease, LeaseMap } from './lease-map.ts';
import { isProven, OVERLAP, type First } from './opening.ts';
import { outcomeOf, outcomeOfVerdict, type Progress } from './outcomes.ts';
import type { PartFile } from './part-file.ts';
import { Slot, type SlotOwner } from './slot.ts';
import { leastBusy, type Source } from './source.ts';
import type { DownloadOutcome } from './types.ts';

/** Tries of one download's connections, all together, without a single byte before the run gives up. */
const TRIES = 5;
/** A rest that would take longer than this (seconds) is fetched a second time by a connection that has nothing to do. */
const HEDGE_AFTER = 1;

/** Bytes ahead of a connection that a reader may as well wait for: another request would hardly be quicker. */
const NEAR = 4 * 1024 * 1024;
/** The most connections of a download that nobody gave a number. */
const MOST = 16;

/** Why a slot stops without ending the run. */
export class SlotEnd extends Error {}

/** What a request asked for. */
interface Asked {
  readonly ask: RangeAsk;
  /** The bytes before the lease, where they have to be compared. */
  readonly expected: Buffer | null;
  /** Whether the source's link had been resolved again before. */
  readonly refreshed: boolean;
}

/** What a crew works for. */
export interface CrewOwner {
  readonly part: PartFile;
  readonly pool: BufferPool;
  readonly network: Network;
  readonly hosts: Hosts;
  /** The limits that hold for every connection: the job's own and the global one. */
  readonly limits: readonly TokenBucket[];
  readonly signal: AbortSignal;
  readonly sources: readonly Source[];
  /** Total bytes; null while unknown. */
  size: number | null;
  readonly ended: boolean;
  end(outcome: DownloadOutcome): void;
  note(text: string, level: 'info' | 'warning'): void;
  /** Asks a source's own link and follows its redirects. */
  ask(source: Source, range: RangeAsk): Promise<{ exchange: Exchange; verdict: Verdict }>;
  received(bytes: number): void;
  /** A host turned a connection away, and its cap was lowered. */
  capped(host: string): void;
}

/** The connections of one download: who fetches what, from where, and what happens when one fails. */
export class Crew implements SlotOwner {
  readonly leases: LeaseMap;
  readonly #owner: CrewOwner;
  readonly #slots = new Map<number, { slot: Slot; done: Promise<void> }>();
  readonly #begunBefore: boolean;
  #connections: number | null;
  #ramp: Ramp = { target: 1, best: 0, at: 0, settled: false };
  /** True where only one stream may fetch the file. */
  #single: boolean;
  #failures = 0;
  #progressed = false;
  #lastFailure: Failure | null = null;
  #nextSlot = 1;
  /** Leases that begin where somebody reads: taken before all others. */
  #wanted: Lease[] = [];

  constructor(
    owner: CrewOwner,
    options: { leases: LeaseMap; connections: number | null; single: boolean; begunBefore: boolean },
  ) {
    this.#owner = owner;
    this.leases = options.leases;
    this.#connections = options.connections;
    this.#single = options.single;
    this.#begunBefore = options.begunBefore;
  }

  get part(): PartFile {
    return this.#owner.part;
  }

  get slots(): Slot[] {
    return [...this.#slots.values()].map(({ slot }) => slot);
  }

  get progress(): Progress {
    return { begun: this.#begunBefore || this.#progressed, progressed: this.#progressed };
  }

  /** Small reads under a limit, so that many connections share it smoothly; as large as there is room otherwise. */
  quantum(slot: Slot): number {
    let least = Infinity;
    for (const { rate } of this.#buckets(slot)) if (rate !== null && rate < least) least = rate;
    return Math.max(2048, least / 20 / Math.max(1, this.#slots.size));
  }

  received(bytes: number, slot: Slot): number {
    this.#failures = 0;
    this.#progressed = true;
    if (slot.source) slot.source.failures = 0;
    this.#owner.received(bytes);
    let wait = 0;
    for (const bucket of this.#buckets(slot)) wait = Math.max(wait, bucket.take(bytes));
    return wait;
  }

  #buckets(slot: Slot): readonly TokenBucket[] {
    const host = slot.connection ? this.#owner.hosts.limit(slot.connection.origin.hostname) : null;
    return host ? [...this.#owner.limits, host] : this.#owner.limits;
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

  destroy(): void {
    for (const slot of this.slots) slot.connection?.destroy();
  }

  block(): void {
    for (const slot of this.slots) slot.connection?.block();
  }

  wake(): void {
    for (const slot of this.slots) slot.connection?.wake();
  }

  setConnections(connections: number | null): void {
    this.#connections = connections;
    this.#ramp = { target: Math.max(1, this.#slots.size), best: 0, at: 0, settled: false };
    const excess = this.#slots.size - (connections ?? this.#slots.size);
    for (const slot of this.slots.slice(0, Math.max(0, excess))) {
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
      slot.connection?.flush();
    }
    const limited = this.slots.some((slot) => this.#buckets(slot).some(({ rate }) => rate !== null));
    if (!limited) {
      const slow = laggard(this.slots, now);
      if (slow) {
        slow.replaced = true;
        slow.connection?.destroy();
      }
    }
    const active = this.#slots.size;
    this.#ramp = nextTarget(this.#ramp, { now, rate, active, remaining: this.leases.remaining, limited });
    this.#fill();
  }

  /** Starts connections up to the number that is wanted now. */
  #fill(): void {
    const wanted = this.#single ? 1 : (this.#connections ?? this.#ramp.target);
    while (this.#slots.size < wanted && !this.#owner.ended) {
      const source = leastBusy(this.#owner.sources);
      if (!source || (source.slots > 0 && this.#owner.hosts.open(source.host) >= this.#owner.hosts.cap(source.host)))
        return;
      if (!this.#begin(source)) return;
    }
  }

  /** Starts one connection; false where there is nothing for it to do. */
  #begin(source: Source): boolean {
    const lease = this.#nextLease(-1);
    if (!lease) return false;
    const slot = new Slot(this.#nextSlot++, this);
    slot.source = source;
    slot.lease = lease;
    this.#launch(slot, null);
    return true;
  }

  /** Somebody reads at `position`, which has not arrived: a connection goes there now, where ranges can be asked for. */
  want(position: number): void {
    if (this.#single || this.#owner.ended) return;
    const taken = this.leases.takeAt(position, NEAR);
    if (!taken) return;
    if (taken.victim) this.#cut(taken.victim);
    this.#wanted.push(taken.lease);
    const source = leastBusy(this.#owner.sources);
    const { hosts } = this.#owner;
    const mayOpen = source && (source.slots === 0 || hosts.open(source.host) < hosts.cap(source.host));
    if (mayOpen && this.#slots.size < (this.#connections ?? MOST)) {
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

  #nextLease(after: number): Lease | null {
    const wanted = this.#wanted.shift();
    if (wanted) return wanted;
    const free = this.leases.takeFree(after);
    if (free || this.#single) return free;
    const rates = new Map(this.slots.map((slot) => [slot.lease, slot.rate]));
    const rate = (lease: Lease) => rates.get(lease) ?? 0;
    const stolen = this.leases.steal(rate);
    if (stolen) {
      this.#cut(stolen.victim);
      return stolen.lease;
    }
    const proven = this.#owner.sources.every((source) => !source.identity || isProven(source.resumability));
    return proven ? this.leases.hedge(rate, HEDGE_AFTER) : null;
  }

  /** Tells the connection of a lease that its end was lowered. */
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
    slot.lease ??= this.#nextLease(-1);
    let answered = first;
    while (slot.lease && !this.#owner.ended) {
      const { lease } = slot;
      const reused = !answered && (slot.connection?.served ?? 0) > 0;
      try {
        await (answered ? this.#fetchFirst(slot, lease, answered) : this.#fetchPart(slot, lease));
      } catch (error) {
        if (error instanceof SlotEnd || this.#owner.ended) return;
        const stale = reused && lease.at === lease.start;
        const free = stale || slot.replaced;
        slot.replaced = false;
        slot.connection?.destroy();
        slot.connection = null;
        // A kept-alive connection found dead costs nothing (fault 44); anything else is one of few tries.
        if (!free) await this.#recover(slot, error);
      }
      answered = null;
      this.#release(slot);
      const wanted = this.#single ? 1 : (this.#connections ?? MOST);
      if (this.#slots.size > wanted || slot.source?.usable === false) return;
      slot.lease = this.#nextLease(lease.end);
    }
  }

  async #fetchFirst(slot: Slot, lease: Lease, first: First): Promise<void> {
    const { connection, head } = first.exchange;
    connection.onClose(this.#owner.hosts.enter(connection.origin.hostname, true));
    slot.connection = connection;
    slot.begin(lease, first.start, first.expected);
    await this.#receive(slot, lease, first.end - first.start, connection, head);
  }

  async #fetchPart(slot: Slot, lease: Lease): Promise<void> {
    const { source } = slot;
    if (!source) throw new SlotEnd();
    const end = Number.isFinite(lease.end) ? lease.end : null;
    // Where no validator proves that the file is the same, the bytes before the lease do, if they are here (fault 28).
    const overlap = source.identity && !isProven(source.resumability) ? Math.min(lease.at, OVERLAP) : 0;
    const known = overlap > 0 && this.part.written.covers(lease.at - overlap, lease.at);
    const start = known ? lease.at - overlap : lease.at;
    const expected = known ? await this.part.read(start, lease.at) : null;
    const ask: RangeAsk = { start, end, identity: source.identity, condition: 'if-match' };
    const { refreshed } = source;
    if (!source.target) {
      const { exchange } = await this.#owner.ask(source, ask);
      source.target = exchange;
      slot.connection?.destroy();
      slot.connection = exchange.connection;
      exchange.connection.onClose(this.#owner.hosts.enter(exchange.url.hostname, true));
      return this.#judge(slot, lease, { ask, expected, refreshed }, exchange.head);
    }
    const { url, headers } = source.target;
    if (!slot.connection?.reusable) {
      slot.connection?.destroy();
      // The only one of its source is never turned away, as in #fill: it would be started again at once, for ever.
      const leave = this.#owner.hosts.enter(url.hostname, source.slots === 1);
      if (!leave) throw new SlotEnd();
      slot.connection = new HttpConnection(originOf(url), this.#owner.pool, this.#owner.network);
      slot.connection.onClose(leave);
      await slot.connection.connect(this.#owner.signal);
    }
    const head = await slot.connection.request(requestHead(url, headers, ask));
    return this.#judge(slot, lease, { ask, expected, refreshed }, head);
  }

  /** Proves the response before its first byte is written, then reads it. */
  async #judge(slot: Slot, lease: Lease, asked: Asked, head: ResponseHead): Promise<void> {
    const { ask, expected } = asked;
    const { connection, source } = slot;
    if (!connection || !source) throw new SlotEnd();
    const host = connection.origin.hostname;
    const verdict = interpret(head, ask, host, Date.now());
    if (source.isMirror && !this.#mirrorAgrees(source, verdict, head)) throw new SlotEnd();
    switch (verdict.kind) {
      case 'part':
        if (this.#owner.size === null && !this.#learnSize(source, lease, verdict.total)) return this.#again(host);
        slot.begin(lease, verdict.start, expected);
        return this.#receive(slot, lease, verdict.end - verdict.start, connection, head);
      case 'later':
        if (this.#slots.size === 1) return this.#conclude(verdict);
        // Not one too many, but the only one of its source, which would be started again at once: it waits a little.
        if (source.slots === 1) throw new SluiceError(verdict.failure.code, verdict.failure.params);
        // One connection too many for this host (fault 58): no try is spent on it.
        this.#owner.hosts.lower(host, this.#owner.hosts.open(host) - 1);
        this.#owner.capped(host);
        throw new SlotEnd();
      case 'whole':
        return this.#takeWhole(slot, lease, connection, head);
      case 'nothing-more':
        // The first body told no size and broke off just behind its last byte.
        if (this.#owner.size !== null) return this.#conclude(verdict);
        this.#owner.size = verdict.total;
        this.leases.settle(lease);
        return;
      case 'refused':
        // A signed link that has run out (fault 51): the original one gives a new one. All connections find out at once.
        if (!asked.refreshed && source.leaveTarget()) {
          slot.replaced = true;
          throw new SluiceError('connection-lost', { host });
        }
        // A file that is there may seem gone for a moment (fault 47); a login does not go away.
        if (verdict.failure.code === 'not-found') throw new SluiceError('not-found', verdict.failure.params);
        return this.#conclude(verdict);
      case 'broken':
        throw new SluiceError(verdict.failure.code, verdict.failure.params);
      case 'changed':
        // Only the ETag differs, as on links with tokens (fault 29): the next run compares bytes.
        if (!verdict.onlyEtag || source.identity?.etag === null || !this.#alone(slot)) return this.#conclude(verdict);
        return this.#again(host);
      case 'ask-without':
        this.#single = true;
        if (!this.#alone(slot)) throw new SlotEnd();
        return this.#again(host);
      default:
        return this.#conclude(verdict);
    }
  }

  /** A mirror may only give parts of a file of the same size, and of the same version each time; else it is dropped. */
  #mirrorAgrees(source: Source, verdict: Verdict, head: ResponseHead): boolean {
    if (verdict.kind === 'part' && verdict.total === this.#owner.size) {
      source.identity ??= identityOf(head, source.target?.url ?? new URL(source.url), verdict.total);
      source.resumability = 'strong-etag';
      return true;
    }
    source.drop();
    this.#owner.note(`The mirror ${source.host} is left alone: it has not the same file to give`, 'warning');
    return false;
  }

  /** One answer without the range that was asked for (fault 4): one stream goes on, what is here is kept. */
  async #takeWhole(slot: Slot, lease: Lease, connection: HttpConnection, head: ResponseHead): Promise<void> {
    const host = connection.origin.hostname;
    this.#single = true;
    this.#owner.note(`${host} stopped honouring ranges`, 'warning');
    if (!this.#alone(slot)) throw new SlotEnd();
    // Without a validator nothing says that this body is the same file: the next run decides, from byte 0.
    if (lease.at > 0 && !isProven(slot.source?.resumability ?? 'unknown')) return this.#again(host);
    slot.begin(lease, 0);
    return this.#receive(slot, lease, Infinity, connection, head);
  }

  /**
   * A part is asked for before the size was known, because the first body broke off: it has to tell the size, else its
   * end may pass for the file's. False where it does not, or has nothing to add.
   */
  #learnSize(source: Source, lease: Lease, total: number | null): boolean {
    if (total === null || total <= lease.at || !source.identity) return false;
    this.#owner.size = total;
    lease.end = total;
    source.identity = { ...source.identity, size: total };
    return true;
  }

  #alone(slot: Slot): boolean {
    return this.#slots.size === 1 && this.#slots.has(slot.id);
  }

  #conclude(verdict: Verdict): void {
    this.#owner.end(outcomeOfVerdict(verdict, this.progress));
  }

  /** Ends this run so that the next one negotiates anew. */
  #again(host: string): void {
    const failed = failure('connection-lost', { host });
    this.#owner.end({ kind: 'retry', failure: failed, retryAfter: 0, progressed: this.#progressed });
  }

  /** @param proven how many body bytes the response was proven to have its place for; more are not taken (fault 10) */
  async #receive(
    slot: Slot,
    lease: Lease,
    proven: number,
    connection: HttpConnection,
    head: ResponseHead,
  ): Promise<void> {
    const before = lease.at;
    let end;
    try {
      end = await connection.body(head, Math.min(slot.wanted, proven), slot);
    } finally {
      slot.check();
    }
    if (this.#owner.size === null && end !== 'cut') {
      // The size was unknown until the body's own end told it (RFC 9112 §6.3).
      this.#owner.size = lease.at;
      this.leases.settle(lease);
    }
    // A body that brings nothing of what it promised is a failed try, or it would be asked for without end.
    if (lease.at === before && lease.at < lease.end) {
      throw new SluiceError('connection-lost', { host: connection.origin.hostname });
    }
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
    this.#lastFailure = failed;
    this.#failures += 1;
    this.#owner.note(failed.message, 'warning');
    if (this.#failures >= TRIES) return this.#giveUp();
    const { backoff } = this.#owner.network;
    try {
      await delay(Math.min(4000, backoff * 2 ** (this.#failures - 1)), undefined, { signal: this.#owner.signal });
    } catch {
      throw new SlotEnd();
    }
  }

  #giveUp(): void {
    const host = this.#owner.sources[0]?.host ?? '';
    const { code, params } = this.#lastFailure ?? failure('connection-lost', { host });
    this.#owner.end(outcomeOf(new SluiceError(code, params), { begun: true, progressed: this.#progressed }));
  }
}
