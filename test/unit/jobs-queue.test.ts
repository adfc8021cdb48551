import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failure, SluiceError } from '../../shared/failure.ts';
import type { Ranges } from '../../shared/job.ts';
import { codeOf, createWorld, journal, meter, retry, until, type World } from './jobs-world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

/** Adds a job and brings it to where bytes of it are on the disk. */
async function running(name = 'a.bin', size: number | null = 1000, committed: Ranges = [[0, 400]]): Promise<string> {
  const id = world.add();
  await world.downloads.running(id);
  writeFileSync(join(world.files, `${name}.sluice`), 'x'.repeat(400));
  world.downloads.tell(id, { kind: 'started', journal: journal(name, size) });
  world.downloads.tell(id, { kind: 'committed', journal: journal(name, size, committed) });
  return id;
}

async function inAttention(code: 'changed' | 'disk-full' | 'folder-missing'): Promise<string> {
  const id = await running();
  world.downloads.end(id, { kind: 'attention', failure: failure(code, { folder: world.files }) });
  return id;
}

const files = () => readdirSync(world.files).toSorted();

describe('the queue', () => {
  test('runs as many as it may, in order, and the next when one ends', async () => {
    const ids = Array.from({ length: 5 }, () => world.add());
    await Promise.all(ids.slice(0, 3).map((id) => world.downloads.running(id)));
    expect(ids.map(world.state)).toEqual(['starting', 'starting', 'starting', 'queued', 'queued']);
    world.downloads.end(ids[1]!, { kind: 'failed', failure: failure('not-found') });
    await world.downloads.running(ids[3]!);
    expect(ids.map(world.state)).toEqual(['starting', 'failed', 'starting', 'starting', 'queued']);
    expect(world.downloads.mostAtOnce).toBe(3);
  });

  test('starts more when more may run, and stops none when fewer may', async () => {
    const ids = Array.from({ length: 5 }, () => world.add());
    await world.jobs.setSettings({ maxActive: 5 });
    await Promise.all(ids.map((id) => world.downloads.running(id)));
    await world.jobs.setSettings({ maxActive: 1 });
    expect(world.downloads.runs.size).toBe(5);
  });

  test('follows the order that the person gives', async () => {
    await world.jobs.setSettings({ maxActive: 1 });
    const [a, b, c, d] = Array.from({ length: 4 }, () => world.add()) as [string, string, string, string];
    await world.downloads.running(a);
    world.jobs.reorder([d, c], b);
    expect(world.jobs.list().map((job) => job.id)).toEqual([a, d, c, b]);
    world.jobs.reorder([d], null);
    expect(world.jobs.list().map((job) => job.id)).toEqual([a, c, b, d]);
    world.downloads.end(a, { kind: 'failed', failure: failure('not-found') });
    await world.downloads.running(c);
    expect(codeOf(() => world.jobs.reorder([a], 'nobody'))).toBe('unknown-job');
  });

  test('keeps an order however often a gap is halved', () => {
    const ids = Array.from({ length: 4 }, () => world.add({ paused: true }));
    let expected = ids;
    for (let i = 0; i < 300; i += 1) {
      const moving = expected[3]!;
      world.jobs.reorder([moving], expected[1]!);
      expected = [expected[0]!, moving, expected[1]!, expected[2]!];
      expect(world.jobs.list().map((job) => job.id)).toEqual(expected);
    }
  });

  test('a job added as paused waits for the person', async () => {
    const id = world.add({ paused: true });
    const other = world.add();
    await world.downloads.running(other);
    expect(world.state(id)).toBe('paused');
    world.jobs.resume([id]);
    await world.downloads.running(id);
  });

  test('limits and connections reach the run', async () => {
    const id = world.add({ limit: 500, connections: 4 });
    await world.downloads.running(id);
    expect(world.downloads.started[0]).toMatchObject({ limit: 500, connections: 4 });
    world.jobs.setLimit(id, 900);
    await world.jobs.setSettings({ limit: 5000 });
    expect(world.downloads.limits).toEqual([
      [id, 900],
      [null, 5000],
    ]);
    expect(world.jobs.get(id).limit).toBe(900);
    expect(codeOf(() => world.jobs.setLimit(id, -1))).toBe('bad-input');
  });
});

