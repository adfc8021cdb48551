import { compressesInside, compressionCanResume } from '../../../shared/export-formats.ts';
import type { Meter } from '../../../shared/job.ts';
import { freeName } from '../files/index.ts';
import { TokenBucket, type BufferPool, type RunOutcome } from '../flow/index.ts';
import { refuseMissing } from './declared-key.ts';
import { Delivery } from './delivery.ts';
import { expectRows, expectTables, planOf } from './expectation.ts';
import { failingColumn, type FailedReading } from './failing-column.ts';
import { Figures } from './figures.ts';
import { Notes } from './notes.ts';
import { exportError, isOfTheQuery, outcomeOf } from './outcomes.ts';
import { Pace } from './pace.ts';
import { pageQueries } from './pages.ts';
import { startOf, type Start } from './resume.ts';
import { Sessions } from './sessions.ts';
import type { ExportDetail, ExportEvent, ExportJournal, ExportSpec } from './types.ts';
import { failedReading, planUnit, proveSame, readingOf, type Unit } from './unit.ts';
import type { ExportSettings } from './worker-messages.ts';

/** What all exports of a thread share. */
export interface TaskContext {
  readonly pool: BufferPool;
  readonly globalLimit: TokenBucket;
  readonly settings: ExportSettings;
}

/**
 * One run of one export: from the session to the finished files, or to the reason why not. Lives in the export worker.
 */
export class ExportTask {
  readonly #spec: ExportSpec;
  readonly #resume: ExportJournal | null;
  readonly #settings: ExportSettings;
  readonly #emit: (event: ExportEvent) => void;
  readonly #abort = new AbortController();
  readonly #sessions: Sessions;
  readonly #delivery: Delivery;
  readonly #figures = new Figures();
  readonly #bucket: TokenBucket;
  readonly #pace: Pace;
  readonly #leave: () => void;

  #phase: 'opening' | 'reading' | 'finishing' = 'opening';
  #isStopped = false;
  #isPaused = false;
  #isBehind = false;
  #diskError: Error | null = null;
  #holdTimer: NodeJS.Timeout | undefined;
  #markedAt = performance.now();
  /** Rows that counted when this run began. */
  #startRows = 0;
  #hasStarted = false;
  readonly #notes = new Notes();

  #unit: Unit | null = null;
  /** Of several tables the one that is read, once it is known what of it. */
  #table: string | null = null;
  #folder: string | null = null;
  #resumability: ExportJournal['resumability'] = 'unknown';
  #expected: ExportJournal['expected'] = null;
  #newerSnapshot = false;
  #snapshotSince: number | null = null;
  #reading: ExportDetail['reading'] = 'none';
  /** What can be read once more where the server fails with a row, from its place on. */
  #again: (() => FailedReading) | null = null;

