/** Connections that this computer knows: .pgpass, service files, PG* variables, each by libpq's rules. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KnownConnections, parseServices } from '../../electron/engine/database/importables.ts';
import {
  findPassword,
  parsePasswords,
  passwordFilePath,
  readPasswordFile,
} from '../../electron/engine/database/password-file.ts';

const makeHome = () => mkdtempSync(join(tmpdir(), 'sluice-known-'));
const put = (home: string, name: string, text: string, mode = 0o600) => {
  writeFileSync(join(home, name), text, { mode });
  chmodSync(join(home, name), mode);
};

describe('.pgpass', () => {
  const wanted = { host: 'db', port: 5432, database: 'shop', user: 'ann' };

  test('fields may hold colons and backslashes behind a backslash; comments and short lines count for nothing', () => {
    const text = '# db:5432:shop:ann:no\n\ndb:5432:shop\nd\\:b:5432:s\\\\hop:ann:p\\:w\\\\d:rest\r\n';
    expect(parsePasswords(text)).toEqual([
      { host: 'd:b', port: '5432', database: 's\\hop', user: 'ann', password: 'p:w\\d' },
    ]);
  });

  test('the first entry that fits wins, and * fits anything', () => {
    const entries = parsePasswords('other:*:*:*:0\ndb:5433:*:*:1\n*:*:shop:ann:2\n*:*:*:*:3');
    expect(findPassword(entries, wanted)).toBe('2');
    expect(findPassword(entries, { ...wanted, port: 5433 })).toBe('1');
    expect(findPassword(entries, { ...wanted, user: 'bob' })).toBe('3');
    expect(findPassword(entries.slice(0, 2), wanted)).toBeNull();
  });

  test('a Unix-domain socket counts as localhost', () => {
    const entries = parsePasswords('localhost:*:*:*:pw');
    expect(findPassword(entries, { ...wanted, host: '/var/run/postgresql' })).toBe('pw');
  });

  test.skipIf(process.platform === 'win32')('a file that others may read is ignored', () => {
    const home = makeHome();
    put(home, '.pgpass', 'db:5432:shop:ann:pw', 0o640);
    expect(readPasswordFile(join(home, '.pgpass'))).toEqual([]);
    chmodSync(join(home, '.pgpass'), 0o600);
    expect(readPasswordFile(join(home, '.pgpass'))).toHaveLength(1);
    expect(readPasswordFile(home)).toEqual([]);
    expect(readPasswordFile(join(home, 'missing'))).toEqual([]);
  });

  test('its place is libpq’s', () => {
    expect(passwordFilePath({ HOME: '/home/ann' }, 'linux')).toBe('/home/ann/.pgpass');
    expect(passwordFilePath({ HOME: '/home/ann', PGPASSFILE: '/else' }, 'linux')).toBe('/else');
    expect(passwordFilePath({ APPDATA: '/AppData' }, 'win32')).toBe('/AppData/postgresql/pgpass.conf');
  });
});

test('a service file has sections of keywords and values', () => {
  const text = '# mine\nhost=ignored\n[shop]\nhost=db\nport = 6543\n\n[two words]\ndbname=x=y\n';
  expect([...parseServices(text)]).toEqual([
    ['shop', { host: 'db', port: '6543' }],
    ['two words', { dbname: 'x=y' }],
  ]);
});

describe('what is known', () => {
  const environment = (home: string, more = {}) => ({ HOME: home, PGSYSCONFDIR: home, ...more });

  test('comes from all three, with passwords kept back', () => {
    const home = makeHome();
    put(home, '.pgpass', `db:6543:shop:ann:from-pgpass\n*:*:*:*:from-anywhere`);
    put(
      home,
      '.pg_service.conf',
      '[shop]\nhost=db\nport=6543\ndbname=shop\nuser=ann\nsslmode=verify-full\n[bad]\nport=x\n',
    );
    const known = new KnownConnections(environment(home, { PGHOST: 'env', PGUSER: 'eve', PGPASSWORD: 'from-env' }));
    const list = known.list();
    expect(list.map(({ from, draft, hasPassword }) => [from, draft.name, draft.user, hasPassword])).toEqual([
      ['environment', 'eve on env', 'eve', true],
      ['service', 'shop', 'ann', true],
      ['pgpass', 'shop on db', 'ann', true],
    ]);
    expect(JSON.stringify(list)).not.toMatch(/from-\w/);
    expect(list.map(({ draft }) => known.passwordFor(draft))).toEqual(['from-env', 'from-pgpass', 'from-pgpass']);
  });

  test('a service in a connection string is looked up; what the string says itself wins', () => {
    const home = makeHome();
    put(home, '.pg_service.conf', '[shop]\nhost=db\nport=6543\ndbname=shop\nuser=ann\n');
    const known = new KnownConnections(environment(home));
    expect(known.parse('service=shop user=bob')).toMatchObject({ host: 'db', port: 6543, user: 'bob' });
    expect(known.parse('postgresql://?service=shop')).toMatchObject({ host: 'db', database: 'shop', user: 'ann' });
  });

  test('a connection string without a password takes the one of .pgpass, when it is used', () => {
    const home = makeHome();
    put(home, '.pgpass', 'db:5432:*:ann:pw');
    const known = new KnownConnections(environment(home));
    const draft = known.parse('postgresql://ann@db/shop');
    expect(draft).not.toHaveProperty('password');
    expect(known.passwordFor(draft)).toBe('pw');
    expect(known.passwordFor({ ...draft, host: 'evil' })).toBeNull();
    expect(known.parse('postgresql://bob@db/shop').passwordOf).toBeUndefined();
  });

  test('files in ~/.postgresql are taken for TLS, as libpq does', () => {
    const home = makeHome();
    const folder = join(home, '.postgresql');
    mkdirSync(folder);
    for (const name of ['root.crt', 'postgresql.crt', 'postgresql.key']) put(folder, name, '');
    const known = new KnownConnections(environment(home));
    expect(known.parse('postgresql://db/x?sslmode=verify-full').tls).toEqual({
      mode: 'verify-full',
      ca: join(folder, 'root.crt'),
      certificate: join(folder, 'postgresql.crt'),
      key: join(folder, 'postgresql.key'),
    });
    // The authority makes `require` check, too.
    expect(known.parse('postgresql://db/x?sslmode=require').tls).toMatchObject({ ca: join(folder, 'root.crt') });
    expect(known.parse('postgresql://db/x?channel_binding=require').tls).toMatchObject({
      ca: join(folder, 'root.crt'),
    });
    expect(known.parse('postgresql://db/x?sslmode=prefer').tls).toMatchObject({ ca: null });
    expect(known.parse('postgresql://db/x?sslmode=disable').tls).toMatchObject({
      ca: null,
      certificate: null,
      key: null,
    });
  });

  test('nothing is known where nothing is', () => {
    expect(new KnownConnections(environment(makeHome(), { PGPASSWORD: 'x' })).list()).toEqual([]);
  });
});
