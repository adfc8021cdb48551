import type { Checksum, Identity, Meter } from '../../../shared/job.ts';
import { failure } from '../../../shared/failure.ts';
import { toDiskError } from '../files/index.ts';
import { TokenBucket, type BufferPool } from '../flow/index.ts';
import type { Exchange, Network, RangeAsk, Verdict } from '../remote/index.ts';
import { Crew } from './crew.ts';
import { SlotEnd, type CrewOwner } from './crew-owner.ts';
import { findNeighbour } from './digests.ts';
import { Figures } from './figures.ts';
import { finish } from './finish.ts';
import type { HashFollower } from './hash-follower.ts';
import type { HashJob } from './hash-thread.ts';
import type { Hosts } from './hosts.ts';
import { LeaseMap } from './lease-map.ts';
import { LinkRequests } from './link-requests.ts';
import { openFresh, type Opened } from './opening.ts';
import { outcomeOf, outcomeOfVerdict, type Progress } from './outcomes.ts';
import type { PartFile } from './part-file.ts';
import { ETAG_VARIES, type Known } from './proof.ts';
import { RangeSet } from './range-set.ts';
import { Readers } from './readers.ts';
import type { Slot } from './slot.ts';
import { openAgain } from './reopening.ts';
import { Source } from './source.ts';
import type { DownloadDetail, DownloadEvent, DownloadJournal, DownloadOutcome, DownloadSpec } from './types.ts';

/** What all downloads of a worker share. */
export interface TaskContext {
  readonly pool: BufferPool;
  readonly globalLimit: TokenBucket;
  readonly network: Network;
  readonly hosts: Hosts;
  /** Starts hashing a file behind its writer; by pieces too where there are some. */
  hash(job: HashJob): HashFollower;
}

/**
 * One run of one download: from the first request to the finished file, or to the reason why not. Opens the file,
 * lets a crew of connections fetch what is missing, and says what became durable. Lives in the transfer worker.
 */
export class DownloadTask implements CrewOwner {
  readonly spec: DownloadSpec;
  readonly sources: readonly Source[];
  readonly #resume: DownloadJournal | null;
  readonly #context: TaskContext;
  readonly #emit: (event: DownloadEvent) => void;
  readonly #abort = new AbortController();
  readonly #bucket: TokenBucket;
  /** Its own limit and that of all downloads. */
  readonly limits: readonly TokenBucket[];
  readonly #figures = new Figures();
  readonly #readers = new Readers();
  readonly #requests: LinkRequests;
  #connections: number | null;
  #opened: Opened | null = null;
  #crew: Crew | null = null;
  #outcome: DownloadOutcome | null = null;
  /** What earlier runs left. */
  readonly #before: RangeSet;
  #checksum: Checksum | null;
  #hasher: HashFollower | null = null;
  #mirrorsDistrusted: boolean;
  size: number | null = null;
  #sizeWasPromised = false;
  /** Parts of it are together that no validator proves to be of one version. */
  #isDoubtful: boolean;
  #etagVaries: boolean;

