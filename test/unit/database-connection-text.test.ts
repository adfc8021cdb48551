/** Connection strings in libpq's forms (PostgreSQL manual, 34.1.1). */
import { describe, expect, test } from 'vitest';
import { draftOf, readConnectionText } from '../../electron/engine/database/connection-text.ts';
import { SluiceError } from '../../shared/failure.ts';

const parse = (text: string) => draftOf(readConnectionText(text), { user: 'me' });

describe('a URI', () => {
  test.each([
    ['postgresql://', { host: 'localhost', port: 5432, user: 'me', database: 'me' }],
    ['postgres://db.example', { host: 'db.example', database: 'me' }],
    ['postgresql://db.example:6543/shop', { host: 'db.example', port: 6543, database: 'shop', user: 'me' }],
    ['postgresql://ann@db.example', { user: 'ann', database: 'ann' }],
    ['postgresql://ann:s%40%3Acret%25@db.example/a%20b', { user: 'ann', password: 's@:cret%', database: 'a b' }],
    ['postgresql://ann:a:b@h/x', { password: 'a:b' }],
    ['postgresql://[2001:db8::1]:5433/x', { host: '2001:db8::1', port: 5433 }],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/x', { host: '/var/run/postgresql', database: 'x' }],
    ['postgresql:///x?host=/tmp&port=5433&user=bob', { host: '/tmp', port: 5433, user: 'bob', database: 'x' }],
    ['jdbc:postgresql://h/x?user=ann&password=pw&ssl=true', { user: 'ann', password: 'pw', tls: { mode: 'require' } }],
    ['postgresql://h/x?sslmode=verify-full&sslrootcert=%2Fca.pem', { tls: { mode: 'verify-full', ca: '/ca.pem' } }],
    [
      'postgresql://h/x?sslcert=/c.pem&sslkey=/k.pem',
      { tls: { mode: 'prefer', certificate: '/c.pem', key: '/k.pem' } },
    ],
    ['postgresql://h/x?sslrootcert=system', { tls: { mode: 'verify-full', ca: null } }],
    ['postgresql://h/x?sslmode=require&channel_binding=require', { tls: { mode: 'verify-full' } }],
    ['postgresql://h/x?channel_binding=prefer&target_session_attrs=any', { tls: { mode: 'prefer' } }],
    ['postgresql://h/x?sslmode=allow', { tls: { mode: 'prefer' } }],
    ['  postgresql://h/x\n', { host: 'h', database: 'x' }],
  ])('%s', (text, expected) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test('of several hosts the first is taken, and the name says so', () => {
    expect(parse('postgresql://a:1111,b:2222,c/x')).toMatchObject({
      host: 'a',
      port: 1111,
      name: 'x on a (first of 3 hosts)',
    });
  });
});

describe('keywords and values', () => {
  test.each([
    ['host=localhost dbname=shop', { host: 'localhost', database: 'shop' }],
    [
      `host = h port= 5433 user =ann password='it\\'s a \\\\ "secret"'`,
      { port: 5433, user: 'ann', password: `it's a \\ "secret"` },
    ],
    [`dbname='my base' password=''`, { database: 'my base', host: 'localhost' }],
    ['hostaddr=10.0.0.1 dbname=x', { host: '10.0.0.1' }],
    ['host=a,b port=1,2', { host: 'a', port: 1 }],
    ['password=a\\ b', { password: 'a b' }],
  ])('%s', (text, expected) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test('an empty password is none', () => {
    expect(parse(`host=h password=''`)).not.toHaveProperty('password');
  });
});

test('a new connection is read-only and has a timeout for previews', () => {
  expect(parse('postgresql://h/x')).toMatchObject({ readOnly: true, statementTimeout: 60_000, exportTimeout: 0 });
});

test.each(['options=-csearch_path%3Dtenant', 'currentSchema=tenant', 'require_auth=none', 'sslcrl=/list'])(
  'what decides who answers, and with which rows, is not left out without a word: %s',
  (parameter) => {
    const [name = ''] = parameter.split('=');
    expect(() => parse(`postgresql://h/x?${parameter}`)).toThrow(new RegExp(`“${name}” .* not supported`));
  },
);

test.each([
  'hello',
  '',
  'postgresql://h:port/secret',
  'postgresql://u:secret%@h/x',
  'postgresql://h/x?sslmode=secret-not-a-mode-but-long',
  'host=h port=70000',
  `host=h password='secret`,
  'mysql://u:secret@h/x',
  'host=h secret',
])('what cannot be read is refused without being repeated: %s', (text) => {
  const thrown = (() => {
    try {
      return parse(text);
    } catch (error) {
      return error;
    }
  })();
  expect(thrown).toBeInstanceOf(SluiceError);
  expect(thrown).toMatchObject({ code: 'bad-input' });
  if (!text.includes('sslmode')) expect(String(thrown)).not.toContain('secret');
});
