import { setTimeout as delay } from 'node:timers/promises';
import { failure, SluiceError, toFailure, type Failure, type FailureCode } from '../../../shared/failure.ts';
import type { Identity, Meter, Resumability } from '../../../shared/job.ts';
import {
  nameFromContentDisposition,
  nameFromUrl,
  openPart,
  partPath,
  reopenPart,
  safeFileName,
  toDiskError,
} from '../files/index.ts';
import { RateMeter, TokenBucket, type BufferPool } from '../flow/index.ts';
import {
  field,
  HttpConnection,
  identityOf,
  interpret,
  openRemote,
  originOf,
  redactedLines,
  requestHead,
  resumabilityOf,
  type Exchange,
  type RangeAsk,
  type RemoteRequest,
  type ResponseHead,
  type Network,
  type Verdict,
} from '../remote/index.ts';
import { nextTarget, type Ramp } from './adapt.ts';
import { finish, type HashFollower } from './finish.ts';
import { LeaseMap, type Lease } from './lease-map.ts';
import { PartFile } from './part-file.ts';
import { coarse } from './range-set.ts';
import { Slot, type SlotOwner } from './slot.ts';
import type { DownloadDetail, DownloadEvent, DownloadJournal, DownloadOutcome, DownloadSpec } from './types.ts';
import { Waits } from './waits.ts';

/** What all downloads of a worker share. */
export interface TaskContext {
  readonly pool: BufferPool;
  readonly globalLimit: TokenBucket;
  readonly network: Network;
  /** Starts hashing `path` behind the writer. */
  hash(path: string, algorithm: string): HashFollower;
}

/** Tries of one download's connections, all together, without a single byte before the run gives up. */
const TRIES = 5;
/** Bytes fetched again before a resume point where no validator proves that the file is the same (fault 28). */
const OVERLAP = 64 * 1024;
/** Ranges that are shown. */
const SHOWN = 64;

/** Failures that a person decides about, whenever they come. */
const ALWAYS_ATTENTION: ReadonlySet<FailureCode> = new Set(['changed', 'link-expired', 'disk-full', 'part-missing']);
/** Failures of this computer: with something to lose they wait for the person, else the download has just failed. */
const LOCAL: ReadonlySet<FailureCode> = new Set([
  'folder-missing',
  'folder-not-writable',
  'disk-error',
  'login-needed',
]);
/** A new link that does not even connect is wrong, most likely, and the person should know at once; these are not. */
const RETRIED_FRESH: ReadonlySet<FailureCode> = new Set(['connection-lost', 'connection-timed-out', 'too-busy']);

/** Why a slot stops without ending the run. */
class SlotEnd extends Error {}

/**
 * One run of one download: from the first request to the finished file, or to the reason why not.
 * Plans leases, runs connections on them, and says what became durable. Lives in the transfer worker.
 */
export class DownloadTask implements SlotOwner {
  readonly spec: DownloadSpec;
  readonly #resume: DownloadJournal | null;
  readonly #context: TaskContext;
  readonly #emit: (event: DownloadEvent) => void;
  readonly #abort = new AbortController();
  readonly #bucket: TokenBucket;
  readonly #meter = new RateMeter();
  readonly #waits = new Waits();
  readonly #slots = new Map<number, { slot: Slot; done: Promise<void> }>();
  #part: PartFile | null = null;
  #leases = new LeaseMap([]);
  #name = '';
  #identity: Identity | null = null;
  #resumability: Resumability = 'unknown';
  #outcome: DownloadOutcome | null = null;
  #size: number | null = null;
  #hasher: HashFollower | null = null;
  #verified: number | null = null;
  #rate = 0;
  #sent: string[] = [];
  #response: string[] = [];
  /** Where further requests go: the end of the redirects; null: ask the original link again. */
  #target: { url: URL; headers: Readonly<Record<string, string>> } | null = null;
  #refreshed = false;
  #connections: number | null;
  /** The host's own bound, learnt from refusals (fault 58); 1 where ranges are not honoured. */
  #cap = 16;
  #ramp: Ramp = { target: 1, best: 0, at: 0, settled: false };
  #failures = 0;
  #progressed = false;
  #lastFailure: Failure | null = null;
  #nextSlot = 1;

