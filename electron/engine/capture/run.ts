import { randomBytes } from 'node:crypto';
import { SluiceError, toFailure, type FailureCode } from '../../../shared/failure.ts';
import type { Meter } from '../../../shared/job.ts';
import type { RunOutcome } from '../flow/index.ts';
import type { Disk } from './capture-file.ts';
import { DiskRoom } from './disk-room.ts';
import { Figures } from './figures.ts';
import { Gaps } from './gaps.ts';
import { LiveRing } from './live-ring.ts';
import { keepReading, Refused } from './reading.ts';
import type { FeedRecord } from './record.ts';
import { RecordQueue } from './record-queue.ts';
import { ReplayFilter } from './replay-filter.ts';
import type { CaptureDetail, CaptureEvent, CaptureJournal, CaptureSpec, LiveReader } from './types.ts';
import { Writer, type WriterOptions } from './writer.ts';

/** The journal says at least this often that the capture runs, so that a crash leaves no longer gap than there was. */
const ALIVE_MS = 10_000;
/** Records that the window shows, and how much of each. */
const SHOWN = 50;
const SHOWN_LENGTH = 300;

/** Failures of the source for which a person is asked, even before anything was captured. */
const asked: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'certificate-untrusted',
  'database-untrusted',
  'captive-page',
  'login-needed',
]);
/** Of a link that never worked: most likely it is wrong, except for these. */
const triedAgain: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'connection-lost',
  'connection-timed-out',
  'too-busy',
  'database-lost',
  'database-busy',
]);

/** One run of one capture: a feed, the bounded queue, the files, and what is told of them. */
export class CaptureRun {
  readonly #spec: CaptureSpec;
  readonly #earlier: CaptureJournal | null;
  readonly #emit: (event: CaptureEvent) => void;
  readonly #reading = new AbortController();
  readonly #queue: RecordQueue;
  readonly #room: DiskRoom;
  readonly #writer: Writer;
  readonly #ring: LiveRing;
  readonly #gaps: Gaps;
  readonly #replays: ReplayFilter;
  readonly #figures: Figures;
  #intent: 'stop' | 'finish' | null = null;
  #isStarted = false;
  #isConnected = false;
  /** What the person was told last of the source. */
  #trouble = '';
  #content: 'ndjson' | 'text' = 'ndjson';
  /** Of the last record that was read. */
  #position: string | null;
  #dropped: number;
  /** Ms in which the queue was full. */
  #full = 0;
  #fullSince: number | null = null;
  #toldAt = 0;

  constructor(spec: CaptureSpec, earlier: CaptureJournal | null, disk: Disk, emit: (event: CaptureEvent) => void) {
    this.#spec = spec;
    this.#earlier = earlier;
    this.#emit = emit;
    this.#gaps = new Gaps(earlier?.gaps ?? []);
    this.#replays = new ReplayFilter(earlier?.recent ?? []);
    this.#position = earlier?.position ?? null;
    this.#dropped = earlier?.dropped ?? 0;
    this.#queue = new RecordQueue(
      { queue: spec.queue, whenFull: this.#whenFull },
      {
        onDropped: (records) => {
          this.#fullSince ??= performance.now();
          this.#drop(records);
        },
        onTooLarge: () => this.#tooLarge(),
        onFilled: () => this.#writer.filled(),
      },
    );
    this.#room = new DiskRoom(spec.whenDiskFull ?? 'fail', (isFull) => this.#diskFull(isFull));
    const options = {
      stem: spec.name,
      folder: spec.folder,
      rotation: spec.rotation,
      compression: spec.compression,
      disk: this.#room.over(disk),
      patiently: (act) => this.#room.patiently(act),
      queue: this.#queue,
      content: () => this.#content,
      onCommit: () => this.#tell(),
      onWritten: (records) => {
        for (const record of records) this.#ring.add(record);
      },
    } satisfies WriterOptions;
    this.#writer = new Writer(options, earlier);
    const { rows, bytes } = this.#writer;
    this.#ring = new LiveRing({ id: randomBytes(6).toString('hex'), from: rows }, earlier?.epochs);
    this.#figures = new Figures({ rows, bytes, writing: 0, full: 0 });
  }