describe('a run', () => {
  test('tells its job the name, the size and why it can go on', async () => {
    const id = await running('real name.zip');
    expect(world.jobs.get(id)).toMatchObject({
      name: 'real name.zip',
      size: 1000,
      done: 400,
      ranges: [[0, 400]],
      resumability: 'strong-etag',
      state: { kind: 'running' },
    });
  });

  test('shows written bytes while it runs and durable ones when it does not', async () => {
    const id = await running();
    world.downloads.figures = [meter(id, 700)];
    world.jobs.subscribe(() => {})();
    expect(world.jobs.get(id).done).toBe(700);
    world.jobs.pause([id]);
    await until(() => world.state(id) === 'paused');
    expect(world.jobs.get(id).done).toBe(400);
  });

  test('goes on from its journal after a pause', async () => {
    const id = await running();
    world.jobs.pause([id]);
    expect(world.state(id)).toBe('pausing');
    await until(() => world.state(id) === 'paused');
    world.jobs.resume([id]);
    const run = await world.downloads.running(id);
    expect(run.resume).toEqual(journal('a.bin', 1000, [[0, 400]]));
  });

  test('that is paused before it began never reaches the network', async () => {
    const id = world.add();
    await Promise.resolve();
    expect(world.state(id)).toBe('starting');
    world.jobs.pause([id]);
    await until(() => world.state(id) === 'paused');
    expect(world.downloads.started).toEqual([]);
  });

  test('that completes while it is being paused is complete', async () => {
    world.downloads.obedient = false;
    const id = await running();
    world.jobs.pause([id]);
    world.downloads.end(id, { kind: 'completed', name: 'a (1).bin', size: 1000, proof: 'checksum' });
    expect(world.jobs.get(id)).toMatchObject({
      state: { kind: 'completed', at: world.clock.now(), proof: 'checksum' },
      name: 'a (1).bin',
      done: 1000,
    });
    expect(world.jobs.fileOf(id)).toBe(join(world.files, 'a (1).bin'));
  });

  test('tries again by itself, later each time, and not while it waits', async () => {
    const id = world.add();
    for (const delay of [1000, 2000, 4000]) {
      await world.downloads.running(id);
      world.downloads.end(id, retry('connection-lost'));
      expect(world.state(id)).toBe('waiting');
      await world.clock.advance(delay - 1);
      expect(world.state(id)).toBe('waiting');
      await world.clock.advance(1);
    }
    await world.downloads.running(id);
    expect(world.downloads.started).toHaveLength(4);
  });

  test('gives its place to others while it waits', async () => {
    await world.jobs.setSettings({ maxActive: 1 });
    const [first, second] = [world.add(), world.add()];
    await world.downloads.running(first);
    world.downloads.end(first, retry('too-busy', { retryAfter: 60_000 }));
    await world.downloads.running(second);
    await world.clock.advance(60_000);
    expect(world.state(first)).toBe('queued');
    world.downloads.end(second, { kind: 'failed', failure: failure('not-found') });
    await world.downloads.running(first);
  });

  test('gives up after ten tries without a byte, keeps what there is, and can be asked again', async () => {
    const id = await running();
    for (let i = 0; i < 10; i += 1) {
      await world.downloads.running(id);
      world.downloads.end(id, retry('connection-lost'));
      expect(world.state(id)).toBe('waiting');
      await world.clock.advance(60_000);
    }
    await world.downloads.running(id);
    world.downloads.end(id, retry('connection-lost'));
    expect(world.jobs.get(id)).toMatchObject({ state: { kind: 'failed' }, done: 400 });
    world.jobs.retry([id]);
    const run = await world.downloads.running(id);
    expect(run.resume?.committed).toEqual([[0, 400]]);
    world.downloads.end(id, retry('connection-lost'));
    expect(world.state(id)).toBe('waiting');
  });

  test('waits as long as there is no network, and spends no tries', async () => {
    const id = world.add();
    await world.downloads.running(id);
    world.online = false;
    world.downloads.end(id, retry('host-not-found'));
    const first = world.jobs.get(id).state;
    expect(first).toMatchObject({ kind: 'waiting', reason: 'offline', attempt: 1 });
    await world.clock.advance(3_600_000);
    expect(world.jobs.get(id).state).toMatchObject({ kind: 'waiting', reason: 'offline', attempt: 1 });
    expect(world.downloads.started).toHaveLength(1);
    world.online = true;
    await world.clock.advance(5000);
    await world.downloads.running(id);
  });

  test('that waits can be told to go on now', async () => {
    const id = world.add();
    await world.downloads.running(id);
    world.downloads.end(id, retry('too-busy', { retryAfter: 3_600_000 }));
    world.jobs.resume([id]);
    await world.downloads.running(id);
    world.downloads.end(id, retry('too-busy', { retryAfter: 3_600_000 }));
    world.jobs.pause([id]);
    expect(world.state(id)).toBe('paused');
    await world.clock.advance(7_200_000);
    expect(world.state(id)).toBe('paused');
  });

  test('that stops by itself is a failure, not a riddle', async () => {
    const id = await running();
    world.downloads.end(id, { kind: 'stopped' });
    expect(world.jobs.get(id).state).toMatchObject({ kind: 'failed', failure: { code: 'internal' } });
  });

  test('what a former run still says changes nothing', async () => {
    const id = world.add();
    const old = await world.downloads.running(id);
    world.downloads.end(id, { kind: 'failed', failure: failure('not-found') });
    old.onEvent({ kind: 'started', journal: journal('ghost', 1) });
    old.onEvent({ kind: 'ended', outcome: { kind: 'completed', name: 'ghost', size: 1, proof: 'size' } });
    expect(world.jobs.get(id)).toMatchObject({ state: { kind: 'failed' }, size: null });
  });
});