  constructor(
    spec: DownloadSpec,
    resume: DownloadJournal | null,
    context: TaskContext,
    emit: (event: DownloadEvent) => void,
  ) {
    this.spec = spec;
    this.#resume = resume;
    this.#context = context;
    this.#emit = emit;
    this.#connections = spec.connections;
    this.#bucket = new TokenBucket(spec.limit);
  }

  /** The slots' view of the part file. */
  get part(): PartFile {
    if (!this.#part) throw new Error('The part file is not open yet');
    return this.#part;
  }

  /** Runs to an outcome; never throws. */
  async run(): Promise<DownloadOutcome> {
    try {
      await this.#transfer();
    } catch (error) {
      this.#fail(error);
    }
    await Promise.allSettled([...this.#slots.values()].map(({ done }) => done));
    try {
      await this.#part?.settle();
      if (this.#outcome === null) this.#outcome = await this.#finish();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#hasher?.close();
      await this.#part?.handle.close().catch(() => {});
    }
    return this.#outcome ?? { kind: 'failed', failure: failure('internal', { detail: 'no outcome' }) };
  }

  stop(): void {
    this.#end({ kind: 'stopped' });
  }

  setLimit(rate: number | null): void {
    this.#bucket.setRate(rate);
  }

  setConnections(connections: number | null): void {
    this.#connections = connections;
    this.#ramp = { target: Math.max(1, this.#slots.size), best: 0, at: 0, settled: false };
    const excess = this.#slots.size - (connections ?? this.#cap);
    for (const { slot } of [...this.#slots.values()].slice(0, Math.max(0, excess))) slot.connection?.destroy();
  }

  /** Small reads under a limit, so that many connections share it smoothly; as large as there is room otherwise. */
  quantum(): number {
    const rates = [this.#bucket.rate, this.#context.globalLimit.rate].filter((rate) => rate !== null);
    if (rates.length === 0) return Infinity;
    return Math.max(2048, Math.min(...rates) / 20 / Math.max(1, this.#slots.size));
  }

  received(bytes: number): number {
    this.#meter.add(bytes);
    this.#failures = 0;
    this.#progressed = true;
    return Math.max(this.#bucket.take(bytes), this.#context.globalLimit.take(bytes));
  }

  /** Called 4 times a second: figures, slow connections' buffers, syncs, and whether more connections would help. */
  tick(now: number): void {
    this.#rate = this.#meter.sample(now);
    for (const { slot } of this.#slots.values()) {
      slot.rate = slot.meter.sample(now);
      slot.connection?.flush();
    }
    this.#part?.tick(now);
    this.#hasher?.advance(this.#part?.written.frontier ?? 0);
    this.#waits.sample(
      now,
      [...this.#slots.values()].map(({ slot }) => slot.connection?.activity ?? 'connecting'),
    );
    if (this.#part && this.#outcome === null) {
      this.#ramp = nextTarget(this.#ramp, {
        now,
        rate: this.#rate,
        active: this.#slots.size,
        remaining: this.#leases.remaining,
        limited: this.#bucket.rate !== null || this.#context.globalLimit.rate !== null,
      });
      this.#fill();
    }
  }

  meter(): Meter {
    const ranges = this.#part?.written.toRanges() ?? this.#resume?.committed ?? [];
    const done = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    const receiving = [...this.#slots.values()].filter(({ slot }) => slot.rate > 0).length;
    const eta = this.#size !== null && this.#rate > 0 ? (this.#size - done) / this.#rate : null;
    return {
      id: this.spec.id,
      done,
      rate: this.#rate,
      eta,
      active: receiving,
      bottleneck: this.#slots.size === 0 ? 'none' : this.#waits.bottleneck,
      ranges: coarse(ranges, SHOWN),
      verified: this.#verified,
    };
  }

  detail(): DownloadDetail {
    return {
      id: this.spec.id,
      connections: [...this.#slots.values()].map(({ slot }) => slot.info()),
      identity: this.#identity,
      request: this.#sent,
      response: this.#response,
      rates: [],
      queue: this.#part?.queue ?? { used: 0, size: 0 },
      waited: this.#waits.shares,
    };
  }

  /** The outcome is decided once; the first reason wins, and all connections end. */
  #end(outcome: DownloadOutcome): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    this.#abort.abort(new SlotEnd());
    for (const { slot } of this.#slots.values()) slot.connection?.destroy();
  }

  #fail(error: unknown): void {
    if (error instanceof SlotEnd || (this.#outcome && this.#abort.signal.aborted)) return;
    const failed = toFailure(error);
    const begun = this.#resume !== null || this.#progressed;
    if (ALWAYS_ATTENTION.has(failed.code) || (begun && LOCAL.has(failed.code))) {
      this.#end({ kind: 'attention', failure: failed });
    } else if (begun ? failed.retryable || failed.code === 'bad-response' : RETRIED_FRESH.has(failed.code)) {
      this.#end({ kind: 'retry', failure: failed, retryAfter: null, progressed: this.#progressed });
    } else {
      this.#end({ kind: 'failed', failure: failed });
    }
  }

  #note(text: string, level: 'info' | 'warning' | 'error' = 'info'): void {
    this.#emit({ kind: 'activity', level, text });
  }

  get #request(): RemoteRequest {
    return { url: this.spec.url, headers: this.spec.headers };
  }

  async #transfer(): Promise<void> {
    const first = this.#resume ? await this.#openAgain(this.#resume) : await this.#openFresh();
    if (first === null) return;
    const slot = new Slot(this.#nextSlot++, this);
    this.#launch(slot, first);
    this.tick(performance.now());
    while (this.#slots.size > 0 && this.#outcome === null) {
      await Promise.race([...this.#slots.values()].map(({ done }) => done));
      if (this.#outcome === null && !this.#leases.done) this.#fill();
    }
    if (this.#outcome === null && !this.#leases.done) this.#giveUp();
  }

  /** The first answer of a fresh download decides name, size and method. */
  async #openFresh(): Promise<First | null> {
    let ask: RangeAsk | null = { start: 0, end: null, identity: null, condition: 'none' };
    for (;;) {
      const answer: { exchange: Exchange; verdict: Verdict } | null = await this.#ask(ask).catch((error: unknown) => {
        // A server that hangs up on a range gets one request without (fault 21).
        if (ask && toFailure(error).code === 'connection-lost' && !this.#abort.signal.aborted) return null;
        throw error;
      });
      if (answer === null) {
        ask = null;
        continue;
      }
      const { exchange, verdict } = answer;
      // A part whose whole is unknown proves nothing about the end: the plain answer does.
      const vague = verdict.kind === 'part' && verdict.total === null;
      if ((verdict.kind === 'ask-without' || vague) && ask) {
        exchange.connection.destroy();
        ask = null;
        continue;
      }
      if (verdict.kind !== 'part' && verdict.kind !== 'whole' && verdict.kind !== 'empty') {
        exchange.connection.destroy();
        this.#conclude(verdict);
        return null;
      }
      const { head, url } = exchange;
      const total = verdict.kind === 'empty' ? 0 : verdict.total;
      this.#adopt(exchange, total);
      this.#resumability = resumabilityOf(head, verdict);
      if (verdict.kind !== 'part' || this.#resumability === 'encoded') this.#cap = 1;
      const given = this.spec.name ?? nameFromContentDisposition(field(head, 'content-disposition') ?? '');
      const part = await openPart(this.spec.folder, given ? safeFileName(given) : nameFromUrl(url));
      this.#open(part.name, new PartFile(part.handle, [], this.#context.pool));
      this.#size = total;
      if (total === 0) {
        exchange.connection.destroy();
        return null;
      }
      this.#leases = new LeaseMap([[0, total ?? Infinity]]);
      return { exchange, start: 0, expected: null };
    }
  }

  /** True where a validator tells one version of the file from another. */
  get #proven(): boolean {
    return this.#resumability === 'strong-etag' || this.#resumability === 'last-modified';
  }

  /** Goes on where the journal says, if the server still has the same file. */
  async #openAgain(journal: DownloadJournal): Promise<First | null> {
    const { identity } = journal;
    const opened = await reopenPart(this.spec.folder, journal.name);
    const { size: onDisk } = await opened.handle.stat();
    // Bytes that the journal knows and the file has not are fetched again (fault 67).
    const committed = journal.committed
      .map(([start, end]): [number, number] => [start, Math.min(end, onDisk)])
      .filter(([start, end]) => end > start);
    this.#identity = identity;
    this.#resumability = journal.resumability;
    this.#size = identity.size;
    const part = new PartFile(opened.handle, committed, this.#context.pool);
    this.#open(journal.name, part);
    const [gap] = part.written.missing(identity.size ?? Infinity);
    if (!gap) return null;
    const overlap = this.#proven ? 0 : Math.min(gap[0], OVERLAP);
    let ask: RangeAsk = { start: gap[0] - overlap, end: null, identity, condition: 'if-range' };
    for (;;) {
      const { exchange, verdict } = await this.#ask(ask);
      if (verdict.kind === 'ask-without' && verdict.what === 'condition') {
        // A cache that drops Range when If-Range is there (fault 25): bare Range, and the answer is compared.
        exchange.connection.destroy();
        ask = { ...ask, condition: 'none' };
        continue;
      }
      if (verdict.kind === 'part') {
        this.#adopt(exchange, verdict.total);
        this.#leases = new LeaseMap(part.written.missing(identity.size ?? Infinity));
        let expected: Buffer | null = null;
        if (overlap > 0) {
          expected = Buffer.alloc(overlap);
          await part.handle.read(expected, 0, overlap, gap[0] - overlap);
        }
        this.#note(`Going on at byte ${gap[0].toLocaleString('en')}`);
        return { exchange, start: verdict.start, expected };
      }
      if (verdict.kind === 'whole') return this.#takeWholeAgain(exchange, verdict.total, part);
      exchange.connection.destroy();
      this.#conclude(verdict);
      return null;
    }
  }

  /** The server sends all of it again (fault 3): proven the same, what is here is kept; else it is one new body from 0. */
  #takeWholeAgain(exchange: Exchange, total: number | null, part: PartFile): First {
    this.#cap = 1;
    this.#adopt(exchange, total);
    this.#size = total ?? this.#size;
    if (this.#proven) {
      this.#leases = new LeaseMap(part.written.missing(this.#size ?? Infinity));
      this.#note('The server sends the whole file again: what is here is skipped', 'warning');
    } else {
      part.forget();
      this.#leases = new LeaseMap([[0, this.#size ?? Infinity]]);
      this.#note('The server cannot prove that the file is the same: starting over', 'warning');
    }
    return { exchange, start: 0, expected: null };
  }

  async #ask(ask: RangeAsk | null): Promise<{ exchange: Exchange; verdict: Verdict }> {
    const exchange = await openRemote(this.#request, ask, {
      pool: this.#context.pool,
      signal: this.#abort.signal,
      network: this.#context.network,
    });
    this.#sent = redactedLines(exchange.sent);
    this.#response = headLines(exchange.head);
    try {
      const verdict = interpret(exchange.head, ask, exchange.url.hostname, Date.now());
      return { exchange, verdict };
    } catch (error) {
      exchange.connection.destroy();
      throw error;
    }
  }

  /** Remembers who answered, and what its answer claims to be. */
  #adopt(exchange: Exchange, total: number | null): void {
    this.#target = { url: exchange.url, headers: exchange.headers };
    const claimed = identityOf(exchange.head, exchange.url, total);
    const known = this.#identity;
    this.#identity = known
      ? {
          finalUrl: claimed.finalUrl,
          size: claimed.size ?? known.size,
          etag: claimed.etag ?? known.etag,
          lastModified: claimed.lastModified ?? known.lastModified,
          contentType: claimed.contentType ?? known.contentType,
        }
      : claimed;
  }

  #open(name: string, part: PartFile): void {
    this.#name = name;
    this.#part = part;
    part.onDrain = () => {
      for (const { slot } of this.#slots.values()) slot.connection?.wake();
    };
    part.onCommit = () => this.#emit({ kind: 'committed', journal: this.#journal() });
    part.onError = (error) => this.#fail(toDiskError(error, this.spec.folder));
    const { checksum } = this.spec;
    if (checksum) this.#hasher = this.#context.hash(partPath(this.spec.folder, name), checksum.algorithm);
    this.#emit({ kind: 'started', journal: this.#journal() });
  }

  #journal(): DownloadJournal {
    if (!this.#identity) throw new Error('There is no identity yet');
    return {
      identity: this.#identity,
      resumability: this.#resumability,
      name: this.#name,
      committed: this.#part?.committed ?? [],
    };
  }

  /** Ends the run for a verdict that carries no body. */
  #conclude(verdict: Verdict): void {
    switch (verdict.kind) {
      case 'changed':
        return this.#end({ kind: 'attention', failure: failure('changed', { detail: verdict.detail }) });
      case 'later':
        return this.#end({ ...verdict, kind: 'retry', progressed: this.#progressed });
      case 'refused':
        return this.#end({
          kind: this.#resume || this.#progressed ? 'attention' : 'failed',
          failure: verdict.failure,
        });
      case 'broken':
        return this.#end({ kind: 'retry', failure: verdict.failure, retryAfter: null, progressed: this.#progressed });
      case 'failed':
        return this.#end({ kind: 'failed', failure: verdict.failure });
      case 'ask-without':
        return this.#end({
          kind: 'attention',
          failure: failure('changed', { detail: 'it has no such bytes any more' }),
        });
      default:
        return this.#end({ kind: 'failed', failure: failure('internal', { detail: `verdict ${verdict.kind}` }) });
    }
  }

  /** Starts connections up to the number that is wanted now. */
  #fill(): void {
    const wanted = Math.min(this.#cap, this.#connections ?? this.#ramp.target);
    while (this.#slots.size < wanted && this.#outcome === null && this.#leases.remaining > 0) {
      const slot = new Slot(this.#nextSlot++, this);
      const lease = this.#nextLease();
      if (!lease) return;
      slot.lease = lease;
      this.#launch(slot, null);
    }
  }

  #nextLease(): Lease | null {
    const free = this.#leases.takeFree();
    if (free || this.#cap === 1) return free;
    const rates = new Map([...this.#slots.values()].map(({ slot }) => [slot.lease, slot]));
    const stolen = this.#leases.steal((lease) => rates.get(lease)?.rate ?? 0);
    if (!stolen) return null;
    const victim = rates.get(stolen.victim);
    victim?.connection?.cut(victim.wanted);
    return stolen.lease;
  }

  #launch(slot: Slot, first: First | null): void {
    const done = this.#work(slot, first)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        slot.connection?.destroy();
        if (slot.lease) this.#leases.release(slot.lease);
        this.#slots.delete(slot.id);
      });
    this.#slots.set(slot.id, { slot, done });
  }

  /** One connection's life: lease after lease, until none is left or it is not wanted any more. */
  async #work(slot: Slot, first: First | null): Promise<void> {
    let lease = slot.lease ?? this.#nextLease();
    let answered = first;
    while (lease && this.#outcome === null) {
      slot.lease = lease;
      try {
        await (answered ? this.#fetchFirst(slot, lease, answered) : this.#fetchPart(slot, lease));
      } catch (error) {
        if (error instanceof SlotEnd || this.#outcome !== null) return;
        const stale = !answered && (slot.connection?.served ?? 0) > 0 && lease.at === lease.start;
        slot.connection?.destroy();
        slot.connection = null;
        // A kept-alive connection found dead costs nothing (fault 44); anything else is one of few tries.
        if (!stale) await this.#recover(error);
      }
      answered = null;
      this.#leases.release(lease);
      slot.lease = null;
      if (this.#slots.size > Math.min(this.#cap, this.#connections ?? 16)) return;
      lease = this.#nextLease();
    }
  }

  async #fetchFirst(slot: Slot, lease: Lease, first: First): Promise<void> {
    const { connection, head } = first.exchange;
    slot.connection = connection;
    slot.begin(lease, first.start, first.expected);
    await this.#receive(slot, lease, connection, head);
  }

  async #fetchPart(slot: Slot, lease: Lease): Promise<void> {
    const { signal } = this.#abort;
    const identity = this.#identity;
    const end = Number.isFinite(lease.end) ? lease.end : null;
    const ask: RangeAsk = { start: lease.at, end, identity, condition: 'if-match' };
    if (!this.#target) {
      const exchange = await openRemote(this.#request, ask, {
        pool: this.#context.pool,
        signal,
        network: this.#context.network,
      });
      this.#target = { url: exchange.url, headers: exchange.headers };
      slot.connection?.destroy();
      slot.connection = exchange.connection;
      return this.#judge(slot, lease, ask, exchange.head);
    }
    const { url, headers } = this.#target;
    if (!slot.connection?.reusable) {
      slot.connection?.destroy();
      slot.connection = new HttpConnection(originOf(url), this.#context.pool, this.#context.network);
      await slot.connection.connect(signal);
    }
    const head = await slot.connection.request(requestHead(url, headers, ask));
    return this.#judge(slot, lease, ask, head);
  }

  /** Proves the response before its first byte is written, then reads it. */
  async #judge(slot: Slot, lease: Lease, ask: RangeAsk, head: ResponseHead): Promise<void> {
    const { connection } = slot;
    if (!connection) throw new SlotEnd();
    const host = connection.origin.hostname;
    const verdict = interpret(head, ask, host, Date.now());
    switch (verdict.kind) {
      case 'part':
        slot.begin(lease, verdict.start);
        return this.#receive(slot, lease, connection, head);
      case 'later':
        if (this.#slots.size > 1) {
          // One connection too many for this host (fault 58): no try is spent on it.
          this.#cap = this.#slots.size - 1;
          this.#note(`${host} allows ${this.#cap} connections`, 'warning');
          throw new SlotEnd();
        }
        return this.#conclude(verdict);
      case 'whole':
        this.#note(`${host} stopped honouring ranges`, 'warning');
        this.#cap = 1;
        if (this.#slots.size > 1) throw new SlotEnd();
        if (lease.at > 0 && !this.#proven) {
          // Nothing says that this body is the same file: the next run decides, from byte 0.
          return this.#end({
            kind: 'retry',
            failure: failure('connection-lost', { host }),
            retryAfter: null,
            progressed: true,
          });
        }
        slot.begin(lease, 0);
        return this.#receive(slot, lease, connection, head);
      case 'refused':
        if (!this.#refreshed && this.#target && this.#target.url.href !== new URL(this.spec.url).href) {
          // A signed link that has run out (fault 51): the original one gives a new one.
          this.#refreshed = true;
          this.#target = null;
          throw new SluiceError('connection-lost', { host });
        }
        return this.#conclude(verdict);
      case 'broken':
        throw new SluiceError(verdict.failure.code, verdict.failure.params);
      default:
        return this.#conclude(verdict);
    }
  }

