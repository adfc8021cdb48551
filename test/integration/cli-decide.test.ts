/** A download that needs a person: it is kept, the command that settles it is printed, and that command works. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFaultServer } from '../servers/fault-server.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { Sandbox } from './cli-process.ts';

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
