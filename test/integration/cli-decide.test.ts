/** A download that needs a person: it is kept, the command that settles it is printed, and that command works. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { startFaultServer } from '../servers/fault-server.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { injectDisk } from '../torture/small-disk.ts';
import { Sandbox } from './cli-process.ts';
import { asked } from './fault-row.ts';

/** What the fault server's runs of faults 23 and 46 have sent when their first response breaks off. */
const HALF = 2_100_000;
const INJECTED = join(import.meta.dirname, '../torture/injected-disk.ts');

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** The words after “sluice” of the printed command that has this choice. */
function printed(lines: readonly string[], choice: string): string[] {
  const line = lines.find((one) => one.startsWith('  sluice ') && one.includes(` ${choice} `));
  const [, command] = /^ {2}sluice (.+?) {3}/.exec(line ?? '') ?? [];
  if (command === undefined) throw new Error(`There is no command for ${choice}: ${lines.join('\n')}`);
  return command.trim().split(' ');
}

it('a certificate that is not trusted is shown, and allowed for its host by the printed command', async () => {
  await using server = await startRangeServer({ size: 100_000, tls: true });
  await using box = new Sandbox();
  const get = box.run('get', server.url);
  expect(await get.ended).toBe(4);
  expect(get.stderr[0]).toMatch(/not trusted here: .*\(localhost, by localhost, SHA-256 [0-9A-F:]{95}\)/);
  expect(readdirSync(box.root)).not.toContain('file.bin');

  const list = box.run('list');
  expect(await list.ended).toBe(0);
  expect(list.stdout[0]).toContain('needs you');
  expect(printed(list.stderr, 'trust')).toEqual(['decide', expect.stringMatching(/^\w{4}$/), 'trust']);

  const decide = box.run(...printed(get.stderr, 'trust'));
  expect(await decide.ended).toBe(0);
  expect(decide.stdout).toEqual([box.path('file.bin')]);
  expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
  // It is known now: the next download of this host does not ask.
  expect(await box.run('get', server.url.replace('file.bin', 'other.bin')).ended).toBe(0);
});

it('plain http after https (faults.md 54) is allowed by the printed command, and for that download only', async () => {
  await using server = await startFaultServer();
  const run = await server.play(54, { variant: 'http' });
  await using box = new Sandbox();
  const get = box.run('get', run.url);
  expect(await get.ended).toBe(4);
  const trusted = box.run(...printed(get.stderr, 'trust'));
  expect(await trusted.ended).toBe(4);
  expect(trusted.stderr.join(' ')).toContain('127.0.0.1 redirects from https to plain http.');
  const decide = box.run(...printed(trusted.stderr, 'allow-http'));
  expect(await decide.ended).toBe(0);
  expect(sha256(box.path('file.bin'))).toBe(run.sha256);
  expect(run.exchanges.map(({ origin, status }) => `${origin} ${status}`)).toEqual([
    'https 302',
    'https 302',
    'http 206',
  ]);
  expect(await box.run('get', run.url).ended).toBe(4);
});

it('a login is given by the printed command, its password on stdin; no file of the home has it', async () => {
  const authorization = `Basic ${Buffer.from('ada:s3cret pa55').toString('base64')}`;
  await using server = await startRangeServer({
    size: 100_000,
    intercept: (request, response) => {
      if (request.headers.authorization === authorization) return false;
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
      return true;
    },
  });
  await using box = new Sandbox();
  const get = box.run('get', server.url);
  expect(await get.ended).toBe(4);
  const command = printed(get.stderr, 'login').map((word) => (word === 'NAME' ? 'ada' : word));

  const wrong = box.runWith('guess\n', ...command, '--password-stdin');
  expect(await wrong.ended).toBe(4);
  const decide = box.runWith('s3cret pa55\n', ...command, '--password-stdin');
  expect(await decide.ended).toBe(0);
  expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
  for (const entry of readdirSync(box.home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'latin1');
    expect(text).not.toContain('s3cret');
    expect(text).not.toContain(authorization.slice(6));
  }
});

it('a file that changed on the server is left as it is, looked at, and started over by the printed commands', async () => {
  await using server = await startFaultServer();
  const run = await server.play(23, { variant: 'changed' });
  await using box = new Sandbox();
  const get = box.run('get', run.url, '--connections', '1');
  expect(await get.ended).toBe(4);
  expect(get.stderr.join(' ')).toContain('The server changed this file');
  const keep = printed(get.stderr, 'keep');
  expect(await box.run(...keep).ended).toBe(0);
  const list = box.run('list');
  expect(await list.ended).toBe(0);
  expect(list.stdout[0]).toContain('paused');
  expect(readdirSync(box.root)).toContain('file.bin.sluice');

  const resume = box.run('resume', keep[1] ?? '');
  expect(await resume.ended).toBe(4);
  const open = box.run(...printed(resume.stderr, 'open-link'));
  expect(await open.ended).toBe(0);
  expect(open.stdout).toEqual([run.url]);
  const asksBefore = run.exchanges.length;
  expect(await box.run(...printed(resume.stderr, 'start-over')).ended).toBe(0);
  expect(sha256(box.path('file.bin'))).toBe(await run.currentSha256());
  expect(run.exchanges.slice(asksBefore).map(asked)).toEqual(['0- 206']);
});

