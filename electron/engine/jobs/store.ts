/**
 * What survives the process: jobs with their journals, their activity, the settings. SQLite in WAL mode: a crash of
 * the process loses nothing that was committed; a power cut loses at most the last commits, never the order of them.
 * One writer, which is guarded by the home's lock.
 */
import { existsSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { Settings } from '../../../shared/settings.ts';
import { failure, SluiceError, type Failure } from '../../../shared/failure.ts';
import type { Activity } from '../../../shared/job.ts';
import type { Documents } from '../database/index.ts';
import type { PieceDigests } from '../download/index.ts';
import { toDiskError } from '../files/index.ts';
import type { JobRecord } from './job-record.ts';
import { sqliteCode } from './lock.ts';
import { migrate, NewerSchemaError } from './schema.ts';
import { columns, CorruptStoreError, read, toRecord, toRow } from './store-rows.ts';

/** Lines of activity that are kept of each job. */
const ACTIVITY_KEPT = 200;

/** What one transaction writes. */
export interface Batch {
  readonly jobs: Iterable<JobRecord>;
  /** Ids. */
  readonly removed: Iterable<string>;
  readonly activity: readonly { readonly job: string; readonly line: Activity }[];
}

/** What writes throws `disk-full` or `disk-error` where the disk refuses, SQLite's own error as the cause. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #folder: string;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteActivity: StatementSync;
  readonly #deletePieces: StatementSync;
  readonly #note: StatementSync;
  readonly #trim: StatementSync;
  readonly #activity: StatementSync;
  readonly #set: StatementSync;

  private constructor(database: DatabaseSync, folder: string) {
    this.#database = database;
    this.#folder = folder;
    this.#upsert = database.prepare(
      `INSERT INTO jobs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
       ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    );
    this.#delete = database.prepare('DELETE FROM jobs WHERE id = ?');
    this.#deleteActivity = database.prepare('DELETE FROM activity WHERE job = ?');
    this.#deletePieces = database.prepare('DELETE FROM pieces WHERE job = ?');
    this.#note = database.prepare('INSERT INTO activity (job, at, level, text) VALUES (?, ?, ?, ?)');
    this.#trim = database.prepare(
      `DELETE FROM activity WHERE job = ?1 AND number <=
         (SELECT number FROM activity WHERE job = ?1 ORDER BY number DESC LIMIT 1 OFFSET ${ACTIVITY_KEPT})`,
    );
    this.#activity = database.prepare('SELECT at, level, text FROM activity WHERE job = ? ORDER BY number');
    this.#set = database.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)');
  }

  /**
   * Opens the store at a path or makes it.
   * @throws an SQLite error or `CorruptStoreError` where it cannot be read as a whole, `NewerSchemaError`
   */
  static open(path: string): { store: Store; jobs: JobRecord[]; settings: Partial<Settings> } {
    const database = new DatabaseSync(path, { timeout: 2000 });
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      const verdict = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
      if (verdict !== 'ok') throw new CorruptStoreError(String(verdict));
      migrate(database);
      const store = new Store(database, dirname(path));
      const content = { store, jobs: store.#jobs(), settings: store.#settings() };
      // From now on whoever holds the file (a backup, a curious person) must not hold up the loop.
      database.exec('PRAGMA busy_timeout = 20');
      return content;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #jobs(): JobRecord[] {
    return this.#database.prepare('SELECT * FROM jobs ORDER BY position').all().map(toRecord);
  }

  #settings(): Partial<Settings> {
    const rows = this.#database.prepare('SELECT key, value FROM settings').all();
    return Object.fromEntries(rows.map((row) => [String(row['key']), read(row, 'value')]));
  }

  /** Writes a batch: all of it or nothing. */
  write({ jobs, removed, activity }: Batch): void {
    this.#transaction(() => {
      for (const job of jobs) this.#upsert.run(...toRow(job));
      for (const { job, line } of activity) this.#note.run(job, line.at, line.level, line.text);
      for (const job of new Set(activity.map((entry) => entry.job))) this.#trim.run(job);
      for (const id of removed) {
        this.#delete.run(id);
        this.#deleteActivity.run(id);
        this.#deletePieces.run(id);
      }
    });
  }

  writeSettings(settings: Partial<Settings>): void {
    this.#transaction(() => {
      for (const [key, value] of Object.entries(settings)) this.#set.run(key, JSON.stringify(value));
    });
  }

  /** The last lines of a job's activity, oldest first. */
  activity(id: string): Activity[] {
    return this.#activity.all(id).map((row) => ({
      at: Number(row['at']),
      level: String(row['level']) as Activity['level'],
      text: String(row['text']),
    }));
  }

  /** Digests of a job's pieces: many, never changed, and wanted only when it starts. */
  pieces(id: string): PieceDigests | null {
    const row = this.#database.prepare('SELECT digests FROM pieces WHERE job = ?').get(id);
    return row ? (read(row, 'digests') as PieceDigests) : null;
  }

  writePieces(id: string, pieces: PieceDigests): void {
    this.#run('INSERT OR REPLACE INTO pieces (job, digests) VALUES (?, ?)', id, JSON.stringify(pieces));
  }

  /** JSON values that another room keeps here, each durable when `put` returns. */
  documents(room: string): Documents {
    const database = this.#database;
    return {
      all: () =>
        database
          .prepare('SELECT id, value FROM documents WHERE room = ? ORDER BY id')
          .all(room)
          .map((row) => ({ id: String(row['id']), value: read(row, 'value') })),
      put: (id, value) => {
        const sql = 'INSERT OR REPLACE INTO documents (room, id, value) VALUES (?, ?, ?)';
        this.#run(sql, room, id, JSON.stringify(value));
      },
      delete: (id) => {
        this.#run('DELETE FROM documents WHERE room = ? AND id = ?', room, id);
      },
    };
  }

  /** Connections that hosts allow, as they showed since `since` (ms since the epoch); what is older is forgotten. */
  hostCaps(since: number): Record<string, number> {
    this.#run('DELETE FROM host_caps WHERE at < ?', since);
    const rows = this.#database.prepare('SELECT host, connections FROM host_caps').all();
    return Object.fromEntries(rows.map((row) => [String(row['host']), Number(row['connections'])]));
  }

  writeHostCap(host: string, connections: number, at: number): void {
    this.#run('INSERT OR REPLACE INTO host_caps (host, connections, at) VALUES (?, ?, ?)', host, connections, at);
  }

  /** Certificates that the person allowed: SHA-256 fingerprints by host name. */
  trusted(): Record<string, string> {
    const rows = this.#database.prepare('SELECT host, fingerprint FROM trusted').all();
    return Object.fromEntries(rows.map((row) => [String(row['host']), String(row['fingerprint'])]));
  }

  writeTrusted(host: string, fingerprint: string, at: number): void {
    this.#run('INSERT OR REPLACE INTO trusted (host, fingerprint, at) VALUES (?, ?, ?)', host, fingerprint, at);
  }

  close(): void {
    this.#database.close();
  }

  #transaction(act: () => void): void {
    this.#writing(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        act();
        this.#database.exec('COMMIT');
      } catch (error) {
        // A full disk may have rolled back already.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#writing(() => this.#database.prepare(sql).run(...values));
  }

  #writing(act: () => void): void {
    try {
      act();
    } catch (error) {
      const folder = this.#folder;
      const code = sqliteCode(error) ?? -1;
      if (code === SQLITE_FULL)
        throw new SluiceError('disk-full', { folder, free: 'no space', needed: 'more bytes' }, { cause: error });
      if (passing.has(code)) throw toDiskError(error, folder);
      throw error;
    }
  }
}

