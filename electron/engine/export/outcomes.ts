/** How a run ends for something that was thrown. Pure. */
import type { DatabaseError } from 'pg';
import { SluiceError, toFailure, type FailureCode } from '../../../shared/failure.ts';
import { type ConnectTarget, cut, databaseFailure, sentencePart, sqlState } from '../database/index.ts';
import type { RunOutcome } from '../flow/index.ts';

/** How far an export has come. */
export interface Progress {
  /** An earlier run left something, or this one has written rows. */
  readonly begun: boolean;
  /** Rows of this run were made durable. */
  readonly progressed: boolean;
}

/** Failures that a person decides about, whenever they come. */
const ALWAYS_ATTENTION: ReadonlySet<FailureCode> = new Set([
  'disk-full',
  'part-missing',
  'columns-changed',
  'database-untrusted',
]);
/** A connection that does not even open is most likely wrong, and the person should know at once; these are not. */
const RETRIED_FRESH: ReadonlySet<FailureCode> = new Set([
  'database-lost',
  'database-busy',
  'connection-lost',
  'connection-timed-out',
]);

/** What a person can do about an error that the server has no hint for, by its SQLSTATE. */
const hints: Readonly<Record<string, string>> = {
  // A database in SQL_ASCII holds bytes of any encoding, and the server converts none of them.
  '22021': `Convert such a column: convert_from(convert(convert_to(name, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII').`,
};

/**
 * A standby had to apply what the snapshot stood in the way of; two waited for each other's locks; who wants a lock would
 * have made them: another snapshot may fare better.
 */
const LATER: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);

/** True of what the server says of the query or its rows, and not of the session. */
export function isOfTheQuery(error: unknown, target: ConnectTarget): error is DatabaseError {
  const state = sqlState(error);
  if (state === '' || LATER.has(state)) return false;
  const known = databaseFailure(error, target);
  return known instanceof SluiceError && known.code === 'sql-error';
}

/** Where it was. */
export interface Whereabouts {
  /** Rows of all files. */
  readonly rows: number;
  /** Of several tables the one that was read, and its rows. */
  readonly table?: { readonly name: string; readonly rows: number } | null;
  /** The column that the server could not read; null: unknown. */
  readonly column?: string | null;
  /** False where rows go to no file that could be kept; left out: they do. */
  readonly isFile?: boolean;
}

/** What a person is told of what was thrown while rows were read. */
export function exportError(
  error: unknown,
  target: ConnectTarget,
  { rows, table = null, column = null, isFile = true }: Whereabouts,
): unknown {
  const state = sqlState(error);
  if (LATER.has(state)) {
    const { message } = error as DatabaseError;
    return new SluiceError('database-lost', { host: target.host, detail: sentencePart(message) }, { cause: error });
  }
  if (table && error instanceof SluiceError && error.code === 'cannot-encode') {
    const column = `${table.name}.${error.failure.params['column'] ?? ''}`;
    return new SluiceError('cannot-encode', { ...error.failure.params, column }, { cause: error });
  }
  // What the statement itself did wrong has more to say here: how far it came, where, and the server's hint.
  if (!isOfTheQuery(error, target)) return isFromServer(error) ? databaseFailure(error, target) : error;
  const { message, detail: more = '' } = error;
  const hint = cut(error.hint ?? hints[state] ?? '');
  const words = sentencePart(more === '' ? message : `${sentencePart(message)} (${sentencePart(more)})`);
  const where = [table?.name ?? [], column ?? []].flat().join('.');
  const detail = where === '' ? words : column === null ? `${where}: ${words}` : `column ${where}: ${words}`;
  const params = { detail, hint, ...(column !== null && { column: where }) };
  if (rows === 0) return new SluiceError('sql-error', params, { cause: error });
  return new SluiceError(
    'query-failed',
    { ...params, rows: table?.rows ?? rows, ...(!isFile && { kept: '' }) },
    { cause: error },
  );
}

export function outcomeOf(error: unknown, { begun, progressed }: Progress): RunOutcome {
  const failed = toFailure(error);
  const { code } = failed;
  if (ALWAYS_ATTENTION.has(code)) return { kind: 'attention', failure: failed };
  if (begun ? failed.retryable : RETRIED_FRESH.has(code)) {
    return { kind: 'retry', failure: failed, retryAfter: null, progressed };
  }
  return { kind: begun && code !== 'internal' ? 'attention' : 'failed', failure: failed };
}

/** PostgreSQL's own errors, and those of the way to it, which have a code or are pg's word for a lost connection. */
function isFromServer(error: unknown): boolean {
  if (sqlState(error) !== '') return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' || /connection (?:terminated|ended|closed)|not queryable/i.test(error.message);
}
