import { readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Rotation } from '../../../shared/capture.ts';
import { freeName, toDiskError } from '../files/index.ts';
import { CaptureFileWriter, plannedFile, type FilePlace } from './capture-file.ts';
import type { FeedRecord } from './record.ts';
import type { RecordQueue } from './record-queue.ts';
import { RecentKeys } from './replay-filter.ts';
import { extensionOf, fileName, isFull, nextNumber, untilOld } from './rotation.ts';
import type { CaptureFile, CaptureJournal, LiveRecord } from './types.ts';

/** What files and feed have in common: the part of the journal that the writer keeps. */
export type Written = Pick<CaptureJournal, 'finished' | 'newest' | 'current' | 'next' | 'position' | 'recent'>;

export interface WriterOptions extends FilePlace {
  /** What the files' names begin with. */
  readonly stem: string;
  readonly rotation: Rotation;
  readonly queue: RecordQueue;
  /** Does something again and again where the disk is full. */
  readonly patiently: <T>(act: () => Promise<T>) => Promise<T>;
  /** What the records of this feed are; asked when a file is begun. */
  readonly content: () => 'ndjson' | 'text';
  /** What is written is durable now, or a file got its name; stored when the next turn of the loop begins. */
  readonly onCommit: () => void;
  readonly onWritten: (records: readonly LiveRecord[]) => void;
}

/** Records that come slowly wait so long for others to be written with. */
const LINGER_MS = 100;
/** Time from one sync to the next, at least; with what a sync takes it stays below a second. */
const COMMIT_MS = 500;
/** Bytes that are written at once: some thousand records, whose handling takes a few ms. */
const BATCH = 256 * 1024;
/** Finished files that are told of. */
const NEWEST = 100;
/** The loop looks at the clock this often, however long nothing is to be done. */
const LONGEST_WAIT_MS = 60_000;

const NEW_LINE = 10;
const nothing: Written = {
  finished: { files: 0, rows: 0, bytes: 0 },
  newest: [],
  current: null,
  next: 0,
  position: null,
  recent: [],
};

