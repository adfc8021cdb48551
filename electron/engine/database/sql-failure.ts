/** Errors in a person's SQL: what the server says, and where in the text as it was typed. */
import { SluiceError } from '../../../shared/failure.ts';
import { cut, sentencePart, sqlState } from './failures.ts';
import { pg } from './pg.ts';

/** Classes of SQLSTATE that speak of the session, not of the query; 42501 has a sentence of its own. */
const NOT_THE_QUERY = /^(08|28|3D|53|57|58|XX)|^42501$/;

/**
 * An error of the server as `sql-error`: `detail`, `hint`, and where it is known `position` (of the first character 1,
 * counted as JavaScript does), `line` and `column` (from 1). Anything else comes back as it is, for `databaseFailure`.
 * @param sql What the person typed.
 * @param before How many characters stood before it in what was sent.
 */
export function sqlFailure(error: unknown, sql: string, before = 0): unknown {
  if (!(error instanceof pg().DatabaseError) || NOT_THE_QUERY.test(sqlState(error))) return error;
  const detail = sentencePart(error.message);
  const hint = cut([error.detail, error.hint].filter((text) => text !== undefined && text !== '').join(' '));
  return new SluiceError('sql-error', { detail, hint, ...placeOf(error.position, sql, before) }, { cause: error });
}

/** PostgreSQL counts characters (code points); JavaScript, and so editors, count UTF-16 units. */
function placeOf(
  position: string | undefined,
  sql: string,
  before: number,
): { position: number; line: number; column: number } | Record<string, never> {
  const index = Number(position ?? 0) - 1 - before;
  const characters = Array.from(sql);
  if (index < 0 || index > characters.length) return {};
  const until = characters.slice(0, index).join('');
  const lineStart = until.lastIndexOf('\n') + 1;
  return {
    position: until.length + 1,
    line: until.split('\n').length,
    column: until.length - lineStart + 1,
  };
}