  /** Runs to an outcome; never throws. */
  async run(): Promise<RunOutcome> {
    let outcome: RunOutcome;
    try {
      outcome = await this.#capture();
    } catch (error) {
      this.#lose();
      outcome = this.#outcomeOf(error);
    }
    if (this.#isStarted) this.#tell();
    await this.#writer.close();
    this.#ring.close();
    return outcome;
  }

  stop(): void {
    this.#end('stop');
  }

  finish(): void {
    this.#end('finish');
  }

  listen(after: string | null, reader: LiveReader): () => void {
    return this.#ring.listen(after, reader);
  }

  /** Called 4 times a second. */
  tick(now: number): void {
    this.#noteFull();
    if (!this.#queue.isBlocking && !this.#queue.isUrgent) this.#fullSince = null;
    const { bytes, rows, writing } = this.#writer;
    this.#figures.tick(now, { bytes, rows, writing, full: this.#full });
    this.#gaps.tick(Date.now());
    if (this.#isStarted && now - this.#toldAt >= ALIVE_MS) this.#tell();
  }

  meter(): Meter {
    const { bottleneck, rate, rowRate } = this.#figures;
    return {
      id: this.#spec.id,
      done: this.#writer.bytes,
      rate,
      eta: null,
      active: this.#isConnected ? 1 : 0,
      bottleneck: this.#room.isFull ? 'disk' : this.#isConnected ? bottleneck : 'none',
      ranges: [],
      verified: null,
      rows: this.#writer.rows,
      rowRate,
      dropped: this.#dropped,
    };
  }

  detail(): CaptureDetail {
    const { depth } = this.#queue;
    return {
      id: this.#spec.id,
      kind: 'capture',
      queue: { used: depth.bytes, size: this.#spec.queue.bytes },
      waited: this.#figures.waited,
      connected: this.#isConnected,
      diskFull: this.#room.isFull,
      last: this.#ring.newest(SHOWN).map(({ at, data }) => ({ at, text: shown(data) })),
      gaps: this.#gaps.list(),
      rowRates: this.#figures.rowRates,
      files: this.#writer.files,
      depth,
    };
  }

  /** A server's notifications cannot be held back, for all its sessions share their queue. */
  get #whenFull(): CaptureSpec['whenFull'] {
    const { feed, whenFull } = this.#spec;
    return feed.kind === 'listen' && whenFull === 'block' ? 'drop-oldest' : whenFull;
  }

  async #capture(): Promise<RunOutcome> {
    const earlier = this.#earlier;
    if (earlier) {
      // The time since then is a gap.
      this.#gaps.begin('paused', earlier.at);
      this.#start();
    }
    const lost = await this.#writer.resume();
    if (lost) this.#forget(lost);
    if (this.#spec.feed.kind === 'listen' && this.#whenFull === 'drop-oldest') {
      this.#note('PostgreSQL cannot be held back: when the queue is full, the oldest notifications are dropped');
    }
    const isFresh = earlier === null;
    const reading = this.#read(isFresh).finally(() => this.#queue.close());
    const writing = this.#writer.run().catch((error: unknown) => {
      // Nothing is read that cannot be written.
      this.#reading.abort();
      this.#queue.close();
      throw error;
    });
    // What was read is written, whatever ended the reading; trouble with the disk says more than its end.
    const [read, written] = await Promise.allSettled([reading, writing]);
    this.#isConnected = false;
    if (written.status === 'rejected') throw written.reason;
    if (this.#intent === null && read.status === 'rejected') throw read.reason;
    if (this.#intent === 'stop') return { kind: 'stopped' };
    await this.#writer.finish();
    return { kind: 'completed', name: this.#spec.name, size: this.#writer.bytes, proof: 'size' };
  }

  /** A file is not what was journalled: its records count as missing. */
  #forget({ name, rows }: NonNullable<CaptureJournal['current']>): void {
    this.#drop(rows);
    this.#ring.startFrom(this.#writer.rows);
    this.#note(`The unfinished file ${name} is gone or damaged; a new one was begun`, 'warning');
  }

  async #read(isFresh: boolean): Promise<void> {
    const { signal } = this.#reading;
    signal.throwIfAborted();
    await keepReading(
      this.#spec,
      {
        position: () => this.#position,
        take: (record) => this.#take(record),
        tooLarge: () => this.#tooLarge(),
        isReplayed: (key) => this.#replays.isReplayed(key),
        note: (text) => this.#note(text, 'warning'),
        onConnected: (content) => this.#connected(content),
        onLost: (why, { message }) => {
          if (this.#isConnected || this.#trouble !== message) this.#note(message, 'warning');
          this.#trouble = message;
          if (!this.#isConnected) return;
          this.#isConnected = false;
          this.#gaps.begin(why, Date.now());
          this.#tell();
        },
      },
      isFresh,
      signal,
    );
  }

  #take(record: FeedRecord): Promise<void> | undefined {
    if (record.position !== null) this.#position = record.position;
    const wait = this.#queue.push(record);
    if (!wait) return undefined;
    this.#fullSince ??= performance.now();
    return wait.finally(() => {
      this.#noteFull();
      this.#fullSince = null;
    });
  }

  #noteFull(): void {
    if (this.#fullSince === null) return;
    const now = performance.now();
    this.#full += now - this.#fullSince;
    this.#fullSince = now;
  }

  #connected(content: 'ndjson' | 'text'): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#content = content;
    this.#gaps.end(Date.now());
    this.#replays.reconnected();
    this.#start();
    this.#tell();
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#emit({ kind: 'started', journal: this.#journal() });
  }

  #end(intent: 'stop' | 'finish'): void {
    // A finish that is under way is not undone by a stop: it stops reading, too, and takes little longer.
    this.#intent ??= intent;
    this.#reading.abort();
    this.#queue.close();
    this.#room.giveUp();
  }

