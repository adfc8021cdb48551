/** The lint rule that holds the arrows between the rooms, and their doors, says no to what may not be. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let house: string;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'sluice-lint-'));
  cpSync(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'));
});
afterAll(() => rmSync(house, { recursive: true, force: true }));

/** What the linter prints about a file of this room that imports this. */
function lint(file: string, imports: string): Promise<string> {
  const path = join(house, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import { one } from '${imports}';\nexport const two = one;\n`);
  return new Promise((done) => {
    const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--deny-warnings', path];
    execFile(process.execPath, args, { cwd: house }, (_error, stdout) => done(stdout));
  });
}

test.for<readonly [string, string]>([
  ['shared/a.ts', '../electron/app/index.ts'],
  ['shared/b.ts', 'node:fs'],
  ['renderer/src/a.ts', 'node:fs'],
  ['renderer/src/b.ts', '../../electron/app/index.ts'],
  ['renderer/src/c.ts', '../../shared/contract.ts'],
  ['renderer/src/d.ts', '../../shared/settings.ts'],
  ['electron/engine/flow/a.ts', '../../app/index.ts'],
  ['electron/engine/flow/b.ts', 'electron'],
  ['electron/engine/flow/c.ts', '../files/names.ts'],
  ['electron/app/a.ts', '../shell/index.ts'],
  ['electron/app/b.ts', '../engine/jobs/index.ts'],
  ['electron/host/a.ts', 'electron'],
  ['electron/host/b.ts', '../cli/index.ts'],
  ['electron/cli/a.ts', '../host/index.ts'],
  ['electron/cli/b.ts', '../app/log.ts'],
  ['electron/shell/a.ts', '../host/index.ts'],
  ['electron/shell/b.ts', '../engine/jobs/index.ts'],
  ['electron/a.ts', './cli/output.ts'],
])('%s may not import %s', async ([file, imports]) => {
  expect(await lint(file, imports)).toContain('no-restricted-imports');
});

test.for<readonly [string, string]>([
  ['electron/engine/flow/d.ts', '../files/index.ts'],
  ['electron/app/c.ts', '../engine/index.ts'],
  ['electron/cli/c.ts', '../app/index.ts'],
  ['electron/b.ts', './cli/index.ts'],
])('%s may import %s', async ([file, imports]) => {
  expect(await lint(file, imports)).toContain('Found 0 warnings and 0 errors');
});