  constructor(
    spec: ExportSpec,
    resume: ExportJournal | null,
    { pool, globalLimit, settings }: TaskContext,
    emit: (event: ExportEvent) => void,
  ) {
    this.#spec = spec;
    this.#resume = resume;
    this.#settings = settings;
    this.#emit = emit;
    this.#leave = pool.join();
    this.#bucket = new TokenBucket(spec.limit);
    this.#pace = new Pace([this.#bucket, globalLimit], this.#figures.waits);
    this.#sessions = new Sessions(spec, this.#abort.signal);
    this.#delivery = new Delivery({
      spec,
      pool,
      pace: this.#pace,
      onCommit: () => void this.#tell(),
      stored: () => this.#tell(),
      onBehind: (behind) => {
        this.#isBehind = behind;
        this.#figures.behind(behind);
        this.#hold();
      },
      onError: (error) => {
        this.#diskError ??= error;
        this.#break();
      },
    });
  }

  /** Runs to an outcome; never throws. */
  async run(): Promise<RunOutcome> {
    let outcome: RunOutcome;
    try {
      await this.#export();
      const { files, bytes } = this.#delivery;
      outcome = { kind: 'completed', name: this.#folder ?? files[0]?.name ?? '', size: bytes, proof: 'size' };
    } catch (error) {
      outcome = await this.#fail(error);
    }
    clearTimeout(this.#holdTimer);
    await this.#delivery.close();
    await this.#sessions.end();
    this.#leave();
    return outcome;
  }

  /** Holds the portal; `parked` follows. Where nothing was read yet, nothing is lost by stopping. */
  pause(): void {
    if (this.#isStopped || this.#isPaused || this.#phase === 'finishing') return;
    if (this.#phase === 'opening') {
      this.stop();
      return;
    }
    this.#isPaused = true;
    this.#hold();
    void this.#park();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    clearTimeout(this.#holdTimer);
    this.#hold();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#pace.hurry();
    // What is read to its end only has to be written.
    if (this.#phase !== 'finishing') this.#break();
  }

  setLimit(rate: number | null): void {
    this.#bucket.setRate(rate);
    this.unlimit();
  }

  /** A limit that holds for this export is another now. */
  unlimit(): void {
    this.#pace.changed();
  }

  /** Called 4 times a second. */
  tick(now: number): void {
    this.#figures.tick(now, this.#delivery, this.#spec.compression !== 'none');
    if (this.#phase !== 'reading' || this.#isPaused) return;
    if (now - this.#markedAt >= this.#settings.checkpointEvery) this.#mark();
    // Rows that come slowly are not kept waiting until a buffer is full.
    else if (this.#delivery.queue.used === 0) this.#delivery.flush();
  }

  meter(): Meter {
    const { rows, bytes } = this.#delivery;
    const { rate, rowRate, bottleneck } = this.#figures;
    const left = (this.#expected?.rows ?? 0) - rows;
    return {
      id: this.#spec.id,
      done: bytes,
      rate,
      eta: left > 0 && rowRate > 0 ? left / rowRate : null,
      active: this.#isPaused ? 0 : this.#sessions.reading,
      bottleneck: this.#phase === 'opening' || this.#isPaused ? 'none' : bottleneck,
      ranges: [],
      verified: null,
      rows,
      rowRate,
      dropped: null,
    };
  }

  detail(): ExportDetail {
    const { checkpoint, files, queue } = this.#delivery;
    return {
      id: this.#spec.id,
      kind: 'export',
      rates: [],
      queue,
      waited: this.#figures.waits.shares,
      sql: this.#unit?.sql(false) ?? '',
      columns: this.#columns,
      backend: this.#sessions.backend,
      reading: this.#reading,
      checkpoint: checkpoint && {
        at: checkpoint.at,
        rows: checkpoint.rows,
        bytes: checkpoint.bytes,
        after: [...checkpoint.after],
      },
      snapshotSince: this.#snapshotSince,
      rowRates: this.#figures.rowRates,
      files: files.map(({ name, rows, bytes }) => ({ name, rows, bytes })),
    };
  }

  /** From session to files. */
  async #export(): Promise<void> {
    const { source, parallel, folder, name } = this.#spec;
    let start = startOf(this.#resume);
    this.#delivery.adopt(start);
    const tables = source.kind === 'tables' ? source.tables.length : 1;
    if (source.kind === 'tables') this.#folder = this.#resume?.name ?? (await freeName(folder, name));
    // All that an earlier run did not get to say is that it had come to its end.
    if (start.table === tables) return;
    await this.#sessions.open(source.kind === 'table' ? parallel : 1);
    this.#snapshotSince = Date.now();
    this.#startRows = start.rows;
    this.#newerSnapshot = start.rows > 0 || (this.#resume?.newerSnapshot ?? false);
    if (start.rows > 0) {
      this.#note(`Goes on after ${start.rows.toLocaleString('en')} rows, from a newer snapshot`, 'warning');
    }
    if (source.kind === 'tables') {
      this.#expected = await expectTables(this.#sessions.main, source.tables, this.#spec.exactCount);
    }
    for (let table = start.table; table < tables; table += 1) {
      await this.#exportUnit({ ...start, table }, table === tables - 1);
      start = { ...start, rows: this.#delivery.rows, after: null, middle: null };
    }
  }

  async #exportUnit(start: Start, isLast: boolean): Promise<void> {
    const { format, compression, parallel, source } = this.#spec;
    const isParallel = parallel > 1 && source.kind === 'table';
    const canResume = !compressesInside(format) && compressionCanResume(compression);
    this.#table = null;
    const unit = await planUnit(this.#sessions.main, this.#spec, start.table, canResume && !isParallel);
    if (source.kind === 'tables') this.#table = unit.target.join('.');
    if (start.after && this.#resume) proveSame(unit, this.#resume);
    if (start.after && source.kind === 'query') await refuseMissing(this.#sessions.main, source.sql, unit, start.rows);
    this.#unit = unit;
    const { all, main } = this.#sessions;
    const queries = isParallel ? await pageQueries(main, unit, all.length) : [];
    const isKeyed = unit.key.length > 0;
    if (unit.doubtful) {
      const { name, type } = unit.doubtful;
      const text = `Equal values of the key ${name} (${type}) may be written differently, so rows could be lost after it: this export can only start over`;
      this.#note(text, 'warning');
    }
    this.#resumability = isParallel ? 'parallel' : !canResume ? 'format' : isKeyed ? 'key' : 'no-key';
    const query = { sql: unit.sql(start.after !== null), parameters: [...unit.parameters, ...(start.after ?? [])] };
    const plan = await planOf(this.#sessions.main, query);
    const atOnce = plan?.parallel ?? false;
    if (this.#folder === null) {
      const before = this.#newerSnapshot ? (this.#resume?.expected ?? null) : null;
      this.#expected = before ?? (await expectRows(this.#sessions.main, this.#spec, unit, plan));
    }
    this.#reading = atOnce && !isParallel ? 'at-once' : 'portal';
    const reading = readingOf(unit, this.#spec, start.after);
    const { formats } = reading;
    // What the server may refuse comes before a file is made.
    const portal = isParallel ? null : await this.#sessions.portal(main, { ...query, formats, atOnce });
    this.#again = portal && (() => failedReading(unit, reading, query, portal.rows));
    await this.#delivery.open(unit, this.#folder ?? '', reading, start);
    if (this.#phase === 'opening') this.#figures.begin(this.#delivery);
    this.#phase = 'reading';
    // Where it goes on in the middle of a file, nothing was told yet.
    if (!this.#hasStarted) await this.#tell();
    if (portal) await this.#sessions.read(portal, this.#delivery.reader);
    else await this.#readWithAll(queries, formats);
    if (isLast) this.#phase = 'finishing';
    await this.#delivery.endFile();
    if (this.#diskError) throw this.#diskError;
    await this.#tell();
  }

  /** Tells the journal; resolves when the owner has noted it. */
  async #tell(): Promise<void> {
    const kind = this.#hasStarted ? 'committed' : 'started';
    this.#hasStarted = true;
    const noted = this.#notes.told();
    this.#emit({ kind, journal: this.#journal() });
    await noted;
  }

  /** The owner has noted one more journal, in the order in which they were told. */
  stored(): void {
    this.#notes.noted();
  }

  /** Reads with all sessions: each takes the next query until none are left. */
  async #readWithAll(queries: string[], formats: readonly (0 | 1)[]): Promise<void> {
    await Promise.all(
      this.#sessions.all.map(async (session) => {
        for (let sql = queries.shift(); sql !== undefined && !this.#abort.signal.aborted; sql = queries.shift()) {
          const portal = await this.#sessions.portal(session, { sql, parameters: [], formats, atOnce: false });
          await this.#sessions.read(portal, this.#delivery.reader);
        }
      }),
    ).catch((error: unknown) => {
      // One that failed takes the others with it.
      this.#break();
      throw error;
    });
  }

  #mark(): void {
    this.#markedAt = performance.now();
    this.#delivery.mark();
  }

  #hold(): void {
    this.#sessions.hold(this.#isPaused || this.#isBehind);
  }

  /** Makes what is there durable and says that nothing moves; the server is not held up for ever. */
  async #park(): Promise<void> {
    if (this.#resumability === 'key') this.#mark();
    else this.#delivery.flush();
    await this.#delivery.settle();
    if (!this.#isPaused || this.#isStopped || this.#phase !== 'reading') return;
    this.#emit({ kind: 'parked', held: true });
    clearTimeout(this.#holdTimer);
    this.#holdTimer = setTimeout(() => this.#heldLong(), this.#settings.holdFor);
  }

  #heldLong(): void {
    const minutes = Math.round(this.#settings.holdFor / 60_000);
    if (this.#resumability === 'key') {
      this.#note(`Let the snapshot go after ${minutes} minutes of pause; goes on from the checkpoint`);
      this.stop();
    } else {
      const text = `Paused for ${minutes} minutes: the server keeps an open snapshot for this export, which holds up its cleaning. Resume or cancel it.`;
      this.#note(text, 'warning');
    }
  }

  /** Ends all reading, also on the server. */
  #break(): void {
    this.#abort.abort();
    void this.#sessions.cancel();
  }

  async #fail(error: unknown): Promise<RunOutcome> {
    this.#pace.hurry();
    this.#abort.abort();
    // Rows that have come are kept, whatever ended the reading.
    if (!this.#diskError) this.#mark();
    await this.#delivery.settle();
    const column = await this.#columnOf(error);
    if (this.#isStopped && !this.#diskError) return { kind: 'stopped' };
    // A paused export whose session is gone goes on from its checkpoint, when it is resumed.
    if (this.#isPaused && !this.#diskError) return { kind: 'stopped' };
    const { rows, checkpoint } = this.#delivery;
    const progress = {
      begun: this.#resume !== null || rows > 0,
      progressed: (checkpoint?.rows ?? 0) > this.#startRows,
    };
    const table = this.#table === null ? null : { name: this.#table, rows: this.#delivery.tableRows };
    return outcomeOf(exportError(this.#diskError ?? error, this.#spec.target, { rows, table, column }), progress);
  }

  /** Name of the column that the server failed with; null where that is not to be found out. */
  async #columnOf(error: unknown): Promise<string | null> {
    const isOver = this.#isStopped || this.#isPaused || this.#diskError !== null;
    if (isOver || this.#again === null || !isOfTheQuery(error, this.#spec.target)) return null;
    return (await failingColumn(this.#sessions.main, this.#again(), error))?.name ?? null;
  }

  #note(text: string, level: 'info' | 'warning' = 'info'): void {
    this.#emit({ kind: 'activity', level, text });
  }

  get #columns(): { name: string; type: string }[] {
    return (this.#unit?.written ?? []).map(({ name, type }) => ({ name, type }));
  }

  #journal(): ExportJournal {
    const { durable: files, checkpoint } = this.#delivery;
    return {
      // What the next files of a split export are called is made of the name that was asked for.
      name: this.#folder ?? (this.#spec.split ? this.#spec.name : (files[0]?.name ?? this.#spec.name)),
      files,
      resumability: this.#resumability,
      key: this.#unit?.key ?? [],
      keyTypes: this.#unit?.keyTypes ?? [],
      columns: this.#columns,
      checkpoint,
      expected: this.#expected,
      newerSnapshot: this.#newerSnapshot,
    };
  }
}
