/** The folder that a download asks for is made where it is missing, or it is said why not. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../electron/engine/jobs/job-files.ts';

let root: string;

beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'sluice-make-folder-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a folder and those above it are made; one that is there is left alone', async () => {
  const folder = join(root, 'a', 'b', 'c');
  await Promise.all([makeFolder(folder), makeFolder(folder)]);
  expect(statSync(folder).isDirectory()).toBe(true);
  await makeFolder(folder);
  await makeFolder('/');
});

test('a file in the way is an answer', async () => {
  writeFileSync(join(root, 'a'), '');
  await expect(makeFolder(join(root, 'a', 'b'))).rejects.toMatchObject({ code: 'not-a-folder' });
});

test.runIf(process.platform === 'linux')('so is a file system that makes no folders', async () => {
  await expect(makeFolder('/proc/sluice/files')).rejects.toMatchObject({ code: 'folder-not-writable' });
});