/** SQLite's codes for what may be over in a while: BUSY, READONLY, IOERR, FULL, CANTOPEN. */
const SQLITE_FULL = 13;
const passing: ReadonlySet<number> = new Set([5, 8, 10, SQLITE_FULL, 14]);

/** True where what could not be written is worth another try. */
export function mayPass(error: unknown): boolean {
  return error instanceof SluiceError && passing.has(sqliteCode(error.cause) ?? -1);
}

/** SQLite's words for “this is not the database (any more) that it claims to be”. */
const SQLITE_ERROR = 1;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/**
 * Opens the store of a home folder. One that cannot be read is set aside, whole, beside a fresh one; files on disk are
 * not touched by that.
 * @throws store-newer, disk-error and its like
 */
export function openStore(
  home: string,
  now: Date,
): { store: Store; jobs: JobRecord[]; settings: Partial<Settings>; notice: Failure | null } {
  const path = join(home, 'store.db');
  try {
    return { ...Store.open(path), notice: null };
  } catch (error) {
    if (error instanceof NewerSchemaError) throw new SluiceError('store-newer', { home }, { cause: error });
    if (!isCorrupt(error)) throw toDiskError(error, home);
    const aside = setAside(path, now);
    return { ...Store.open(path), notice: failure('store-corrupt', { file: basename(aside) }) };
  }
}

function isCorrupt(error: unknown): boolean {
  if (error instanceof CorruptStoreError || error instanceof SyntaxError) return true;
  const code = sqliteCode(error);
  return code === SQLITE_ERROR || code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

function setAside(path: string, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  let aside = path.replace(/\.db$/, `.corrupt-${stamp}.db`);
  for (let n = 1; existsSync(aside); n += 1) aside = path.replace(/\.db$/, `.corrupt-${stamp}-${n}.db`);
  renameSync(path, aside);
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}
