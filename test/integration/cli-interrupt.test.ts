import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { Ranges } from '../../shared/job.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { longestKept } from './kept-bytes.ts';
import { Sandbox, type CliRun } from './cli-process.ts';

const size = 12_000_000;
/** Its end is held back: what is done in the middle may be late. */
const slow = { size, totalRate: 6_000_000, held: [9_000_000, size] } as const;
const fast = { totalRate: 100_000_000, held: null };
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Resolves when that many bytes have come; from then on next to nothing comes until the server is made fast. */
async function under(server: RangeServer, run: CliRun, bytes = 2_000_000): Promise<void> {
  await run.event(({ event, done }) => event === 'progress' && Number(done) > bytes);
  server.set({ totalRate: 20_000 });
}

/** What the store of a home knows to be on the disk. */
function journalled(home: string): Ranges {
  using store = new DatabaseSync(join(home, 'store.db'), { readOnly: true });
  const journal = store.prepare('SELECT journal FROM jobs').get()?.['journal'];
  return typeof journal === 'string' ? (JSON.parse(journal) as { committed: Ranges }).committed : [];
}

it('Ctrl-C pauses and says how to go on; `resume` finishes without fetching again', async () => {
  await using server = await startRangeServer(slow);
  await using box = new Sandbox();
  const get = box.run('get', server.url, '--json');
  await under(server, get);
  get.kill('SIGINT');
  expect(await get.ended).toBe(130);
  expect(get.events.at(-1)).toMatchObject({ event: 'paused', size });
  expect(existsSync(box.path('file.bin'))).toBe(false);
  expect(existsSync(box.path('file.bin.sluice'))).toBe(true);

  server.set({ ...fast, held: longestKept(journalled(box.home)) });
  const { id } = get.events[0] as unknown as { id: string };
  const resume = box.run('resume', id.slice(0, 4));
  expect(await resume.ended).toBe(0);
  expect(resume.stdout).toEqual([box.path('file.bin')]);
  expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
});

it('the command that is printed works, and so does the same command again', async () => {
  await using server = await startRangeServer(slow);
  await using box = new Sandbox();
  const get = box.run('get', server.url, '--home', 'my home');
  await expect.poll(() => server.bytesSent).toBeGreaterThan(1_000_000);
  server.set({ totalRate: 20_000 });
  get.kill('SIGINT');
  const note = await get.note(/Go on with the same command/);
  expect(await get.ended).toBe(130);
  expect(note).toMatch(/sluice resume --home 'my home' \w{4,8}$/);

  server.set(fast);
  const again = box.run('get', server.url, '--home', 'my home', '--json');
  expect(await again.ended).toBe(0);
  expect(again.events[0]).toMatchObject({ event: 'added', resumed: true });
  expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
  const list = box.run('list', '--home', 'my home');
  await list.ended;
  expect(list.stdout).toHaveLength(1);
});

it('a reader of stdout who goes away ends it as Ctrl-C does: paused, and not a word of an error', async () => {
  await using server = await startRangeServer(slow);
  await using box = new Sandbox();
  const get = box.run('get', server.url, '--json');
  await under(server, get);
  get.hangUp();
  expect([await get.ended, get.stderr]).toEqual([130, []]);

  const list = box.run('list', '--json');
  expect(await list.ended).toBe(0);
  expect(JSON.parse(list.stdout[0] ?? '')).toMatchObject({ state: { kind: 'paused' } });
});

it('the two signals that npm makes of one Ctrl-C count as one', async () => {
  await using server = await startRangeServer(slow);
  await using box = new Sandbox();
  const get = box.run('get', server.url, '--json');
  await under(server, get);
  get.kill('SIGINT');
  get.kill('SIGINT');
  expect(await get.ended).toBe(130);
  expect(get.events.at(-1)).toMatchObject({ event: 'paused' });
});

it('after kill -9 the same command goes on from what was journalled', async () => {
  await using server = await startRangeServer(slow);
  await using box = new Sandbox();
  const get = box.run('get', server.url, '--json');
  await under(server, get, 6_000_000);
  await expect.poll(() => journalled(box.home)).not.toEqual([]);
  get.kill('SIGKILL');
  await get.ended;

  server.set({ ...fast, held: longestKept(journalled(box.home)) });
  const again = box.run('get', server.url, '--json');
  expect(await again.ended).toBe(0);
  expect(again.events[0]).toMatchObject({ event: 'added', resumed: true });
  expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
});

it('credentials are sent again after a pause, and no file in the home has them', async () => {
  await using server = await startRangeServer(slow);
  await using box = new Sandbox();
  const secret = 'Bearer s3cret-of-ada';
  const get = box.run('get', server.url, '--json', '--header', `Authorization: ${secret}`);
  await under(server, get);
  get.kill('SIGINT');
  expect(await get.ended).toBe(130);

  server.set(fast);
  expect(await box.run('resume', '--all').ended).toBe(0);
  expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([secret]));
  const files = readdirSync(box.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(2);
  for (const { parentPath, name } of files) {
    expect(readFileSync(join(parentPath, name), 'latin1')).not.toContain('s3cret');
  }
});
