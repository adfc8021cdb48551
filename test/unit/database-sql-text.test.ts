import { expect, test } from 'vitest';
import { isSelect, trimStatement } from '../../electron/engine/database/sql-text.ts';

test.each([
  ['select 1', 'select 1'],
  ['select 1;', 'select 1'],
  ['select 1 ; ; \n', 'select 1'],
  ['select 1; -- one', 'select 1'],
  ['select 1 -- one;\n;', 'select 1'],
  ['select 1 /* a /* b; */ ; */;', 'select 1'],
  ["select ';' ;", "select ';'"],
  ["select 'it''s;';", "select 'it''s;'"],
  [String.raw`select e'\';' ;`, String.raw`select e'\';'`],
  [String.raw`select '\';`, String.raw`select '\'`],
  [String.raw`select name'\';`, String.raw`select name'\'`],
  ['select "a;--";', 'select "a;--"'],
  ['select $$;--$$;', 'select $$;--$$'],
  ['select $q$ $$ ; $q$;', 'select $q$ $$ ; $q$'],
  ['select a$b$c from t; -- $b$', 'select a$b$c from t'],
  ['select $1 - -2;', 'select $1 - -2'],
  ['select 4 / 2;', 'select 4 / 2'],
  ["select 'never ends;", "select 'never ends;"],
  ['select 1; select 2;', 'select 1; select 2'],
])('%j ends where it says something', (sql, trimmed) => {
  expect(trimStatement(sql)).toBe(trimmed);
});

test.each([
  ['select 1', true],
  ['-- one\n /* two */ (VALUES (1))', true],
  ['SHOW all', false],
  ['explain select 1', false],
  ['selected', false],
  ['/* a /* b */ */ select 1', true],
  [`${'/* one */ '.repeat(60)}SHOW all`, false],
])('%j can stand in parentheses: %j', (sql, is) => {
  expect(isSelect(sql)).toBe(is);
});