describe('cancel and remove', () => {
  test('cancel deletes the part file, and a retry begins anew', async () => {
    const id = await running();
    world.jobs.cancel([id]);
    await until(() => world.state(id) === 'cancelled' && world.jobs.get(id).done === 0);
    expect(files()).toEqual([]);
    world.jobs.retry([id]);
    expect((await world.downloads.running(id)).resume).toBeNull();
  });

  test('a retry right after cancel waits for the old file to be gone', async () => {
    const id = await running();
    world.jobs.pause([id]);
    await until(() => world.state(id) === 'paused');
    world.jobs.cancel([id]);
    world.jobs.retry([id]);
    expect((await world.downloads.running(id)).resume).toBeNull();
    expect(files()).toEqual([]);
  });

  test('cancel of a job that never began deletes nothing', async () => {
    mkdirSync(world.files);
    writeFileSync(join(world.files, 'mine.bin.sluice'), 'not yours');
    const id = world.add({ paused: true, name: 'mine.bin' });
    world.jobs.cancel([id]);
    expect(world.state(id)).toBe('cancelled');
    await world.jobs.remove([id], true);
    expect(files()).toEqual(['mine.bin.sluice']);
  });

  test('remove ends the run first, and takes the file only where asked', async () => {
    const [keep, drop] = [await running('keep.bin'), await running('drop.bin')];
    await Promise.all([world.jobs.remove([keep], false), world.jobs.remove([drop], true)]);
    expect(world.jobs.list()).toEqual([]);
    expect(world.downloads.runs.size).toBe(0);
    expect(files()).toEqual(['keep.bin.sluice']);
  });

  test('remove of a finished job deletes exactly its file', async () => {
    const id = await running('done.bin');
    writeFileSync(join(world.files, 'done.bin'), 'whole');
    writeFileSync(join(world.files, 'other.bin'), 'other');
    rmSync(join(world.files, 'done.bin.sluice'));
    world.downloads.end(id, { kind: 'completed', name: 'done.bin', size: 1000, proof: 'size' });
    await world.jobs.remove([id], true);
    expect(files()).toEqual(['other.bin']);
  });

  test('a file that cannot be deleted keeps its job and says so', async () => {
    const id = await running('a.bin');
    rmSync(join(world.files, 'a.bin.sluice'));
    mkdirSync(join(world.files, 'a.bin.sluice'));
    await expect(world.jobs.remove([id], true)).rejects.toBeInstanceOf(SluiceError);
    expect(world.jobs.list()).toHaveLength(1);
    expect(world.state(id)).toBe('cancelled');
  });

  test('one that waited, and whose file cannot be deleted, is paused: nothing would end its wait', async () => {
    const id = await running('a.bin');
    world.downloads.end(id, retry('connection-lost'));
    expect(world.state(id)).toBe('waiting');
    rmSync(join(world.files, 'a.bin.sluice'));
    mkdirSync(join(world.files, 'a.bin.sluice'));
    await expect(world.jobs.remove([id], true)).rejects.toBeInstanceOf(SluiceError);
    expect(world.state(id)).toBe('paused');
  });

  test('who asks for a job again while its files go comes too late', async () => {
    const id = await running();
    world.jobs.pause([id]);
    await until(() => world.state(id) === 'paused');
    const removed = world.jobs.remove([id], true);
    world.jobs.resume([id]);
    await removed;
    expect([world.jobs.list(), world.downloads.runs.size, files()]).toEqual([[], 0, []]);
  });
});

