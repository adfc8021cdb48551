/** How many parameters a query has, whatever else holds a dollar sign. */
import { expect, test } from 'vitest';
import { isText, parameterCount } from '../../renderer/src/export/parameters.ts';

test.for([
  ['SELECT 1', 0],
  ['SELECT $1', 1],
  ['WHERE a > $2 AND b < $1', 2],
  ['SELECT $10', 10],
  ["SELECT 'Under $5' AS label", 0],
  ["SELECT 'it''s $5', $1", 1],
  ["SELECT E'it\\'s $5', $1", 1],
  ["SELECT 'back\\', $1", 1],
  ['SELECT "cost $3"', 0],
  ['SELECT 1 -- $4\n, $1', 1],
  ['SELECT /* $4 */ $1', 1],
  ['SELECT $$ $7 $$, $1', 1],
  ['SELECT $fn$ $7 $x$ $8 $fn$, $1', 1],
  ['SELECT a$5 FROM t', 0],
] as const)('%s has %i', ([sql, count]) => {
  expect(parameterCount(sql)).toBe(count);
});

test.for(['text', 'character varying(20)', 'character(3)', 'citext', 'name'])('an empty %s is a value', (type) =>
  expect(isText(type)).toBe(true),
);
test.for(['text[]', 'character varying[]', 'integer', 'date', 'json', '"char"'])('an empty %s is none', (type) =>
  expect(isText(type)).toBe(false),
);
