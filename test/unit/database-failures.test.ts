import { DatabaseError } from 'pg';
import { expect, test } from 'vitest';
import { databaseFailure } from '../../electron/engine/database/index.ts';

const where = { host: 'db.example.com', user: 'me', database: 'shop' };

test.each([
  // What pgbouncer says when it ends a session.
  ['08P01', 'FATAL', 'database-lost'],
  // What PostgreSQL says of a statement that got too many values.
  ['08P01', 'ERROR', 'sql-error'],
  ['08006', 'ERROR', 'database-lost'],
  ['57P01', 'FATAL', 'database-lost'],
  ['42601', 'ERROR', 'sql-error'],
])('%s as %s is %s', (code, severity, failure) => {
  const error = Object.assign(new DatabaseError('said by the server', 0, 'error'), { code, severity });
  expect(databaseFailure(error, where)).toMatchObject({ code: failure });
});