it('an expired link gets a new one: another file is refused, the same one goes on where it stopped', async () => {
  await using server = await startFaultServer();
  const run = await server.play(46, { variant: 'resume' });
  await using wrong = await startRangeServer({ size: run.size, seed: 1 });
  await using right = await startRangeServer({ size: run.size, seed: 46 });
  await using box = new Sandbox();
  const get = box.run('get', run.url, '--connections', '1');
  expect(await get.ended).toBe(4);
  expect(get.stderr.join(' ')).toContain('The link leads to a web page now');
  const withLink = (lines: readonly string[], url: string) =>
    box.run(...printed(lines, 'new-link').map((word) => (word === 'URL' ? url : word)));
  const refused = withLink(get.stderr, wrong.url);
  expect(await refused.ended).toBe(4);
  expect(refused.stderr.join(' ')).toContain('The new link leads to another file');
  expect(await withLink(refused.stderr, right.url).ended).toBe(0);
  expect(sha256(box.path('archive.zip'))).toBe(run.sha256);
  expect(right.requests.filter(({ headers }) => headers.range === 'bytes=0-')).toEqual([]);
  expect(right.requests.at(-1)?.headers.range).toBe(`bytes=${HALF - 65_536}-`);
});

it('a network that wants a sign-in: the link is printed, and it goes on afterwards', async () => {
  let signedIn = false;
  await using server = await startRangeServer({
    size: 100_000,
    intercept: (request, response) => {
      if (signedIn) return false;
      if (request.url?.startsWith('/sign-in')) response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      else response.writeHead(302, { location: `http://localhost:${server.port}/sign-in` }).end();
      return true;
    },
  });
  await using box = new Sandbox();
  const get = box.run('get', server.url);
  expect(await get.ended).toBe(4);
  expect(get.stderr.join(' ')).toContain('This network wants you to sign in');
  const open = box.run(...printed(get.stderr, 'open-link'));
  expect(await open.ended).toBe(0);
  expect(open.stdout).toEqual([server.url]);
  signedIn = true;
  expect(await box.run(...printed(get.stderr, 'retry')).ended).toBe(0);
  expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
});

it('a full disk: the part file moves to the folder that is given, and goes on there', async () => {
  const size = 8 << 20;
  await using server = await startRangeServer({ size, held: [size / 2, size] });
  await using box = new Sandbox();
  const disk = injectDisk(box.path('disk'));
  const env = { ...disk.env, NODE_OPTIONS: `--import ${pathToFileURL(INJECTED).href}` };
  const get = box.runIn(env, 'get', server.url, '--connections', '1', '--output', disk.path);
  const part = join(disk.path, 'file.bin.sluice');
  await expect.poll(() => statSync(part, { throwIfNoEntry: false })?.size).toBeGreaterThan(size / 4);
  disk.fill(100_000);
  server.set({ held: null });
  expect(await get.ended).toBe(4);
  expect(get.stderr.join(' ')).toMatch(/free and .* are needed/);
  expect(readdirSync(disk.path)).toEqual(['file.bin.sluice']);

  const elsewhere = printed(get.stderr, 'change-folder').map((word) => (word === 'DIR' ? 'other' : word));
  expect(await box.runIn(env, ...elsewhere).ended).toBe(0);
  expect(readdirSync(disk.path)).toEqual([]);
  expect(readdirSync(box.path('other'))).toEqual(['file.bin']);
  expect(sha256(box.path('other', 'file.bin'))).toBe(await server.sha256());
  const ranges = server.requests.map(({ headers }) => headers.range);
  expect(
    ranges.filter((range) => range === 'bytes=0-'),
    ranges.join(' '),
  ).toHaveLength(1);
});

it('--start-at waits without asking the server anything, and Ctrl-C pauses it', async () => {
  await using server = await startRangeServer({ size: 100_000 });
  await using box = new Sandbox();
  const get = box.run('get', server.url, '--start-at', '2126-01-01', '--json');
  await get.event(({ event, state }) => event === 'state' && state === 'waiting');
  get.kill('SIGINT');
  expect(await get.ended).toBe(130);
  expect(get.events.at(-1)).toMatchObject({ event: 'paused' });
  expect(server.requests).toEqual([]);
});