describe('attention', () => {
  test('comes with choices, and keeps the bytes', async () => {
    const id = await inAttention('changed');
    expect(world.jobs.get(id)).toMatchObject({
      state: { kind: 'attention', failure: { code: 'changed' }, choices: ['start-over', 'keep', 'open-link'] },
      done: 400,
    });
    await expect(world.jobs.decide(id, 'change-folder', { folder: world.files })).rejects.toMatchObject({
      code: 'not-in-this-state',
    });
  });

  test('start over: the old bytes go first', async () => {
    const id = await inAttention('changed');
    await world.jobs.decide(id, 'start-over');
    expect(files()).toEqual([]);
    expect((await world.downloads.running(id)).resume).toBeNull();
  });

  test('keep: stopped, with its bytes', async () => {
    const id = await inAttention('changed');
    await world.jobs.decide(id, 'keep');
    expect(world.jobs.get(id)).toMatchObject({ state: { kind: 'paused' }, done: 400 });
    expect(files()).toEqual(['a.bin.sluice']);
  });

  test('change folder: the bytes move, the job goes on there, nothing there is replaced', async () => {
    const id = await inAttention('disk-full');
    const other = join(world.home, '..', 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'a.bin'), 'there before');
    await world.jobs.decide(id, 'change-folder', { folder: other });
    const run = await world.downloads.running(id);
    expect(run.spec.folder).toBe(other);
    expect(run.resume).toMatchObject({ name: 'a (1).bin', committed: [[0, 400]] });
    expect(files()).toEqual([]);
    expect(readFileSync(join(other, 'a (1).bin.sluice'), 'utf8')).toBe('x'.repeat(400));
    expect(readFileSync(join(other, 'a.bin'), 'utf8')).toBe('there before');
  });

  test('change folder: one that cannot be used changes nothing', async () => {
    const id = await inAttention('disk-full');
    await expect(world.jobs.decide(id, 'change-folder', { folder: 'relative' })).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(world.jobs.decide(id, 'change-folder')).rejects.toMatchObject({ code: 'bad-input' });
    expect(world.jobs.get(id)).toMatchObject({ state: { kind: 'attention' }, folder: world.files, done: 400 });
  });

  test('change folder: a move that cannot be recorded is undone, and nothing is lost', async () => {
    const id = await inAttention('disk-full');
    const other = join(world.home, '..', 'elsewhere');
    const store = new DatabaseSync(join(world.home, 'store.db'));
    store.exec('BEGIN IMMEDIATE');
    await expect(world.jobs.decide(id, 'change-folder', { folder: other })).rejects.toMatchObject({
      code: 'disk-error',
    });
    expect(() => world.jobs.setSettings({ limit: 5000 })).toThrow(SluiceError);
    expect(world.jobs.get(id)).toMatchObject({ state: { kind: 'attention' }, folder: world.files, done: 400 });
    expect([files(), readdirSync(other)]).toEqual([['a.bin.sluice'], []]);
    store.exec('ROLLBACK');
    store.close();
    await world.jobs.decide(id, 'change-folder', { folder: other });
    expect((await world.downloads.running(id)).resume).toMatchObject({ committed: [[0, 400]] });
    expect(readdirSync(other)).toEqual(['a.bin.sluice']);
  });

  test('change folder while the old drive is away: begins anew', async () => {
    const id = await inAttention('folder-missing');
    rmSync(world.files, { recursive: true });
    await world.jobs.decide(id, 'change-folder', { folder: join(world.home, '..', 'new') });
    expect((await world.downloads.running(id)).resume).toBeNull();
  });
});

/** More than a disk's block, which the smallest file takes. */
const MB = 1_000_000;

