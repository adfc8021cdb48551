import { failure, SluiceError, toFailure } from '../../../shared/failure.ts';
import {
  HttpConnection,
  identityOf,
  interpret,
  isRedirect,
  originOf,
  requestHead,
  type RangeAsk,
  type ResponseHead,
  type Verdict,
} from '../remote/index.ts';
import { SlotEnd, type CrewOwner } from './crew-owner.ts';
import type { Lease, LeaseMap } from './lease-map.ts';
import type { First } from './opening.ts';
import { saidBy } from './link-requests.ts';
import { outcomeOfVerdict, type Progress } from './outcomes.ts';
import { isProven, OVERLAP, SHORTER } from './proof.ts';
import { WORTHWHILE, type Slot } from './slot.ts';
import type { Source } from './source.ts';

/** What a request asked for. */
interface Asked {
  readonly ask: RangeAsk;
  /** The bytes before the lease, where they have to be compared. */
  readonly expected: Buffer | null;
  /** Whether the source's link had been resolved again before. */
  readonly refreshed: boolean;
}

/** What a fetcher needs of the crew that it works for. */
export interface FetcherCrew {
  readonly leases: LeaseMap;
  readonly progress: Progress;
  /** Connections at work. */
  readonly size: number;
  /** Gives what a connection was to fetch, and has nothing of, back to the one that it was taken from. */
  rejoin(slot: Slot): void;
  /** Lets a connection go that its host refused while others of this download receive; false where none does. */
  letGo(slot: Slot, host: string): boolean;
}

/** Fetches one lease over one connection: asks for it, proves the answer, reads the body. */
export class Fetcher {
  readonly #owner: CrewOwner;
  readonly #crew: FetcherCrew;
  /** True where only one stream may fetch the file. */
  single: boolean;

  constructor(owner: CrewOwner, crew: FetcherCrew, single: boolean) {
    this.#owner = owner;
    this.#crew = crew;
    this.single = single;
  }