/**
 * Writes what the queue holds into rotating files: one large write at a time, synced twice a second. What `durable` says
 * is on the disk: whole records only, and the feed's position right behind the last of them.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #queue: RecordQueue;
  #file: CaptureFileWriter | null = null;
  #finished = nothing.finished;
  #newest: readonly CaptureFile[] = [];
  #next = 0;
  /** The time that the newest dated name tells, ms. */
  #dated = 0;
  #position: string | null = null;
  #recent = new RecentKeys([]);
  #durable: Written;
  /** False until what an earlier run left is taken up. */
  #isReady = false;
  #isUnsynced = false;
  #syncedAt = -Infinity;
  /** Since when records wait to be written; null: there are none. */
  #since: number | null = null;
  #wake: (() => void) | null = null;
  #buffer: Buffer | null = null;
  #filled = 0;
  #writing = 0;

  /** `earlier`: what the journal says; null for a new capture. */
  constructor(options: WriterOptions, earlier: Written | null) {
    this.#options = options;
    this.#durable = earlier ?? nothing;
    this.#queue = options.queue;
  }

  get durable(): Written {
    return this.#durable;
  }

  get rows(): number {
    const { finished, current } = this.#present;
    return finished.rows + (current?.rows ?? 0);
  }

  get bytes(): number {
    const { finished, current } = this.#present;
    return finished.bytes + (current?.bytes ?? 0);
  }

  /** Ms that the disk took. */
  get writing(): number {
    return this.#writing + (this.#file?.writing ?? 0);
  }

  /** The newest files, the current one last. */
  get files(): CaptureFile[] {
    const file = this.#file;
    const current = file ? [{ name: file.name, rows: file.rows, bytes: file.bytes }] : [];
    return [...this.#newest, ...current].slice(-NEWEST);
  }

  /**
   * Takes up what an earlier run left, before anything is written. Resolves to a file of which there is less than was
   * journalled: it is left alone.
   * @throws folder-missing and what the disk refuses
   */
  async resume(): Promise<CaptureJournal['current']> {
    const earlier = this.#durable;
    this.#finished = earlier.finished;
    this.#newest = earlier.newest;
    this.#next = earlier.next;
    this.#position = earlier.position;
    this.#recent = new RecentKeys(earlier.recent);
    if (earlier.current) this.#file = await CaptureFileWriter.reopen(this.#options, earlier.current);
    this.#isReady = true;
    if (earlier.current === null) return null;
    if (this.#file?.isEnded) await this.#nameFile(this.#file);
    // Many readers of zstd stop after a file's first frame, and this one cannot be continued: it ends here.
    else if (this.#file && this.#options.compression === 'zstd' && this.#file.rows > 0) await this.#endFile();
    if (this.#file || this.#durable.current === null) return null;
    // A whole file that somebody took away counts; of one that was not finished nobody knows what is left.
    if (earlier.current.isEnded) this.#count(earlier.current);
    this.#note();
    return earlier.current.isEnded || earlier.current.rows === 0 ? null : earlier.current;
  }

  /** Called by the queue. */
  filled(): void {
    this.#since ??= performance.now();
    this.#wake?.();
  }

  /** Writes until the queue is closed and empty, and syncs. @throws what the disk refuses */
  async run(): Promise<void> {
    const queue = this.#queue;
    while (!queue.isClosed || !queue.isEmpty) {
      const pause = this.#pause();
      if (pause > 0) await this.#wait(pause);
      if (this.#isDue()) {
        const batch = queue.take(BATCH);
        this.#since = queue.isEmpty ? null : -Infinity;
        await this.#write(batch);
      }
      if (this.#file && untilOld(this.#options.rotation, this.#file, Date.now()) === 0) await this.#endFile();
      else if (this.#isUnsynced && performance.now() - this.#syncedAt >= COMMIT_MS) await this.#commit();
    }
    if (this.#isUnsynced) await this.#commit();
  }

  /** Gives the last file its name. Nothing may be written any more. */
  async finish(): Promise<void> {
    if (this.#file) await this.#endFile();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  get #present() {
    return this.#isReady ? { finished: this.#finished, current: this.#file } : this.#durable;
  }

  /** Ms until something is to be done. */
  #pause(): number {
    if (this.#isDue()) return 0;
    const now = performance.now();
    return Math.min(
      LONGEST_WAIT_MS,
      this.#since === null ? Infinity : this.#since + LINGER_MS - now,
      this.#isUnsynced ? this.#syncedAt + COMMIT_MS - now : Infinity,
      this.#file ? untilOld(this.#options.rotation, this.#file, Date.now()) : Infinity,
    );
  }

  #isDue(): boolean {
    if (this.#queue.isEmpty) return false;
    return this.#queue.isUrgent || performance.now() - (this.#since ?? -Infinity) >= LINGER_MS;
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.ceil(ms));
    this.#wake = resolve;
    await promise;
    this.#wake = null;
    clearTimeout(timer);
  }

  async #write(batch: readonly FeedRecord[]): Promise<void> {
    const { rotation, onWritten } = this.#options;
    const written: LiveRecord[] = [];
    for (const { data, at, position, key } of batch) {
      const bytes = data.length + 1;
      const open = this.#file;
      const isOver = open && (isFull(rotation, open, bytes) || untilOld(rotation, open, Date.now()) === 0);
      if (isOver) await this.#endFile();
      const file = this.#file ?? (await this.#begin());
      if (position !== null) this.#position = position;
      if (key !== null) this.#recent.add(key);
      const number = this.rows + 1;
      file.count({ number, at, position }, bytes);
      written.push({ number, at, data });
      this.#isUnsynced = true;
      await this.#append(file, data);
    }
    if (this.#file) await this.#flush(this.#file);
    onWritten(written);
  }

  /** Puts a record into the buffer, which goes to the disk when it is full. */
  #append(file: CaptureFileWriter, data: Buffer): Promise<void> | undefined {
    this.#buffer ??= Buffer.allocUnsafeSlow(BATCH);
    if (this.#filled + data.length + 1 > BATCH) return this.#appendLarge(file, data);
    data.copy(this.#buffer, this.#filled);
    this.#filled += data.length;
    this.#buffer[this.#filled] = NEW_LINE;
    this.#filled += 1;
    return undefined;
  }

  async #appendLarge(file: CaptureFileWriter, data: Buffer): Promise<void> {
    await this.#flush(file);
    if (data.length < BATCH) return this.#append(file, data);
    await file.write(data, data.length);
    return this.#append(file, Buffer.alloc(0));
  }

  async #flush(file: CaptureFileWriter): Promise<void> {
    const bytes = this.#filled;
    this.#filled = 0;
    if (bytes > 0 && this.#buffer) await file.write(this.#buffer, bytes);
  }

  async #begin(): Promise<CaptureFileWriter> {
    const { stem, rotation, compression, content, folder } = this.#options;
    if (this.#next === 0) this.#next = await firstNumber(folder, stem, rotation);
    const now = Date.now();
    // Two of one ms, and those after the clock was set back, sort as they were begun too.
    this.#dated = Math.max(now, this.#dated + 1);
    const wanted = fileName(stem, rotation.naming, this.#next, this.#dated, extensionOf(content(), compression));
    const name = await freeName(folder, wanted);
    // The journal knows the name before there is such a file, and the file before anything is in it: a crash leaves none that
    // nobody knows.
    this.#note(plannedFile(name, now));
    await setImmediate();
    const file = await this.#options.patiently(() => CaptureFileWriter.create(this.#options, name, now));
    this.#next += 1;
    this.#file = file;
    this.#note();
    await setImmediate();
    return file;
  }

  async #commit(): Promise<void> {
    await this.#file?.sync();
    this.#syncedAt = performance.now();
    this.#isUnsynced = false;
    this.#note();
  }

  async #endFile(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    await this.#flush(file);
    await file.end();
    this.#syncedAt = performance.now();
    this.#isUnsynced = false;
    this.#note();
    // The journal knows that this file is whole before its name says so.
    await setImmediate();
    await this.#nameFile(file);
  }

  async #nameFile(file: CaptureFileWriter): Promise<void> {
    const finished = await file.finish();
    this.#writing += file.writing;
    this.#file = null;
    this.#count(finished);
    this.#note();
  }

  #count({ name, rows, bytes }: CaptureFile): void {
    const before = this.#finished;
    this.#finished = { files: before.files + 1, rows: before.rows + rows, bytes: before.bytes + bytes };
    this.#newest = [...this.#newest, { name, rows, bytes }].slice(-NEWEST);
  }

  /** What is there now is durable; `planned`: the file that will be. */
  #note(planned: CaptureJournal['current'] = null): void {
    this.#durable = {
      finished: this.#finished,
      newest: this.#newest,
      current: this.#file?.snapshot() ?? planned,
      next: this.#next,
      position: this.#position,
      recent: this.#recent.list(),
    };
    this.#options.onCommit();
  }
}

async function firstNumber(folder: string, stem: string, { naming }: Rotation): Promise<number> {
  if (naming === 'date') return 1;
  try {
    return nextNumber(stem, await readdir(folder));
  } catch (error) {
    throw toDiskError(error, folder);
  }
}