describe('free space', () => {
  test('a job whose rest does not fit never starts, and says what is missing', async () => {
    const id = await running('a.bin', 1000 * MB, [[0, 400 * MB]]);
    world.jobs.pause([id]);
    await until(() => world.state(id) === 'paused');
    world.free = 599 * MB;
    world.jobs.resume([id]);
    await until(() => world.state(id) === 'attention');
    expect(world.jobs.get(id).state).toMatchObject({
      failure: { code: 'disk-full', params: { folder: world.files, free: '599 MB', needed: '600 MB' } },
      choices: ['change-folder', 'retry', 'keep'],
    });
    world.free = 600 * MB;
    world.jobs.retry([id]);
    await world.downloads.running(id);
  });

  test('what others have still to write is not free', async () => {
    world.free = 1000 * MB;
    const first = await running('a.bin', 900 * MB, [[0, 300 * MB]]);
    const second = await running('b.bin', 401 * MB, []);
    await until(() => world.state(second) === 'attention');
    expect(world.jobs.get(second).state).toMatchObject({ failure: { params: { free: '400 MB', needed: '401 MB' } } });
    expect(await world.jobs.folderInfo(world.files)).toEqual({
      path: world.files,
      free: 1000 * MB,
      available: 400 * MB,
    });
    // As the first one writes, its claim becomes bytes on the disk: the sum stays.
    world.free = 700 * MB;
    world.downloads.figures = [meter(first, 600 * MB)];
    world.jobs.subscribe(() => {})();
    expect((await world.jobs.folderInfo(world.files)).available).toBe(400 * MB);
    world.downloads.end(first, { kind: 'completed', name: 'a.bin', size: 900 * MB, proof: 'size' });
    expect((await world.jobs.folderInfo(world.files)).available).toBe(700 * MB);
  });

  test('what is reserved on the disk for a file is not free already, and is not counted twice', async () => {
    const first = await running('a.bin', 10 * MB, [[0, MB]]);
    writeFileSync(join(world.files, 'a.bin.sluice'), Buffer.alloc(10 * MB, 1));
    world.free = 5 * MB;
    expect((await world.jobs.folderInfo(world.files)).available).toBe(5 * MB);
    await running('b.bin', 5 * MB, []);
    world.free = 0;
    world.jobs.pause([first]);
    await until(() => world.state(first) === 'paused');
    world.jobs.resume([first]);
    await world.downloads.running(first);
  });

  test('jobs that start together do not both take the last bytes', async () => {
    const ids = [await running('a.bin', 700 * MB, []), await running('b.bin', 700 * MB, [])];
    world.jobs.pause(ids);
    await until(() => ids.every((id) => world.state(id) === 'paused'));
    world.free = 1000 * MB;
    world.jobs.resume(ids);
    await until(() => ids.some((id) => world.state(id) === 'attention'));
    await until(() => world.downloads.runs.size === 1);
    expect(ids.map(world.state).toSorted()).toEqual(['attention', 'starting']);
  });
});

describe('actions', () => {
  test('with one id, what cannot be done is an error; with several it is left out', async () => {
    const id = await running();
    const paused = world.add({ paused: true });
    expect(codeOf(() => world.jobs.resume([id]))).toBe('not-in-this-state');
    expect(codeOf(() => world.jobs.retry([paused]))).toBe('not-in-this-state');
    expect(codeOf(() => world.jobs.pause(['nobody']))).toBe('unknown-job');
    expect(codeOf(() => world.jobs.get('nobody'))).toBe('unknown-job');
    expect(codeOf(() => world.jobs.pause([id, paused, 'nobody', id]))).toBeNull();
    await until(() => world.state(id) === 'paused');
    await expect(world.jobs.remove(['nobody'], false)).rejects.toMatchObject({ code: 'unknown-job' });
  });

  test('a request that is bad changes nothing; the others are added', () => {
    const results = world.jobs.add([
      { url: 'https://example.com/a' },
      { url: 'nonsense' },
      { url: 'https://example.com/b', checksum: 'x' },
      { url: 'https://example.com/c', folder: 'relative' },
      { url: 'https://example.com/d', headers: { Host: 'evil' } },
    ]);
    expect(results.map((result) => (result.ok ? 'ok' : result.failure.code))).toEqual([
      'ok',
      'not-a-url',
      'bad-checksum',
      'bad-input',
      'bad-input',
    ]);
    expect(world.jobs.list()).toHaveLength(1);
  });

  test('detail of a job that does not run says where its file is and what happened', async () => {
    const id = await running();
    world.downloads.tell(id, { kind: 'activity', level: 'info', text: '4 connections' });
    world.downloads.end(id, retry('connection-lost'));
    const detail = world.jobs.detail(id);
    expect(detail.file).toBe(join(world.files, 'a.bin.sluice'));
    expect(detail).toMatchObject({ kind: 'download', identity: { size: 1000 } });
    expect(detail.activity.map((line) => line.text)).toEqual([
      '4 connections',
      expect.stringContaining('example.com closed the connection early'),
    ]);
  });
});
