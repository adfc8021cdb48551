import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKeyFileSecrets } from '../../electron/app/index.ts';

let home: string;
const modeOf = (file: string) => statSync(file).mode & 0o777;
/** Windows keeps a user's folder from others by its access list, and shows no such modes. */
const ownerOnly = process.platform === 'win32' ? 0o666 : 0o600;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'sluice-secrets-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('keeps secrets over a restart, readable in no file, for their owner only', () => {
  createKeyFileSecrets(home).set('job:1', 'Bearer s3cret-value');
  expect(createKeyFileSecrets(home).get('job:1')).toBe('Bearer s3cret-value');
  expect(createKeyFileSecrets(home).get('job:2')).toBeNull();
  for (const file of readdirSync(home)) {
    expect(readFileSync(join(home, file), 'latin1')).not.toContain('s3cret');
    expect(modeOf(join(home, file))).toBe(ownerOnly);
  }
});

it('forgets what is deleted', () => {
  const secrets = createKeyFileSecrets(home);
  secrets.set('a', '1');
  secrets.set('b', '2');
  secrets.delete('a');
  expect([secrets.get('a'), secrets.get('b')]).toEqual([null, '2']);
});

it('gives nothing for an entry that was changed, moved to another name, or made with another key', () => {
  const secrets = createKeyFileSecrets(home);
  secrets.set('a', 'secret');
  const file = join(home, 'host-secrets.json');
  const entries = JSON.parse(readFileSync(file, 'utf8')) as { a: string };
  writeFileSync(file, JSON.stringify({ b: entries.a }));
  expect(secrets.get('b')).toBeNull();
  const changed = Buffer.from(entries.a, 'base64');
  changed[changed.length - 1]! ^= 1;
  writeFileSync(file, JSON.stringify({ a: changed.toString('base64') }));
  expect(secrets.get('a')).toBeNull();
  writeFileSync(file, JSON.stringify(entries));
  expect(secrets.get('a')).toBe('secret');
  rmSync(join(home, 'host.key'));
  expect(secrets.get('a')).toBeNull();
});