  constructor(
    spec: DownloadSpec,
    resume: DownloadJournal | null,
    context: TaskContext,
    emit: (event: DownloadEvent) => void,
  ) {
    this.spec = spec;
    this.#resume = resume;
    this.#before = new RangeSet(resume?.committed);
    this.#context = context;
    this.#requests = new LinkRequests(context, this.#abort.signal);
    this.#emit = emit;
    this.#connections = spec.connections;
    this.#bucket = new TokenBucket(spec.limit);
    this.limits = [this.#bucket, context.globalLimit];
    this.#checksum = spec.checksum ?? resume?.digest ?? null;
    this.#mirrorsDistrusted = resume?.mirrorsDistrusted ?? false;
    this.#isDoubtful = resume?.isDoubtful ?? false;
    this.#etagVaries = resume?.etagVaries ?? false;
    this.sources = [
      new Source(spec, false),
      ...(this.#mirrorsDistrusted ? [] : (spec.mirrors ?? [])).map(
        (url) => new Source({ ...spec, url, headers: {} }, true),
      ),
    ];
  }

  get pool(): BufferPool {
    return this.#context.pool;
  }

  get network(): Network {
    return this.#context.network;
  }

  get hosts(): Hosts {
    return this.#context.hosts;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isChecked(): boolean {
    return this.#checksum !== null || this.spec.pieces !== undefined;
  }

  get ended(): boolean {
    return this.#outcome !== null;
  }

  get part(): PartFile {
    if (!this.#opened) throw new Error('The part file is not open yet');
    return this.#opened.part;
  }

  /** Runs to an outcome; never throws. */
  async run(): Promise<DownloadOutcome> {
    try {
      await this.#transfer();
    } catch (error) {
      this.#fail(error);
    }
    await this.#crew?.dismissed();
    const part = this.#opened?.part;
    try {
      await part?.settle();
      if (this.#outcome === null) this.#outcome = await this.#finish();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#hasher?.close();
      await part?.close().catch(() => {});
      this.#readers.dismiss();
    }
    return this.#outcome ?? { kind: 'failed', failure: failure('internal', { detail: 'no outcome' }) };
  }

  stop(): void {
    this.end({ kind: 'stopped' });
  }

  setLimit(rate: number | null): void {
    this.#bucket.setRate(rate);
    this.unlimit();
  }

  /** A limit that holds for this download is another now. */
  unlimit(): void {
    this.#crew?.unlimit();
  }

  setConnections(connections: number | null): void {
    this.#connections = connections;
    this.#crew?.setConnections(connections);
  }

  /** The outcome is decided once; the first reason wins, and all connections end. */
  end(outcome: DownloadOutcome): void {
    if (this.#outcome) return;
    this.#outcome =
      outcome.kind === 'retry' && !outcome.progressed && this.#opened?.fromStart ? this.#fruitless(outcome) : outcome;
    // What waits for its hash is let go, or a connection that waits with it would never end.
    this.#hasher?.close();
    this.#abort.abort(new SlotEnd());
    this.#crew?.destroy();
  }

  /** A run that had to begin at byte 0 again and broke off again, before anything new came: the person is told why. */
  #fruitless(outcome: Extract<DownloadOutcome, { kind: 'retry' }>): DownloadOutcome {
    const { code } = outcome.failure;
    const brokeOff = code === 'connection-lost' || code === 'connection-timed-out';
    const host = this.sources[0]?.host ?? '';
    return {
      ...outcome,
      failure: brokeOff ? failure('cannot-resume', { host }) : outcome.failure,
      retryAfter: outcome.retryAfter === 0 ? null : outcome.retryAfter,
    };
  }

  note(text: string, level: 'info' | 'warning' | 'error' = 'info'): void {
    this.#emit({ kind: 'activity', level, text });
  }

  promiseSize(size: number): void {
    this.size = size;
    this.#sizeWasPromised = true;
  }

  learn(source: Source, { identity, resumability }: Known): void {
    Object.assign(source, { identity, resumability });
    if (this.#opened) this.#opened = { ...this.#opened, identity, resumability };
    this.doubt();
  }

  doubt(): void {
    this.#isDoubtful = true;
  }

  distrustEtags(source: Source, identity: Identity): void {
    this.#etagVaries = true;
    this.note(ETAG_VARIES, 'warning');
    this.learn(source, { identity: { ...identity, etag: null }, resumability: 'size-only' });
  }

  received(bytes: number): void {
    this.#figures.received(bytes);
  }

  capped(host: string): void {
    const connections = this.hosts.cap(host);
    this.note(`${host} allows ${connections} connections`, 'warning');
    this.#emit({ kind: 'host-cap', host, connections });
  }

  /** Sends one request to a source's own link and judges the answer. */
  ask(source: Source, range: RangeAsk | null): Promise<{ exchange: Exchange; verdict: Verdict }> {
    return this.#requests.ask(source, range);
  }

  /**
   * Somebody reads at `position`: calls back with the end of the written run there as soon as there is one, once; null
   * where the run of this download ended first.
   */
  want(position: number, answer: (end: number | null) => void): () => void {
    return this.#readers.add(position, answer, this.#opened?.part.written, () => this.#crew?.want(position));
  }

  /** Called 4 times a second. */
  tick(now: number): void {
    const part = this.#opened?.part;
    this.#figures.tick(now, this.#slots, part?.behind ?? 'disk');
    part?.tick(now);
    if (this.#outcome !== null) return;
    this.#crew?.tick(now, this.#figures.rate);
    this.#goWhereIsRead();
  }

  meter(): Meter {
    return this.#figures.meter(this.spec.id, this.size, this.#opened?.part.written ?? this.#before, this.#slots);
  }

  detail(): DownloadDetail {
    return {
      id: this.spec.id,
      kind: 'download',
      connections: this.#slots.map((slot) => slot.info()),
      identity: this.#opened?.identity ?? this.#resume?.identity ?? null,
      request: [...this.#requests.sent],
      response: [...this.#requests.response],
      rates: [],
      queue: this.#opened?.part.queue ?? { used: 0, size: 0 },
      waited: this.#figures.waited,
    };
  }

  get #slots(): readonly Slot[] {
    return this.#crew?.slots ?? [];
  }

  get #progress(): Progress {
    return this.#crew?.progress ?? { begun: this.#resume !== null, progressed: false };
  }

  #fail(error: unknown): void {
    if (error instanceof SlotEnd || this.#outcome) return;
    this.end(outcomeOf(error, this.#progress));
  }

  async #transfer(): Promise<void> {
    const [source] = this.sources;
    if (!source) throw new Error('A download has a source');
    const ask = (range: RangeAsk | null) => this.ask(source, range);
    const opening = this.#resume
      ? await openAgain(this.spec, this.#resume, { ask, pool: this.pool, dropRange: this.hosts.dropRange })
      : await openFresh(this.spec, ask, this.pool);
    if ('metalink' in opening) return this.end({ kind: 'metalink', files: opening.metalink });
    if ('verdict' in opening) {
      const { verdict } = opening;
      const outcome = outcomeOfVerdict(verdict, this.#progress);
      // Turned away while others of ours are at that host (fault 58): it waits for its turn, and spends no try.
      const isOurs = verdict.kind === 'later' && this.hosts.open(String(verdict.failure.params['host'])) > 0;
      return this.end(isOurs && outcome.kind === 'retry' ? { ...outcome, progressed: true } : outcome);
    }
    const { opened } = opening;
    if (this.spec.findChecksum && !this.#checksum) this.#checksum = await this.#findChecksum(opened);
    this.#adopt(opened, source);
    if (!opened.first) return;
    const size = opened.size ?? Infinity;
    // What fits into one buffer fills no pages.
    if (size > this.pool.size) {
      await opened.part.reserve(size);
      await opened.part.bypassCache();
    }
    this.#crew = new Crew(this, {
      leases: new LeaseMap(opened.missing),
      connections: this.#connections,
      single: opened.single,
      begunBefore: this.#resume !== null,
    });
    const running = this.#crew.run(opened.first, source);
    this.#goWhereIsRead();
    await running;
  }

  #goWhereIsRead(): void {
    for (const position of this.#readers.positions) this.#crew?.want(position);
  }

  /** Looks for a checksum beside the link. Finding none is no failure: the person is told. */
  async #findChecksum(opened: Opened): Promise<Checksum | null> {
    if (opened.digest) return null;
    const { pool, network } = this.#context;
    const context = { pool, network, signal: this.#abort.signal };
    // Stopped meanwhile: the part file that is there has to become known all the same.
    const found = await findNeighbour(this.spec, opened.name, context).catch(() => null);
    if (this.ended) return null;
    this.note(found ? `Found a ${found.algorithm.toUpperCase()} beside the link` : 'Found no checksum beside the link');
    return found;
  }

  #adopt(opened: Opened, source: Source): void {
    const { part, note } = opened;
    const { folder, pieces = null } = this.spec;
    this.#opened = opened;
    this.size = opened.size;
    this.#sizeWasPromised = opened.size !== null;
    if (opened.isAnew) this.#checksum = this.spec.checksum;
    this.#checksum ??= opened.digest;
    this.#etagVaries = opened.etagVaries;
    source.target = opened.first?.exchange ?? null;
    source.identity = opened.identity;
    source.resumability = opened.resumability;
    if (note) this.note(note.text, note.level);
    part.onDrain = () => this.#crew?.wake();
    part.onWrite = () => this.#readers.answer(part.written);
    part.onCommit = () => this.#emit({ kind: 'committed', journal: this.#journal(this.#opened ?? opened) });
    part.onError = (error) => this.#fail(toDiskError(error, folder));
    if (this.#checksum || pieces) {
      const algorithm = this.#checksum?.algorithm ?? pieces?.algorithm ?? 'sha-256';
      this.#hasher = this.#context.hash({
        fd: part.handle.fd,
        algorithm,
        pieces: pieces && { length: pieces.length, algorithm: pieces.algorithm, count: pieces.digests.length },
      });
      part.hashInto(this.#hasher);
    }
    this.#emit({ kind: 'started', journal: this.#journal(opened) });
  }

  #journal({ identity, resumability, name, part }: Opened): DownloadJournal {
    const mirrorsDistrusted = this.#mirrorsDistrusted;
    const { born, committed } = part;
    const isDoubtful = this.#isDoubtful;
    const etagVaries = this.#etagVaries;
    const digest = this.#checksum;
    return { identity, resumability, name, born, committed, digest, mirrorsDistrusted, isDoubtful, etagVaries };
  }

  async #finish(): Promise<DownloadOutcome> {
    const opened = this.#opened;
    if (!opened) throw new Error('The part file is not open yet');
    this.#emit({ kind: 'verifying' });
    const { pieces = null, folder } = this.spec;
    const outcome = await finish({
      part: opened.part,
      folder,
      name: opened.name,
      size: this.size,
      isProven: this.#sizeWasPromised && !this.#isDoubtful,
      checksum: this.#checksum,
      pieces,
      hasher: this.#hasher,
      wasBad: this.#mirrorsDistrusted,
      signal: this.#abort.signal,
      onVerified: (bytes) => {
        this.#figures.verified = bytes;
      },
    });
    // Pieces that were found bad are not committed any more: the journal has to say so before the next run.
    if (outcome.kind === 'retry') {
      this.#mirrorsDistrusted = true;
      this.#emit({ kind: 'committed', journal: this.#journal(opened) });
    }
    return outcome;
  }
}
