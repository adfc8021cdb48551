/** Nothing outside a shared folder can be reached, whatever the path looks like or turns into on the way. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unzip } from '../tools/unzip.ts';
import { ask, folderTarget, serving, type Serving } from './serve-harness.ts';

let serve: Serving;
let link: URL;
let share: string;
const SECRET = 'the secret outside';

beforeEach(async () => {
  serve = serving();
  share = join(serve.folder, 'shared');
  mkdirSync(join(share, 'sub'), { recursive: true });
  mkdirSync(join(serve.folder, 'shared-too'));
  writeFileSync(join(serve.folder, 'secret.txt'), SECRET);
  writeFileSync(join(serve.folder, 'shared-too', 'secret.txt'), SECRET);
  writeFileSync(join(share, 'plain.txt'), 'plain');
  writeFileSync(join(share, 'sub', 'inner.txt'), 'inner');
  writeFileSync(join(share, '.env'), SECRET);
  mkdirSync(join(share, '.git'));
  writeFileSync(join(share, '.git', 'config'), SECRET);
  ({ link } = await serve.add(folderTarget(share)));
});
afterEach(async () => {
  await serve[Symbol.asyncDispose]();
});

test('a file of the share is there, so that the rest of this file proves something', async () => {
  const answer = await ask(link, `${link.pathname}sub/inner.txt`);
  expect(answer.status).toBe(200);
  expect(answer.body.toString()).toBe('inner');
});

test.each([
  '../secret.txt',
  'sub/../../secret.txt',
  '%2e%2e/secret.txt',
  '..%2fsecret.txt',
  '%2e%2e%2fsecret.txt',
  '%252e%252e%252fsecret.txt',
  '..%5csecret.txt',
  '..\\secret.txt',
  '%c0%ae%c0%ae/secret.txt',
  '%c0%ae%c0%ae%c0%afsecret.txt',
  '%e0%80%ae%e0%80%ae/secret.txt',
  '..;/secret.txt',
  './secret.txt',
  'sub/./inner.txt',
  'sub//inner.txt',
  '/etc/passwd',
  '//etc/passwd',
  '%2fetc%2fpasswd',
  'C:/Windows/win.ini',
  'C:%5cWindows%5cwin.ini',
  '%5c%5cserver%5cshare',
  '../shared-too/secret.txt',
  '%2e%2e/shared-too/secret.txt',
  'plain.txt%00',
  'plain.txt%00.png',
  'plain.txt/',
  'plain.txt%20',
  'plain.txt.',
  'plain.txt::$DATA',
  'PLAIN.TXT',
  'plain.txt%2f..%2f..%2fsecret.txt',
  'file:///etc/passwd',
  '.env',
  '%2eenv',
  '.git/config',
  '.git/',
  'sub/../.env',
])('%s leads nowhere', async (path) => {
  const answer = await ask(link, `${link.pathname}${path}`);
  expect([400, 404]).toContain(answer.status);
  expect(answer.body.toString()).not.toContain(SECRET);
});

test('hidden files are there where the share says so', async () => {
  const { link: open } = await serve.add(folderTarget(share, { hidden: true }));
  expect((await ask(open, `${open.pathname}.env`)).body.toString()).toBe(SECRET);
});

test('symbolic links are not followed: to a file, to a folder, relative, inside, in a loop', async () => {
  symlinkSync(join(serve.folder, 'secret.txt'), join(share, 'file-link'));
  symlinkSync('../secret.txt', join(share, 'relative-link'));
  symlinkSync(serve.folder, join(share, 'folder-link'));
  symlinkSync('loop-b', join(share, 'loop-a'));
  symlinkSync('loop-a', join(share, 'loop-b'));
  symlinkSync('plain.txt', join(share, 'inner-link'));
  const paths = ['file-link', 'relative-link', 'folder-link/secret.txt', 'folder-link/', 'loop-a', 'inner-link'];
  for (const path of paths) {
    const answer = await ask(link, `${link.pathname}${path}`);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(answer.body.toString()).not.toContain(SECRET);
  }
  const listing = (await ask(link, link.pathname)).body.toString();
  expect(listing).not.toContain('-link');
  const zip = (await ask(link, `${link.pathname}?zip=1`)).body.toString('latin1');
  expect(zip).toContain('plain.txt');
  expect(zip).not.toContain('-link');
  expect(zip).not.toContain(SECRET);
});

test('a folder that becomes a symbolic link after it was read is not followed either', async () => {
  expect((await ask(link, `${link.pathname}sub/inner.txt`)).status).toBe(200);
  writeFileSync(join(serve.folder, 'inner.txt'), SECRET);
  renameSync(join(share, 'sub'), join(share, 'old'));
  symlinkSync(serve.folder, join(share, 'sub'));
  const answer = await ask(link, `${link.pathname}sub/inner.txt`);
  expect(answer.status).toBe(404);
  expect(answer.body.toString()).not.toContain(SECRET);
});

test.skipIf(process.platform === 'win32')('a FIFO is never opened for reading, and blocks nobody', async () => {
  execFileSync('mkfifo', [join(share, 'pipe')]);
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(link, `${link.pathname}pipe`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(404));
  expect((await ask(link, `${link.pathname}plain.txt`)).status).toBe(200);
  expect((await ask(link, `${link.pathname}?zip=1`)).status).toBe(200);
});

test.skipIf(process.platform === 'win32')('whoever waits to write into a FIFO goes on waiting', async () => {
  const pipe = join(share, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', 'echo waits; exec echo precious > "$1"', 'sh', pipe]);
  await once(writer.stdout, 'data');
  for (let n = 0; n < 20; n += 1) expect((await ask(link, `${link.pathname}pipe`)).status).toBe(404);
  // Here is the one that it has waited for.
  expect(await readFile(pipe, 'utf8')).toBe('precious\n');
});

test('a device is not served, even as a share of its own', async () => {
  await expect(serve.add({ kind: 'file', path: '/dev/zero' })).rejects.toMatchObject({ code: 'cannot-share' });
});

test('a chosen name of an archive cannot leave the folder', async () => {
  for (const name of ['../secret.txt', '..', '.', '/etc/passwd', '.env', 'sub/../../secret.txt']) {
    const answer = await ask(link, `${link.pathname}?zip=1&name=${encodeURIComponent(name)}`);
    expect(answer.body.toString('latin1')).not.toContain(SECRET);
    expect(answer.body.toString('latin1')).not.toContain('passwd');
  }
});

test('a preview of a name cannot leave the folder', async () => {
  for (const name of ['../secret.txt', '.env', '/etc/passwd', 'sub/inner.txt']) {
    expect((await ask(link, `${link.pathname}?preview=${encodeURIComponent(name)}`)).status).toBe(404);
  }
});

test('names that would break a header, a log or a reader’s eye are neither listed nor served', async () => {
  const odd = ['line\nbreak.txt', 'carriage\rreturn.txt', 'tab\tname.txt', 'bidi\u202etxt.exe', 'back\\slash.txt'];
  for (const name of odd) writeFileSync(join(share, name), SECRET);
  const listing = (await ask(link, link.pathname)).body.toString();
  for (const name of odd) {
    expect(listing).not.toContain(name);
    const answer = await ask(link, `${link.pathname}${encodeURIComponent(name)}`);
    expect(answer.status).toBe(404);
  }
  // Nor does an archive hold one: a name in it may leave the folder that somebody unpacks it into.
  const names = Object.keys(unzip((await ask(link, `${link.pathname}?zip=1`)).body));
  expect(names).toContain('plain.txt');
  for (const name of names) expect(name).not.toMatch(/\\|^\/|(?:^|\/)\.\.(?:\/|$)|\p{Cc}|\p{Bidi_Control}/u);
});

test('quotes, percent signs, semicolons and letters of any script in a name stay one header and one name', async () => {
  for (const name of [
    'a"b.txt',
    'a%b.txt',
    'a%0d%0aX-Injected: 1.txt',
    'a;b=c.txt',
    'naïve ☃ 文.txt',
    "it's.txt",
    'a?b#c.txt',
  ]) {
    writeFileSync(join(share, name), name);
    const answer = await ask(link, `${link.pathname}${encodeURIComponent(name)}`);
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe(name);
    expect(answer.fields['x-injected']).toBeUndefined();
    expect(answer.fields['content-disposition']).toMatch(/^inline; filename/);
  }
});

test.each(['a\\b.txt', 'bidi\u202etxt.exe', 'new\nline.txt'])(
  'a file called %j has a link that works',
  async (name) => {
    writeFileSync(join(serve.folder, name), 'odd');
    const { link: own } = await serve.add({ kind: 'file', path: join(serve.folder, name) });
    const answer = await ask(own, own.pathname);
    expect([answer.status, answer.body.toString()]).toEqual([200, 'odd']);
  },
);

test('a folder that is gone is a share that says so, and not a crash', async () => {
  rmSync(share, { recursive: true });
  expect((await ask(link, link.pathname)).status).toBe(404);
  expect(serve.shares.list()[0]?.state.kind).toBe('broken');
});

test('a preview says nothing of what a symbolic link leads to', async () => {
  symlinkSync(join(serve.folder, 'secret.txt'), join(share, 'there.txt'));
  symlinkSync(join(serve.folder, 'none.txt'), join(share, 'nowhere.txt'));
  const names = ['there.txt', 'nowhere.txt', 'none.txt', '../secret.txt', 'sub/inner.txt', 'plain.txt'];
  const answers = await Promise.all(
    names.map((name) => ask(link, `${link.pathname}?preview=${encodeURIComponent(name)}`)),
  );
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 200]);
});
