/** Programs that people have resume downloads from our shares. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderTarget, serving, type Serving } from './serve-harness.ts';

const run = promisify(execFile);
const has = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

let serve: Serving;
const bytes = randomBytes(12_000_000);
beforeEach(() => {
  serve = serving();
  writeFileSync(join(serve.folder, 'data.bin'), bytes);
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

/** A file that a client began: so much of it is there. */
function begun(): string {
  const path = join(serve.folder, '..', 'begun.bin');
  writeFileSync(path, bytes.subarray(0, 5_000_000));
  return path;
}

const link = async () => (await serve.add({ kind: 'file', path: join(serve.folder, 'data.bin') })).link;

test.skipIf(!has('curl'))('curl -C -', async () => {
  const path = begun();
  const url = await link();
  await run('curl', ['--silent', '--fail', '-C', '-', '-o', path, url.href]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(serve.shares.list()[0]?.sent).toBe(7_000_000);
});

test.skipIf(!has('wget'))('wget -c', async () => {
  const path = begun();
  await run('wget', ['--quiet', '-c', '-O', path, (await link()).href]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(serve.shares.list()[0]?.sent).toBe(7_000_000);
});

test.skipIf(!has('aria2c'))('aria2c -x4, stopped in the middle and started again', async () => {
  const url = await link();
  const folder = join(serve.folder, '..');
  const args = [
    '--no-conf',
    '--quiet',
    '-x4',
    '-s4',
    '--min-split-size=1M',
    '--file-allocation=none',
    '-d',
    folder,
    '-o',
    'aria.bin',
    url.href,
  ];
  const { id } = serve.shares.list()[0] ?? { id: '' };
  await serve.shares.change(id, { limit: 6_000_000 });
  const first = run('aria2c', args).catch(() => {});
  await expect.poll(() => serve.shares.list()[0]?.sent ?? 0).toBeGreaterThan(2_000_000);
  const before = serve.shares.list()[0]?.readers ?? 0;
  expect(before).toBeGreaterThan(1);
  (first as unknown as { child?: { kill(signal: string): void } }).child?.kill('SIGINT');
  await serve.shares.change(id, { limit: null });
  await first;
  await run('aria2c', ['-c', ...args]);
  expect(readFileSync(join(folder, 'aria.bin')).equals(bytes)).toBe(true);
});

test.skipIf(!has('curl'))('curl goes on with the archive of a folder', async () => {
  const { link } = await serve.add(folderTarget(serve.folder));
  const url = `${link.href}?zip=1`;
  const [whole, part] = ['whole.zip', 'part.zip'].map((name) => join(serve.folder, '..', name)) as [string, string];
  await run('curl', ['--silent', '--fail', '-o', whole, url]);
  const all = readFileSync(whole);
  writeFileSync(part, all.subarray(0, 4_000_000));
  await run('curl', ['--silent', '--fail', '-C', '-', '-o', part, url]);
  expect(readFileSync(part).equals(all)).toBe(true);
});
