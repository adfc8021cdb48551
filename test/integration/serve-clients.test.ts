/** Programs that people have resume downloads from our shares. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacks } from '../bench/programs.ts';
import { folderTarget, serving, type Serving } from './serve-harness.ts';

const run = promisify(execFile);

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

test.skipIf(lacks('curl'))('curl -C -', async () => {
  const path = begun();
  const url = await link();
  await run('curl', ['--silent', '--fail', '-C', '-', '-o', path, url.href]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(serve.shares.list()[0]?.sent).toBe(7_000_000);
});

test.skipIf(lacks('wget'))('wget -c', async () => {
  const path = begun();
  await run('wget', ['--quiet', '-c', '-O', path, (await link()).href]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(serve.shares.list()[0]?.sent).toBe(7_000_000);
});

test.skipIf(lacks('aria2c'))('aria2c -x4, stopped in the middle and started again', async () => {
  const url = await link();
  const path = join(serve.folder, '..', 'aria.bin');
  const split = ['-x4', '-s4', '--min-split-size=1M', '--file-allocation=none'];
  const args = ['--no-conf', '--quiet', ...split, '-d', join(path, '..'), '-o', 'aria.bin', url.href];
  const share = () => serve.shares.list()[0];
  const { id } = share() ?? { id: '' };
  await serve.shares.change(id, { limit: 1_500_000 });
  const first = spawn('aria2c', args, { stdio: 'ignore' });
  const ended = once(first, 'exit');
  await expect.poll(() => share()?.sent ?? 0).toBeGreaterThan(5_000_000);
  expect(share()?.readers).toBeGreaterThan(1);
  // It is stopped while nothing more comes, so that this cannot be too late.
  await serve.shares.change(id, { limit: 1 });
  first.kill('SIGINT');
  await ended;
  await expect.poll(() => share()?.readers).toBe(0);
  expect(existsSync(`${path}.aria2`)).toBe(true);
  expect(readFileSync(path).equals(bytes)).toBe(false);
  const before = share()?.sent ?? 0;
  expect(before).toBeLessThan(bytes.length);

  await serve.shares.change(id, { limit: null });
  await run('aria2c', ['-c', ...args]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  // It keeps whole pieces of 1 MiB: of each of its four connections one may come again, and what it had not read yet.
  expect((share()?.sent ?? 0) - before).toBeLessThan(bytes.length - before + 6 * 2 ** 20);
  expect((share()?.sent ?? 0) - before).toBeLessThan(bytes.length);
});

test.skipIf(lacks('curl'))('curl goes on with the archive of a folder', async () => {
  const { link } = await serve.add(folderTarget(serve.folder));
  const url = `${link.href}?zip=1`;
  const [whole, part] = ['whole.zip', 'part.zip'].map((name) => join(serve.folder, '..', name)) as [string, string];
  await run('curl', ['--silent', '--fail', '-o', whole, url]);
  const all = readFileSync(whole);
  writeFileSync(part, all.subarray(0, 4_000_000));
  await run('curl', ['--silent', '--fail', '-C', '-', '-o', part, url]);
  expect(readFileSync(part).equals(all)).toBe(true);
});