  async #receive(slot: Slot, lease: Lease, connection: HttpConnection, head: ResponseHead): Promise<void> {
    let end;
    try {
      end = await connection.body(head, slot.wanted, slot);
    } finally {
      slot.check();
    }
    if (this.#size === null && end !== 'cut') {
      // The size was unknown until the body's own end told it (RFC 9112 §6.3).
      this.#size = lease.at;
      this.#leases.settle(lease);
    }
  }

  /** After a failed try: waits a little, or ends the run where nothing has come for too many tries. */
  async #recover(error: unknown): Promise<void> {
    const failed = toFailure(error);
    this.#lastFailure = failed;
    if (failed.code === 'changed') return this.#end({ kind: 'attention', failure: failed });
    this.#failures += 1;
    this.#note(failed.message, 'warning');
    if (this.#failures >= TRIES) return this.#giveUp();
    try {
      await delay(Math.min(4000, this.#context.network.backoff * 2 ** (this.#failures - 1)), undefined, {
        signal: this.#abort.signal,
      });
    } catch {
      throw new SlotEnd();
    }
  }

  #giveUp(): void {
    const failed = this.#lastFailure ?? failure('connection-lost', { host: new URL(this.spec.url).hostname });
    this.#end({ kind: 'retry', failure: failed, retryAfter: null, progressed: this.#progressed });
  }

  async #finish(): Promise<DownloadOutcome> {
    this.#emit({ kind: 'verifying' });
    return finish({
      part: this.part,
      folder: this.spec.folder,
      name: this.#name,
      size: this.#size,
      sizeWasPromised: this.#identity?.size !== null,
      checksum: this.spec.checksum,
      hasher: this.#hasher,
      signal: this.#abort.signal,
      onVerified: (bytes) => {
        this.#verified = bytes;
      },
    });
  }
}

/** An answered request whose body begins the transfer. */
interface First {
  readonly exchange: Exchange;
  /** Byte of the representation with which the body begins. */
  readonly start: number;
  /** The bytes just before the gap, as they are on the disk, where they have to be compared. */
  readonly expected: Buffer | null;
}

function headLines(head: ResponseHead): string[] {
  const hidden = (name: string, value: string) => (name === 'set-cookie' ? '••••' : value);
  return [
    `HTTP/1.${head.minor} ${head.status} ${head.reason}`,
    ...head.fields.map(([name, value]) => `${name}: ${hidden(name, value)}`),
  ];
}
