import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { setupSecrets } from '../../electron/shell/secrets.ts';
import { safeStorage } from './shell-electron-double.ts';

vi.mock('electron', () => import('./shell-electron-double.ts'));

const home = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
const file = join(home, 'secrets.json');
let told = 0;
const noKeyring = () => void (told += 1);
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  Object.assign(safeStorage, { available: true, backend: 'gnome_libsecret', shouldReEncrypt: false, encryptions: 0 });
});

test('a secret is kept encrypted, for its owner only, and comes back after a restart', async () => {
  await setupSecrets(home, noKeyring).set('db', 'hunter2');
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain(Buffer.from('hunter2').toString('base64'));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await setupSecrets(home, noKeyring).get('db')).toBe('hunter2');
  expect(await setupSecrets(home, noKeyring).get('other')).toBeNull();
  expect(await setupSecrets(home, noKeyring).get('toString')).toBeNull();
});

test('secrets that are set at once are all kept, and one can go', async () => {
  const secrets = setupSecrets(home, noKeyring);
  await Promise.all(['a', 'b', 'c'].map((name) => secrets.set(name, `secret of ${name}`)));
  await secrets.delete('b');
  expect(await Promise.all(['a', 'b', 'c'].map((name) => secrets.get(name)))).toEqual([
    'secret of a',
    null,
    'secret of c',
  ]);
});

test('a secret is encrypted anew when the system has a better key', async () => {
  const secrets = setupSecrets(home, noKeyring);
  await secrets.set('old', 'key');
  safeStorage.shouldReEncrypt = true;
  const before = safeStorage.encryptions;
  expect(await secrets.get('old')).toBe('key');
  expect(safeStorage.encryptions).toBe(before + 1);
});

test('without encryption nothing is kept', async () => {
  safeStorage.available = false;
  await expect(setupSecrets(home, noKeyring).set('plain', 'text')).rejects.toMatchObject({ code: 'not-here' });
  expect(readFileSync(file, 'utf8')).not.toContain('plain');
});

test('a file that cannot be read is not overwritten', async () => {
  const secrets = setupSecrets(home, noKeyring);
  writeFileSync(file, '{ broken');
  await expect(secrets.set('new', 'secret')).rejects.toThrow('JSON');
  expect(readFileSync(file, 'utf8')).toBe('{ broken');
  rmSync(file);
});

test.runIf(process.platform === 'linux')(
  'a person whose desktop has no keyring is told once, when it matters',
  async () => {
    const secrets = setupSecrets(home, noKeyring);
    await secrets.set('safe', 'secret');
    safeStorage.backend = 'basic_text';
    await secrets.get('safe');
    expect(told).toBe(0);
    await secrets.set('one', 'secret');
    await secrets.set('two', 'secret');
    expect(told).toBe(1);
  },
);