  #diskFull(isFull: boolean): void {
    this.#queue.isDropping = isFull && this.#spec.whenDiskFull === 'drop-oldest';
    if (isFull) this.#note('The disk is full: records wait until there is room', 'warning');
    else this.#note('The disk has room again');
  }

  #drop(records: number): void {
    this.#dropped += records;
    this.#gaps.drop(records, Date.now());
  }

  #tooLarge(): void {
    const most = this.#spec.queue.bytes.toLocaleString('en');
    this.#drop(1);
    this.#note(`A record was larger than the queue (${most} bytes) and left out`, 'warning');
  }

  /** What was read and could not be made durable is missing, where the source does not send it again. */
  #lose(): void {
    if (this.#spec.feed.kind === 'sse' && this.#writer.durable.position !== null) return;
    const { finished, current } = this.#writer.durable;
    const records = this.#writer.rows - finished.rows - (current?.rows ?? 0) + this.#queue.depth.records;
    if (records > 0) this.#drop(records);
  }

  #outcomeOf(error: unknown): RunOutcome {
    const isBegun = this.#earlier !== null || this.#writer.rows > 0;
    const failed = error instanceof Refused ? error.failure : toFailure(error);
    // What waited for room when it was stopped is told as missing, or read again: nothing that a person has to decide.
    const isWaiting = failed.code === 'disk-full' && this.#room.isFull;
    if (this.#intent === 'stop' && (isWaiting || !(error instanceof SluiceError))) return { kind: 'stopped' };
    if (asked.has(failed.code)) return { kind: 'attention', failure: failed };
    if (!isBegun && error instanceof Refused && triedAgain.has(failed.code)) {
      return { kind: 'retry', failure: failed, retryAfter: error.retryAfter, progressed: false };
    }
    return failed.code !== 'internal' && (isBegun || error instanceof SluiceError)
      ? { kind: 'attention', failure: failed }
      : { kind: 'failed', failure: failed };
  }

  #journal(): CaptureJournal {
    const { epochs } = this.#ring;
    return { at: Date.now(), ...this.#writer.durable, dropped: this.#dropped, gaps: this.#gaps.list(), epochs };
  }

  #tell(): void {
    if (!this.#isStarted) return;
    this.#toldAt = performance.now();
    this.#emit({ kind: 'committed', journal: this.#journal() });
  }

  #note(text: string, level: 'info' | 'warning' = 'info'): void {
    this.#emit({ kind: 'activity', level, text });
  }
}

function shown(data: Buffer): string {
  return data
    .subarray(0, 4 * SHOWN_LENGTH)
    .toString('utf8')
    .slice(0, SHOWN_LENGTH);
}
