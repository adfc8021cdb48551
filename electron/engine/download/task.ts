import { setTimeout as delay } from 'node:timers/promises';
import { failure, SluiceError, toFailure, type Failure } from '../../../shared/failure.ts';
import type { Identity, Meter, Resumability } from '../../../shared/job.ts';
import { partPath, toDiskError } from '../files/index.ts';
import { RateMeter, TokenBucket, type BufferPool } from '../flow/index.ts';
import {
  HttpConnection,
  interpret,
  openRemote,
  originOf,
  redactedLines,
  requestHead,
  type Exchange,
  type Network,
  type RangeAsk,
  type ResponseHead,
  type Verdict,
} from '../remote/index.ts';
import { nextTarget, type Ramp } from './adapt.ts';
import { finish, type HashFollower } from './finish.ts';
import { LeaseMap, type Lease } from './lease-map.ts';
import { isProven, openAgain, openFresh, OVERLAP, type First, type Opened } from './opening.ts';
import { outcomeOf, outcomeOfVerdict, type Progress } from './outcomes.ts';
import type { PartFile } from './part-file.ts';
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
/** Ranges that are shown. */
const SHOWN = 64;

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
  #target: Pick<Exchange, 'url' | 'headers'> | null = null;
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
    if (error instanceof SlotEnd || this.#outcome) return;
    this.#end(outcomeOf(error, this.#progress));
  }

  #conclude(verdict: Verdict): void {
    this.#end(outcomeOfVerdict(verdict, this.#progress));
  }

  get #progress(): Progress {
    return { begun: this.#resume !== null || this.#progressed, progressed: this.#progressed };
  }

  #note(text: string, level: 'info' | 'warning' | 'error' = 'info'): void {
    this.#emit({ kind: 'activity', level, text });
  }

  async #transfer(): Promise<void> {
    const { pool } = this.#context;
    const ask = (range: RangeAsk | null) => this.#ask(range);
    const opening = this.#resume
      ? await openAgain(this.spec, this.#resume, ask, pool)
      : await openFresh(this.spec, ask, pool);
    if ('verdict' in opening) return this.#conclude(opening.verdict);
    this.#adopt(opening.opened);
    if (!opening.opened.first) return;
    this.#launch(new Slot(this.#nextSlot++, this), opening.opened.first);
    this.tick(performance.now());
    while (this.#slots.size > 0 && this.#outcome === null) {
      await Promise.race([...this.#slots.values()].map(({ done }) => done));
      if (this.#outcome === null && !this.#leases.done) this.#fill();
    }
    if (this.#outcome === null && !this.#leases.done) this.#giveUp();
  }

  async #ask(range: RangeAsk | null): Promise<{ exchange: Exchange; verdict: Verdict }> {
    const { pool, network } = this.#context;
    const request = { url: this.spec.url, headers: this.spec.headers };
    const exchange = await openRemote(request, range, { pool, network, signal: this.#abort.signal });
    this.#sent = redactedLines(exchange.sent);
    this.#response = headLines(exchange.head);
    try {
      return { exchange, verdict: interpret(exchange.head, range, exchange.url.hostname, Date.now()) };
    } catch (error) {
      exchange.connection.destroy();
      throw error;
    }
  }

  #adopt(opened: Opened): void {
    const { part, name, note } = opened;
    this.#target = opened.first?.exchange ?? null;
    this.#part = part;
    this.#name = name;
    this.#identity = opened.identity;
    this.#resumability = opened.resumability;
    this.#size = opened.size;
    this.#leases = new LeaseMap(opened.missing);
    if (opened.single) this.#cap = 1;
    if (note) this.#note(note.text, note.level);
    part.onDrain = () => {
      for (const { slot } of this.#slots.values()) slot.connection?.wake();
    };
    part.onCommit = () => this.#emit({ kind: 'committed', journal: this.#journal() });
    part.onError = (error) => this.#fail(toDiskError(error, this.spec.folder));
    const { checksum, folder } = this.spec;
    if (checksum) this.#hasher = this.#context.hash(partPath(folder, name), checksum.algorithm);
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
    const end = Number.isFinite(lease.end) ? lease.end : null;
    // Where no validator proves that the file is the same, the bytes before the lease do, if they are here (fault 28).
    const overlap = isProven(this.#resumability) ? 0 : Math.min(lease.at, OVERLAP);
    const known = overlap > 0 && this.part.written.covers(lease.at - overlap, lease.at);
    const start = known ? lease.at - overlap : lease.at;
    const expected = known ? await this.part.read(start, lease.at) : null;
    const ask: RangeAsk = { start, end, identity: this.#identity, condition: 'if-match' };
    if (!this.#target) {
      const { exchange } = await this.#ask(ask);
      this.#target = exchange;
      slot.connection?.destroy();
      slot.connection = exchange.connection;
      return this.#judge(slot, lease, ask, exchange.head, expected);
    }
    const { url, headers } = this.#target;
    if (!slot.connection?.reusable) {
      slot.connection?.destroy();
      slot.connection = new HttpConnection(originOf(url), this.#context.pool, this.#context.network);
      await slot.connection.connect(signal);
    }
    const head = await slot.connection.request(requestHead(url, headers, ask));
    return this.#judge(slot, lease, ask, head, expected);
  }

  /** Proves the response before its first byte is written, then reads it. */
  async #judge(slot: Slot, lease: Lease, ask: RangeAsk, head: ResponseHead, expected: Buffer | null): Promise<void> {
    const { connection } = slot;
    if (!connection) throw new SlotEnd();
    const host = connection.origin.hostname;
    const verdict = interpret(head, ask, host, Date.now());
    switch (verdict.kind) {
      case 'part':
        slot.begin(lease, verdict.start, expected);
        return this.#receive(slot, lease, connection, head);
      case 'later':
        if (this.#slots.size === 1) return this.#conclude(verdict);
        // One connection too many for this host (fault 58): no try is spent on it.
        this.#cap = this.#slots.size - 1;
        this.#note(`${host} allows ${this.#cap} connections`, 'warning');
        throw new SlotEnd();
      case 'whole':
        return this.#takeWhole(slot, lease, connection, head);
      case 'refused':
        if (!this.#refreshed && this.#target && this.#target.url.href !== new URL(this.spec.url).href) {
          // A signed link that has run out (fault 51): the original one gives a new one.
          this.#refreshed = true;
          this.#target = null;
          throw new SluiceError('connection-lost', { host });
        }
        // A file that is there may seem gone for a moment (fault 47); a login does not go away.
        if (verdict.failure.code === 'not-found') throw new SluiceError('not-found', verdict.failure.params);
        return this.#conclude(verdict);
      case 'broken':
        throw new SluiceError(verdict.failure.code, verdict.failure.params);
      case 'changed':
        // Only the ETag differs, as on links with tokens (fault 29): the next run compares bytes.
        if (!verdict.onlyEtag || this.#identity?.etag === null || !this.#alone(slot)) return this.#conclude(verdict);
        return this.#again(host);
      case 'ask-without':
        this.#cap = 1;
        if (!this.#alone(slot)) throw new SlotEnd();
        return this.#again(host);
      default:
        return this.#conclude(verdict);
    }
  }

  /** One answer without the range that was asked for (fault 4): one stream goes on, what is here is kept. */
  async #takeWhole(slot: Slot, lease: Lease, connection: HttpConnection, head: ResponseHead): Promise<void> {
    const host = connection.origin.hostname;
    this.#cap = 1;
    this.#note(`${host} stopped honouring ranges`, 'warning');
    if (!this.#alone(slot)) throw new SlotEnd();
    // Without a validator nothing says that this body is the same file: the next run decides, from byte 0.
    if (lease.at > 0 && !isProven(this.#resumability)) return this.#again(host);
    slot.begin(lease, 0);
    return this.#receive(slot, lease, connection, head);
  }

  #alone(slot: Slot): boolean {
    return this.#slots.size === 1 && this.#slots.has(slot.id);
  }

  /** Ends this run so that the next one negotiates anew. */
  #again(host: string): void {
    this.#end({
      kind: 'retry',
      failure: failure('connection-lost', { host }),
      retryAfter: 0,
      progressed: this.#progressed,
    });
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
    const { code, params } = this.#lastFailure ?? failure('connection-lost', { host: new URL(this.spec.url).hostname });
    this.#end(outcomeOf(new SluiceError(code, params), { begun: true, progressed: this.#progressed }));
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

function headLines(head: ResponseHead): string[] {
  const hidden = (name: string, value: string) => (name === 'set-cookie' ? '••••' : value);
  return [
    `HTTP/1.${head.minor} ${head.status} ${head.reason}`,
    ...head.fields.map(([name, value]) => `${name}: ${hidden(name, value)}`),
  ];
}
