/** Rules that must be written once: a second copy is the one that is forgotten. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Paths of the sources in which a text stands. */
function sourcesWith(text: RegExp): string[] {
  return ['electron', 'renderer', 'shared'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|tsx|html)$/.test(name))
      .map((name) => `${room}/${name}`)
      .filter((path) => text.test(readFileSync(join(root, path), 'utf8'))),
  );
}

test('the Content Security Policy has one source', () => {
  // The window's. Pages of a share and exported tables are other documents, each with one of its own.
  const others = ['electron/engine/serve/safe-fields.ts', 'electron/engine/export/encode/html.ts'];
  expect(sourcesWith(/default-src/).filter((file) => !others.includes(file))).toEqual(['shared/csp.ts']);
  // An exported table is a file, and has no header to carry it.
  expect(sourcesWith(/http-equiv=["']Content-Security-Policy/i)).toEqual(['electron/engine/export/encode/html.ts']);
});

test('the fuses have one source, and all seven are in it', () => {
  const builder = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
  const block = /^electronFuses:\n((?: {2}.+\n)+)/m.exec(builder)?.[1] ?? '';
  expect(
    block
      .trim()
      .split(/\s*\n\s*/)
      .toSorted(),
  ).toEqual([
    'enableCookieEncryption: true',
    'enableEmbeddedAsarIntegrityValidation: true',
    'enableNodeCliInspectArguments: false',
    'enableNodeOptionsEnvironmentVariable: false',
    'grantFileProtocolExtraPrivileges: false',
    'onlyLoadAppFromAsar: true',
    'runAsNode: false',
  ]);
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).not.toHaveProperty('build');
});

test('Electron is used in the shell and the preload script, nowhere else', () => {
  const users = sourcesWith(/from 'electron'/).filter((path) => !path.startsWith('electron/shell/'));
  expect(users).toEqual(['electron/preload.ts']);
});

test('nothing weakens a page, opens a debugger or sends a crash report', () => {
  expect(sourcesWith(/nodeIntegration\w*: true|contextIsolation: false|sandbox: false|webSecurity: false/)).toEqual([]);
  expect(sourcesWith(/crashReporter|remote-debugging|executeJavaScript|allowRunningInsecureContent/)).toEqual([]);
});

test('the colours beside the page are the page’s own', () => {
  const tokens = readFileSync(join(root, 'renderer/src/styles/tokens.css'), 'utf8');
  const window = readFileSync(join(root, 'electron/shell/window.ts'), 'utf8');
  for (const [token, name] of [
    ['--frame', 'background'],
    ['--text', 'symbols'],
  ] as const) {
    const [, light, dark] = new RegExp(`${token}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(tokens) ?? [];
    const used = [...window.matchAll(new RegExp(`${name}: '(#\\w+)'`, 'g'))].map((match) => match[1]);
    expect(used).toEqual([light, dark]);
  }
});

test('SECURITY.md names files that are there', () => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  const named = [...text.matchAll(/`((?:electron|shared|test)[\w./-]*)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