  /** Reads the body of the response that began the download. */
  async first(slot: Slot, lease: Lease, first: First): Promise<void> {
    const { connection, head } = first.exchange;
    connection.onClose(this.#owner.hosts.enter(connection.origin.hostname, true));
    slot.connection = connection;
    const { source } = slot;
    slot.target = source?.target ?? null;
    const { learnt } = first;
    slot.begin(lease, first.start, first.expected, () => source && learnt && this.#owner.learn(source, learnt));
    // A whole body goes on over what is here to all that is missing behind: each gap would begin another one.
    if (first.end === Infinity) this.#crew.leases.widen(lease);
    try {
      await this.#receive(slot, lease, first.end - first.start, connection, head);
    } catch (error) {
      if (learnt || toFailure(error).code !== 'changed') throw error;
      this.#fetchAgain(lease.start, connection.origin.hostname);
    }
  }

  /** The file is the same by its validator, and the bytes before `gap` are not: what is here was damaged on this disk. */
  #fetchAgain(gap: number, host: string): void {
    const { part } = this.#owner;
    const damaged = part.written.toRanges().find(([, end]) => end === gap);
    if (damaged) part.reject(...damaged);
    // What else is here was not compared.
    if (part.written.total > 0) this.#owner.doubt();
    this.#owner.note('Some of what was here was damaged on this disk, and is fetched again', 'warning');
    this.#again(host);
  }

  /** Asks for what a lease has still to get, and reads it. */
  async part(slot: Slot, lease: Lease): Promise<void> {
    const { source } = slot;
    if (!source) throw new SlotEnd();
    // Both of one moment: where it has expired meanwhile, as others found out, this one's refusal is no second one.
    const { target, refreshed } = source;
    // Connected first: by then others may have taken the rear of the lease, or all; what is asked for beyond its end costs
    // the connection.
    if (target) await this.#connect(slot, source, target.url);
    if (lease.at >= lease.end) return;
    const end = Number.isFinite(lease.end) ? lease.end : null;
    // Where no validator proves that the file is the same, the bytes before the lease do, if they are here (fault 28).
    const overlap = source.identity && !isProven(source.resumability) ? Math.min(lease.at, OVERLAP) : 0;
    const known = overlap > 0 && (await this.#owner.part.has(lease.at - overlap, lease.at));
    const start = known ? lease.at - overlap : lease.at;
    const expected = known ? await this.#owner.part.read(start, lease.at) : null;
    const hasStrongDate = source.resumability === 'last-modified';
    const { identity } = source;
    const condition = source.isUnconditional ? 'none' : 'if-match';
    const ask: RangeAsk = { start, end, gap: lease.at, identity, hasStrongDate, condition };
    if (!target) {
      const { exchange } = await this.#owner.ask(source, ask);
      source.target = exchange;
      slot.connection?.destroy();
      slot.connection = exchange.connection;
      exchange.connection.onClose(this.#owner.hosts.enter(exchange.url.hostname, true));
      return this.#judge(slot, lease, { ask, expected, refreshed }, exchange.head);
    }
    const { connection } = slot;
    if (!connection) throw new SlotEnd();
    const { url, headers } = target;
    const head = await connection.request(requestHead(url, headers, ask));
    return this.#judge(slot, lease, { ask, expected, refreshed }, head);
  }

  /** Gives the slot a connection to where its source is, unless it has one that serves again. */
  async #connect(slot: Slot, source: Source, url: URL): Promise<void> {
    if (slot.connection?.reusable) return;
    slot.connection?.destroy();
    // The only one of its source is never turned away, as in #fill: it would be started again at once, for ever.
    const leave = this.#owner.hosts.enter(url.hostname, source.slots === 1);
    if (!leave) throw new SlotEnd();
    slot.connection = new HttpConnection(originOf(url), this.#owner.pool, this.#owner.network);
    slot.connection.onClose(leave);
    await slot.connection.connect(this.#owner.signal);
  }

  /** Proves the response before its first byte is written, then reads it. */
  async #judge(slot: Slot, lease: Lease, asked: Asked, head: ResponseHead): Promise<void> {
    const { ask, expected } = asked;
    const { connection, source } = slot;
    if (!connection || !source) throw new SlotEnd();
    const host = connection.origin.hostname;
    if (isRedirect(head)) {
      // It has moved while it was fetched: its own link leads there, and what answers has to prove itself as ever.
      source.target = null;
      throw new SluiceError('connection-lost', { host });
    }
    slot.target = source.target;
    const said = interpret(head, ask, host, Date.now());
    const verdict = source.target ? saidBy(source.target.url, said) : said;
    if (source.isMirror && !this.#mirrorAgrees(source, verdict, head)) throw new SlotEnd();
    switch (verdict.kind) {
      case 'part':
        if (this.#owner.size === null && !this.#learnSize(source, lease, verdict.total)) return this.#again(host);
        if (!source.isMirror && source.identity && !source.isProvenBy(head)) {
          this.#owner.doubt();
          if (isProven(source.resumability)) {
            // It does not say which version it is of: the next run compares the bytes before the gap.
            this.#owner.learn(source, { identity: source.identity, resumability: 'size-only' });
            return this.#again(host);
          }
        }
        slot.begin(lease, verdict.start, expected);
        return this.#receive(slot, lease, verdict.end - verdict.start, connection, head);
      case 'later':
        if (this.#crew.size === 1) return this.#conclude(verdict);
        // Not one too many, but the only one of its source, which would be started again at once: it waits a little.
        if (source.slots === 1) throw new SluiceError(verdict.failure.code, verdict.failure.params);
        // One connection too many for this host (fault 58): no try is spent on it.
        this.#turnedAway(slot, host, head.status);
        throw new SlotEnd();
      case 'whole':
        return this.#takeWhole(slot, lease, connection, head, verdict.total);
      case 'nothing-more':
        // The first body told no size and broke off just behind its last byte.
        if (this.#owner.size !== null) return this.#conclude(verdict);
        this.#owner.size = verdict.total;
        this.#crew.leases.settle(lease);
        return;
      case 'refused':
        // A signed link that has run out (fault 51): the original one gives a new one. All connections find out at once.
        if (!asked.refreshed && source.leaveTarget()) {
          slot.replaced = true;
          throw new SluiceError('connection-lost', { host });
        }
        // Hosts that allow few connections refuse the next one with whatever they like: that is no word about the file.
        if (this.#crew.letGo(slot, host)) throw new SlotEnd();
        // A file that is there may seem gone for a moment (fault 47); a login does not go away.
        if (verdict.failure.code === 'not-found') throw new SluiceError('not-found', verdict.failure.params);
        return this.#conclude(verdict);
      case 'failed':
        if (this.#crew.letGo(slot, host)) throw new SlotEnd();
        return this.#conclude(verdict);
      case 'broken':
        throw new SluiceError(verdict.failure.code, verdict.failure.params);
      case 'changed':
        if (!verdict.onlyEtag || !source.identity?.etag) return this.#conclude(verdict);
        // Only the ETag differs, as on links with tokens (fault 29): the next run compares bytes.
        this.#owner.distrustEtags(source, source.identity);
        return this.#again(host);
      case 'ask-without':
        if (verdict.what === 'condition') {
          source.isUnconditional = true;
          slot.replaced = true;
          throw new SluiceError('connection-lost', { host });
        }
        this.single = true;
        if (!this.#alone) throw new SlotEnd();
        return this.#again(host);
      default:
        return this.#conclude(verdict);
    }
  }

  /** 429 and 503 are about how many there are, and remembered; a gateway's trouble passes. */
  #turnedAway(slot: Slot, host: string, status: number): void {
    const left = this.#owner.hosts.open(host) - 1;
    if (status !== 429 && status !== 503) {
      if (!this.#crew.letGo(slot, host)) this.#owner.hosts.spare(host, left);
      return;
    }
    this.#crew.rejoin(slot);
    this.#owner.hosts.lower(host, left);
    this.#owner.capped(host);
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
  async #takeWhole(
    slot: Slot,
    lease: Lease,
    connection: HttpConnection,
    head: ResponseHead,
    total: number | null,
  ): Promise<void> {
    const host = connection.origin.hostname;
    this.single = true;
    this.#owner.note(`${host} stopped honouring ranges`, 'warning');
    if (!this.#alone) throw new SlotEnd();
    // Where no validator says that this body is the same file, the next run compares its bytes.
    if (lease.at > 0 && !slot.source?.isProvenBy(head)) return this.#again(host);
    if (this.#owner.size === null && total !== null) {
      // Shorter than what is here, it is not the same file, whatever its validator says: nothing is thrown away (fault 6).
      if (total < lease.at) return this.#conclude(SHORTER);
      this.#owner.promiseSize(total);
      lease.end = total;
    }
    slot.begin(lease, 0);
    this.#crew.leases.widen(lease);
    return this.#receive(slot, lease, Infinity, connection, head);
  }

  /**
   * A part is asked for before the size was known, because the first body broke off: it has to tell the size, else its
   * end may pass for the file's. False where it does not, or has nothing to add.
   */
  #learnSize(source: Source, lease: Lease, total: number | null): boolean {
    if (total === null || total <= lease.at || !source.identity) return false;
    this.#owner.promiseSize(total);
    lease.end = total;
    source.identity = { ...source.identity, size: total };
    return true;
  }

  /** True where no other connection is at work. */
  get #alone(): boolean {
    return this.#crew.size === 1;
  }

  #conclude(verdict: Verdict): void {
    this.#owner.end(outcomeOfVerdict(verdict, this.#crew.progress));
  }

  /** Ends this run so that the next one negotiates anew. */
  #again(host: string): void {
    const failed = failure('connection-lost', { host });
    this.#owner.end({ kind: 'retry', failure: failed, retryAfter: 0, progressed: this.#crew.progress.progressed });
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
    const isCrumb = proven < Math.min(WORTHWHILE, slot.wanted);
    let end;
    try {
      end = await connection.body(head, Math.min(slot.wanted, proven), slot);
    } finally {
      slot.check();
    }
    if (this.#owner.size === null && end !== 'cut') {
      // A whole body that ends before what is here does is another file (fault 6).
      if (!slot.hasReachedLease) return this.#conclude(SHORTER);
      // The size was unknown until the body's own end told it (RFC 9112 §6.3).
      this.#owner.size = lease.at;
      this.#crew.leases.settle(lease);
    }
    // A body that brings nothing of what it promised is a failed try, or it would be asked for without end; a crumb of what
    // was asked for is one too.
    if ((lease.at === before || isCrumb) && lease.at < lease.end) {
      throw new SluiceError('connection-lost', { host: connection.origin.hostname });
    }
  }
}
