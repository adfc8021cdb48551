/** How a run ends for something that was thrown. Pure. */
import type { DatabaseError } from 'pg';
import { SluiceError, toFailure, type FailureCode } from '../../../shared/failure.ts';
import { type ConnectTarget, databaseFailure, sqlState } from '../database/index.ts';
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
 * What a person is told of what was thrown while rows were read.
 * @param rows of all files
 * @param table of several: the one that was read, and its rows
 */
export function exportError(
  error: unknown,
  target: ConnectTarget,
  rows: number,
  table: { readonly name: string; readonly rows: number } | null = null,
): unknown {
  const state = sqlState(error);
  // A standby had to apply what the snapshot stood in the way of: another snapshot may fare better.
  if (state === '40001') {
    const { message } = error as DatabaseError;
    return new SluiceError('database-lost', { host: target.host, detail: sentencePart(message) }, { cause: error });
  }
  if (table && error instanceof SluiceError && error.code === 'cannot-encode') {
    const column = `${table.name}.${error.failure.params['column'] ?? ''}`;
    return new SluiceError('cannot-encode', { ...error.failure.params, column }, { cause: error });
  }
  const known = isFromServer(error) ? databaseFailure(error, target) : error;
  // What the statement itself did wrong has more to say here: how far it came, and the server's hint.
  if (state === '' || !(known instanceof SluiceError) || known.code !== 'sql-error') return known;
  const { message, hint = hints[state] ?? '', detail: more = '' } = error as DatabaseError;
  const words = sentencePart(more === '' ? message : `${sentencePart(message)} (${sentencePart(more)})`);
  if (rows === 0) return new SluiceError('sql-error', { detail: words, hint }, { cause: error });
  const detail = table ? `${table.name}: ${words}` : words;
  return new SluiceError('query-failed', { rows: table?.rows ?? rows, detail, hint }, { cause: error });
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

function sentencePart(message: string): string {
  return message.replace(/\.$/, '');
}
