/** Every mistake gets one sentence and its exit code, and leaves nothing behind. */
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../electron/engine/database/free-port.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { Sandbox } from './cli-process.ts';

let server: RangeServer;
let refused: number;

beforeAll(async () => {
  server = await startRangeServer({
    size: 1000,
    intercept: (request, response) => {
      const status = Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1]);
      if (!status) return false;
      response.writeHead(status).end();
      return true;
    },
  });
  refused = await freePort();
});
afterAll(async () => {
  await server.close();
});

const cases: readonly (readonly [string, () => string[], number, RegExp])[] = [
  ['not a URL', () => ['nonsense'], 2, /“nonsense” is not a link/],
  ['ftp', () => ['ftp://a.test/x'], 2, /cannot read ftp links/],
  ['a sluice: link to a file', () => ['sluice:file:///etc/passwd'], 2, /is not a link/],
  ['unresolvable host', () => ['http://nowhere.invalid/x'], 3, /The name nowhere\.invalid could not be found/],
  ['refused', () => [`http://127.0.0.1:${refused}/x`], 3, /refused the connection/],
  ['404', () => [server.url.replace('file.bin', 'status/404')], 3, /has no such file \(404\)/],
  ['403', () => [server.url.replace('file.bin', 'status/403')], 3, /does not allow this \(403\)/],
  ['500', () => [server.url.replace('file.bin', 'status/400')], 3, /answered 400/],
  ['bad checksum', () => [server.url, '--checksum', 'sha-256:xyz'], 2, /not a checksum Sluice knows/],
  ['bad rate', () => [server.url, '--limit', 'fast'], 2, /“fast” is not a speed/],
  ['bad header', () => [server.url, '--header', 'Range: bytes=0-1'], 2, /Range is set by Sluice itself/],
  ['unknown flag', () => [server.url, '--bogus'], 2, /Unknown option '--bogus'/],
  ['a file as folder', () => [server.url, '-o', '/dev/null'], 2, /a file is in the way/],
];

describe('get tells what is wrong in one sentence, with its exit code, and leaves no file and no job:', () => {
  let box: Sandbox;
  beforeAll(() => void (box = new Sandbox()));
  afterAll(() => box[Symbol.asyncDispose]());

  it.each(cases)('%s', async (_name, args, code, sentence) => {
    const run = box.run('get', ...args());
    expect(await run.ended).toBe(code);
    expect(run.stdout).toEqual([]);
    expect(run.stderr).toEqual([expect.stringMatching(sentence)]);
    expect(readdirSync(box.root).filter((name) => name !== 'home')).toEqual([]);
  });

  it('no job at all', async () => {
    const list = box.run('list');
    expect(await list.ended).toBe(0);
    expect(list.stdout).toEqual([]);
  });
});

// Root writes anywhere: the rule can only be seen by others.
it.skipIf(process.getuid?.() === 0)('a read-only folder', async () => {
  await using box = new Sandbox();
  mkdirSync(box.path('fixed'));
  chmodSync(box.path('fixed'), 0o500);
  const run = box.run('get', server.url, '-o', 'fixed');
  expect(await run.ended).toBe(2);
  expect(run.stderr.join('\n')).toContain('Sluice may not write in');
  expect(readdirSync(box.path('fixed'))).toEqual([]);
});

it('one bad link among good ones: the good ones are fetched, and the mistake is told (2)', async () => {
  await using box = new Sandbox();
  const run = box.run('get', server.url, 'nonsense', '--json');
  expect(await run.ended).toBe(2);
  expect(run.events).toContainEqual(expect.objectContaining({ event: 'error', url: 'nonsense', code: 'not-a-url' }));
  expect(run.events).toContainEqual(expect.objectContaining({ event: 'completed', path: box.path('file.bin') }));
});
