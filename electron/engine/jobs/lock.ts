/**
 * One engine per home folder. The lock is a transaction on a database file that is held for life: the system drops it
 * with the process, however that dies, so that no stale lock is ever left.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SluiceError } from '../../../shared/failure.ts';
import { toDiskError } from '../files/index.ts';

const SQLITE_BUSY = 5;

export interface Lock {
  release(): void;
}

/**
 * Takes the lock of a home folder, which has to be there.
 * @throws store-in-use with the pid of the process that has it
 */
export function lockHome(home: string): Lock {
  const pidFile = join(home, 'engine.pid');
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(home, 'engine.lock'));
    // Nothing is ever written, so nothing has to be rolled back: no journal file beside the lock.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (sqliteCode(error) !== SQLITE_BUSY) throw toDiskError(error, home);
    throw new SluiceError('store-in-use', { home, pid: pidOf(pidFile) }, { cause: error });
  }
  const held = database;
  // For the message only: the lock itself is what counts.
  writeFileSync(pidFile, String(process.pid));
  return {
    release() {
      rmSync(pidFile, { force: true });
      held.close();
    },
  };
}

/** SQLite's primary result code; null for an error of another kind. */
export function sqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null;
}

function pidOf(path: string): number | string {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10) || 'unknown';
  } catch {
    return 'unknown';
  }
}
