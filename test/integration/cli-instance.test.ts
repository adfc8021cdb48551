/** Commands and the process that has the engine: one at a time, whoever it is. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../shared/job.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { Sandbox, type CliRun } from './cli-process.ts';

const size = 20_000_000;
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

let server: RangeServer;
let box: Sandbox;
beforeEach(async () => {
  // Its end is held back: what is done in the middle may be late.
  server = await startRangeServer({ size, totalRate: 2_000_000, held: [15_000_000, size] });
  box = new Sandbox();
});
afterEach(async () => {
  await box[Symbol.asyncDispose]();
  await server.close();
});

async function jobs(): Promise<Job[]> {
  const list = box.run('list', '--json');
  expect(await list.ended).toBe(0);
  return list.stdout.map((line) => JSON.parse(line) as Job);
}
const states = async () => (await jobs()).map(({ state }) => state.kind);
const code = (...args: string[]) => box.run(...args).ended;
/** Resolves when the download is well under way; from then on it gets nowhere until the server is made fast. */
async function under(run: CliRun): Promise<void> {
  await run.event(({ event, done }) => event === 'progress' && Number(done) > 500_000);
  server.set({ totalRate: 20_000 });
}
const fast = () => server.set({ totalRate: 100_000_000, held: null });

describe('with a running host', () => {
  it('pause and resume ask it, and return at once', async () => {
    const host = await box.host();
    const get = box.run('get', server.url, '--json');
    await under(get);
    const { id } = get.events[0] as unknown as { id: string };
    expect(await code('pause', id)).toBe(0);
    expect(await states()).toEqual(['paused']);
    await get.event(({ event, state }) => event === 'state' && state === 'paused');
    const seen = get.events.length;
    expect(await code('resume', id.slice(0, 5))).toBe(0);
    await get.event((event) => event.event === 'state' && get.events.indexOf(event) >= seen);
    expect(await code('quit')).toBe(0);
    expect(await host.ended).toBe(0);
  });

  it('cancel, retry and remove ask it, and return at once', async () => {
    await box.host();
    const get = box.run('get', server.url, '--json');
    await under(get);
    const { id } = get.events[0] as unknown as { id: string };
    expect(await code('cancel', '--all')).toBe(0);
    // It was cancelled from elsewhere: for `get` that is a download that failed.
    expect(await get.ended).toBe(3);
    expect(get.events.at(-1)).toMatchObject({ event: 'failed', code: 'cancelled' });
    expect(existsSync(box.path('file.bin.sluice'))).toBe(false);
    expect(await code('retry', id)).toBe(0);
    fast();
    await expect.poll(states).toEqual(['completed']);
    expect(await code('remove', id, '--delete-file')).toBe(0);
    expect(await states()).toEqual([]);
    expect(existsSync(box.path('file.bin'))).toBe(false);
    expect(await code('pause', id)).toBe(2);
  });

  it('get goes on by itself where the host is killed', async () => {
    const host = await box.host();
    const get = box.run('get', server.url);
    await expect.poll(() => server.bytesSent).toBeGreaterThan(1_000_000);
    server.set({ totalRate: 20_000 });
    host.kill('SIGKILL');
    await get.note(/Going on here/);
    fast();
    expect(await get.ended).toBe(0);
    expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
  });

  it('a second host prints the link of the first, and a port that is taken is told', async () => {
    const host = await box.host();
    const second = box.run('host');
    expect(await second.ended).toBe(0);
    expect(second.stdout).toEqual([`${host.url}/#token=${host.token}`]);
    const other = new Sandbox();
    try {
      const port = new URL(host.url).port;
      const run = other.run('host', '--port', port, '--json');
      expect(await run.ended).toBe(2);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});

describe('with nothing running', () => {
  it('list, cancel and remove act on the store, and start nothing', async () => {
    const get = box.run('get', server.url, '--json');
    await under(get);
    get.kill('SIGKILL');
    await get.ended;
    const asked = server.requests.length;
    const [job] = await jobs();
    expect(job).toMatchObject({ state: { kind: 'queued' }, size });
    expect(await code('pause', job!.id)).toBe(0);
    expect(await states()).toEqual(['paused']);
    expect(await code('cancel', job!.id)).toBe(0);
    expect(existsSync(box.path('file.bin.sluice'))).toBe(false);
    expect(await code('remove', '--all')).toBe(0);
    expect(await states()).toEqual([]);
    expect(server.requests).toHaveLength(asked);
  });

  it('get runs what it was asked for, and leaves the other jobs as they are', async () => {
    const first = box.run('get', server.url, '--json');
    await under(first);
    first.kill('SIGKILL');
    await first.ended;
    const asked = server.requests.length;
    fast();
    const url = `${server.url.replace('file.bin', 'small.bin')}?size=1000`;
    expect(await code('get', url)).toBe(0);
    expect(server.requests.slice(asked).every((request) => request.url.includes('small.bin'))).toBe(true);
    expect((await states()).toSorted()).toEqual(['completed', 'queued']);
  });

  it('quit says that nothing runs', async () => {
    const run = box.run('quit');
    expect(await run.ended).toBe(0);
    expect(run.stderr).toEqual(['Sluice is not running.']);
  });
});

describe('two terminals', () => {
  it('share the engine of the first, and the second goes on when the first is done', async () => {
    const small = `${server.url.replace('file.bin', 'small.bin')}?size=3000000`;
    server.set({ totalRate: 20_000 });
    const first = box.run('get', small, '--json');
    await first.event('added');
    const second = box.run('get', server.url, '--json');
    await second.event('added');
    server.set({ totalRate: 6_000_000 });
    expect(await first.ended).toBe(0);
    fast();
    expect(await second.ended).toBe(0);
    expect(sha256(box.path('file.bin'))).toBe(await server.sha256());
    expect(await states()).toEqual(['completed', 'completed']);
  });

  it('started at the same moment, one opens the store and both finish', async () => {
    fast();
    const runs = [1, 2, 3].map((n) => box.run('get', `${server.url.replace('file', `f${n}`)}?size=2000000`));
    expect(await Promise.all(runs.map((run) => run.ended))).toEqual([0, 0, 0]);
    expect(await states()).toEqual(['completed', 'completed', 'completed']);
  });

  it('a process that has the store but cannot be reached is told (5)', async () => {
    const host = await box.host();
    // Alive but silent, as in a debugger or on a stopped machine.
    host.kill('SIGSTOP');
    try {
      const run = box.run('list');
      expect(await run.ended).toBe(5);
      expect(run.stderr.join()).toContain(`Another Sluice (${host.pid})`);
    } finally {
      host.kill('SIGCONT');
    }
  });
});
