import { describe, expect, test } from 'vitest';
import { hiddenColumns, keyedQuery, pagesQuery, tableQuery } from '../../electron/engine/export/sql.ts';

const orders = { schema: 'public', name: 'orders', columns: null, where: null };

describe('a table', () => {
  test('no name leaves its quotes', () => {
    expect(tableQuery({ ...orders, name: 'a"; DROP TABLE x; --' }, [], false)).toBe(
      'SELECT * FROM "public"."a""; DROP TABLE x; --"',
    );
  });

  test('without a key is read as it lies', () => {
    expect(tableQuery(orders, [], false)).toBe('SELECT * FROM "public"."orders"');
  });

  test('with a key is read in its order, and after its last values', () => {
    expect(tableQuery(orders, ['id'], false)).toBe('SELECT * FROM "public"."orders" ORDER BY "id"');
    expect(tableQuery(orders, ['id'], true)).toBe('SELECT * FROM "public"."orders" WHERE "id" > $1 ORDER BY "id"');
    expect(tableQuery(orders, ['shop', 'No'], true)).toBe(
      'SELECT * FROM "public"."orders" WHERE ("shop", "No") > ($1, $2) ORDER BY "shop", "No"',
    );
  });

  test('a condition that ends in a comment, or holds OR, stays by itself', () => {
    expect(tableQuery({ ...orders, where: 'a = 1 OR b = 2 -- those' }, ['id'], true)).toBe(
      'SELECT * FROM "public"."orders" WHERE (\na = 1 OR b = 2 -- those\n) AND "id" > $1 ORDER BY "id"',
    );
  });

  test('reads the key at the end where nobody asked for it', () => {
    const some = { ...orders, columns: ['total', 'shop'] };
    expect(tableQuery(some, ['shop', 'no'], false)).toBe(
      'SELECT "total", "shop", "no" FROM "public"."orders" ORDER BY "shop", "no"',
    );
    expect(hiddenColumns(some.columns, ['shop', 'no'])).toEqual(['no']);
    expect(hiddenColumns(null, ['shop', 'no'])).toEqual([]);
  });

  test('is read by pages, the last ones without an end', () => {
    expect(pagesQuery(orders, 0, 100)).toBe(
      `SELECT * FROM "public"."orders" WHERE ctid >= '(0,0)' AND ctid < '(100,0)'`,
    );
    expect(pagesQuery({ ...orders, where: 'a' }, 100, null)).toBe(
      `SELECT * FROM "public"."orders" WHERE (\na\n) AND ctid >= '(100,0)'`,
    );
  });
});

describe('a query', () => {
  test('without a key runs as it was written', () => {
    expect(keyedQuery('select 1; -- one', [], 0, false)).toBe('select 1; -- one');
  });

  test('with a key goes on at values that follow its own parameters, to see whether they are there twice', () => {
    expect(keyedQuery('select * from t where a = $1;', ['id'], 1, true)).toBe(
      'SELECT * FROM (\nselect * from t where a = $1\n) AS "query" WHERE "id" >= $2 ORDER BY "id"',
    );
  });
});
