/**
 * What goes wrong on this computer while an engine downloads (faults.md 57, 63, 65-71), through the whole engine.
 * 67 is in download-run.test.ts too, and how long 70 is waited for in files-part.test.ts.
 */
import { open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEngine, type Engine } from '../../electron/engine/index.ts';
import type { Job } from '../../shared/job.ts';
import { startFaultServer } from '../servers/fault-server.ts';
import { hostileNames } from '../servers/faults/index.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { startEngine, type EngineHandle } from '../torture/engine-handle.ts';
import { canFillDisks, injectDisk, mountSmallDisk } from '../torture/small-disk.ts';
import { sha256Of } from './download-driver.ts';
import { addOne, reaches, until } from './engine-watch.ts';
import { asked } from './fault-row.ts';
import { longestKept } from './kept-bytes.ts';

const MIB = 1 << 20;
/** A run that goes on asks for so much before its gap once more, and compares it. */
const OVERLAP = 64 << 10;
/** Not round, so that the size is not doubted (fault 22). */
const SIZE = 8 * MIB + 4321;
const SLOW = { size: SIZE, totalRate: 3 * MIB };
/** The end does not come before what the test does has been done, however late that is. */
const HELD = { ...SLOW, held: [7 * MIB, SIZE] } as const;
const ON = { held: null };
/** Still slower than the reader, so that the server does not count what nobody came to read. */
const FASTER = { totalRate: 12 * MIB };

let root: string;
let home: string;
let folder: string;
let engine: Engine | null = null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-local-'));
  home = join(root, 'home');
  folder = join(root, 'files');
});
afterEach(async () => {
  await engine?.close();
  engine = null;
  rmSync(root, { recursive: true, force: true });
});

async function openHere(autoStart = true): Promise<Engine> {
  engine = await openEngine({ home, downloadsFolder: folder, autoStart });
  return engine;
}

const fileIn = (job: Job) => join(job.folder, job.name);
const isUnderWay = (job: Job, done: number) => job.state.kind === 'running' && done > 2 * MIB;

/** A run asks once for each of its connections, and a few times for what they leave. */
const MANY = 32;

/** Only the first request takes the file as it is: all others are for a part, and only of that same file. */
function expectConditions({ requests }: RangeServer): void {
  const [first, ...others] = requests.map(({ headers }) => headers);
  expect(first?.range).toBe('bytes=0-');
  expect(requests.length).toBeLessThanOrEqual(MANY);
  for (const headers of others) {
    expect(headers.range).toMatch(/^bytes=\d+-/);
    expect(headers['if-match'] ?? headers['if-range']).toBe(`"1-${SIZE}"`);
  }
}

/**
 * Nothing begins again, and what comes twice is what was on its way. Where it was stopped in the middle that may be all
 * but the MiB that was surely kept: a process that gets no turn leaves it with the system.
 */
function expectOnlyParts(server: RangeServer): void {
  expectConditions(server);
  expect(server.requests.slice(1).filter(({ headers }) => headers.range === 'bytes=0-')).toEqual([]);
  expect(server.bytesSent).toBeLessThan(2 * SIZE - MIB);
}

test.runIf(canFillDisks())(
  '65: a disk that fills up stops the download with its bytes kept, and it goes on from there',
  async () => {
    await using server = await startRangeServer(HELD);
    using disk = mountSmallDisk(join(root, 'disk'), 32 * MIB);
    if (!disk) throw new Error('the disk could be mounted before');
    folder = join(disk.path, 'files');
    const running = await openHere();
    const id = addOne(running, { url: server.url });
    await until(running, id, isUnderWay);
    disk.fill();
    server.set(ON);
    const stopped = await reaches(running, id, 'attention');
    expect(stopped.state).toMatchObject({
      failure: { code: 'disk-full' },
      choices: expect.arrayContaining(['retry', 'change-folder']) as string[],
    });
    expect(stopped.done).toBeGreaterThan(MIB);
    expect(await readdir(folder)).toEqual(['file.bin.sluice']);

    disk.empty();
    running.retry([id]);
    const job = await reaches(running, id, 'completed');
    expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
    expectOnlyParts(server);
    await running.close();
  },
);

/** The job in an engine of another process, as soon as it is in a state. */
async function stateOf(engine: EngineHandle, id: string, kind: Job['state']['kind']): Promise<Job> {
  await expect.poll(async () => (await engine.call('get', id)).state.kind).toBe(kind);
  return engine.call('get', id);
}

test.each(['there is room again', 'another folder is chosen'])(
  '65: a file system without room (injected) keeps what it has, and the download goes on when %s',
  async (what) => {
    await using server = await startRangeServer(HELD);
    const disk = injectDisk(join(root, 'disk'));
    folder = join(disk.path, 'files');
    const other = await startEngine({ home, folder, hold: false, clockOffset: 0, disk });
    try {
      const [added] = await other.call('add', [{ url: server.url, connections: 4 }]);
      if (!added?.ok) throw new Error('not added');
      const { id } = added;
      const done = async () => (await other.call('get', id)).done;
      await expect.poll(done).toBeGreaterThan(MIB);
      disk.fill(300_000);
      server.set(ON);
      const stopped = await stateOf(other, id, 'attention');
      expect(stopped.state).toMatchObject({
        failure: { code: 'disk-full' },
        choices: expect.arrayContaining(['retry', 'change-folder']) as string[],
      });
      expect(stopped.done).toBeGreaterThan(MIB);
      expect(await readdir(folder)).toEqual(['file.bin.sluice']);

      if (what === 'there is room again') {
        disk.empty();
        await other.call('retry', [id]);
      } else {
        await other.call('decide', id, 'change-folder', { folder: join(root, 'elsewhere') });
      }
      const job = await stateOf(other, id, 'completed');
      expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
      expect(await readdir(folder)).toEqual(what === 'there is room again' ? ['file.bin'] : []);
      expectOnlyParts(server);
    } finally {
      await other.kill();
    }
  },
);

test('66: a folder that goes away while it is written to, and comes back, costs nothing', async () => {
  await using server = await startRangeServer(HELD);
  const running = await openHere();
  const id = addOne(running, { url: server.url });
  await until(running, id, isUnderWay);
  await rename(folder, join(root, 'away'));
  server.set(ON);
  const stopped = await reaches(running, id, 'attention');
  expect(stopped.state).toMatchObject({ failure: { code: 'folder-missing' } });
  expect(stopped.done).toBeGreaterThan(2 * MIB);

  // Still away: nothing is made in its place that would hide it.
  running.retry([id]);
  await until(running, id, ({ state }) => state.kind !== 'attention');
  expect((await reaches(running, id, 'attention')).state).toMatchObject({ failure: { code: 'folder-missing' } });
  expect(await readdir(root)).not.toContain('files');

  await rename(join(root, 'away'), folder);
  running.retry([id]);
  const job = await until(running, id, ({ state }) => state.kind === 'completed');
  expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
  expectOnlyParts(server);
});

/** An engine in a process of its own that is killed in the middle of a download; the job's id. */
async function killedHalfway(server: RangeServer): Promise<string> {
  const doomed = await startEngine({ home, folder, hold: false, clockOffset: 0 });
  const [added] = await doomed.call('add', [{ url: server.url, connections: 4 }]);
  if (!added?.ok) throw new Error('not added');
  await expect.poll(() => server.bytesSent, { interval: 20 }).toBeGreaterThan(6 * MIB);
  await expect.poll(async () => (await doomed.call('get', added.id)).done).toBeGreaterThan(0);
  await doomed.kill();
  server.set(ON);
  return added.id;
}

test('68: bytes that were not journalled when the process died are not trusted', async () => {
  await using server = await startRangeServer(HELD);
  const id = await killedHalfway(server);

  const later = await openHere(false);
  const stopped = later.get(id);
  if (stopped.kind !== 'download') throw new Error('it is a download');
  const { ranges, name } = stopped;
  expect(ranges.length).toBeGreaterThan(0);
  await using part = await open(join(folder, `${name}.sluice`), 'r+');
  let at = 0;
  for (const [start, end] of [...ranges, [SIZE, SIZE] as const]) {
    await part.write(Buffer.alloc(start - at, 0xee), 0, start - at, at);
    at = end;
  }
  server.set({ ...FASTER, held: longestKept(ranges) });
  later.resume([id]);
  const job = await reaches(later, id, 'completed');
  expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
  expectConditions(server);
});

test('68: a journal that was torn by a crash leads back to its last good state', async () => {
  await using server = await startRangeServer(HELD);
  const id = await killedHalfway(server);
  // The last transaction lost its end.
  const wal = join(home, 'store.db-wal');
  await using log = await open(wal, 'r+');
  await truncate(wal, (await log.stat()).size - 100);

  server.set(FASTER);
  const later = await openHere();
  expect(later.notices).toEqual([]);
  const job = await reaches(later, id, 'completed');
  expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
  expect(await readdir(folder)).toEqual(['file.bin']);
  // The last good state may be that it had begun, but it knew the file.
  expectConditions(server);
});

test('67: a part file that lost its end is fetched again from there, one that is gone is asked about', async () => {
  await using server = await startRangeServer(HELD);
  const running = await openHere();
  const id = addOne(running, { url: server.url, connections: 1 });
  await until(running, id, isUnderWay);
  running.pause([id]);
  const { done } = await until(running, id, ({ state }) => state.kind === 'paused');
  const part = join(folder, 'file.bin.sluice');
  await truncate(part, done - MIB);
  server.set({ ...FASTER, ...ON });
  const asksBefore = server.requests.length;
  running.resume([id]);
  const job = await reaches(running, id, 'completed');
  expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
  expect(server.requests[asksBefore]?.headers.range).toBe(`bytes=${done - MIB - OVERLAP}-`);
  expectOnlyParts(server);

  server.set(HELD);
  const other = addOne(running, { url: server.url, name: 'gone.bin', connections: 1 });
  await until(running, other, isUnderWay);
  running.pause([other]);
  await until(running, other, ({ state }) => state.kind === 'paused');
  await rm(join(folder, 'gone.bin.sluice'));
  const asks = server.requests.length;
  running.resume([other]);
  const stopped = await reaches(running, other, 'attention');
  expect(stopped.state).toMatchObject({ failure: { code: 'part-missing' } });
  expect(server.requests.length, 'nothing is fetched unasked').toBe(asks);
  expect(await readdir(folder)).toEqual(['file.bin']);
});

test('69: no zero fills the file up front: it takes no more room than what has come, and grows from its beginning', async () => {
  await using server = await startRangeServer({ size: SIZE, totalRate: 2 * MIB });
  const running = await openHere();
  const part = join(folder, 'file.bin.sluice');
  const id = addOne(running, { url: server.url, connections: 1 });
  for (const share of [0.1, 0.3, 0.5]) {
    await until(running, id, (_job, done) => done > share * SIZE);
    const { size, blocks } = await stat(part);
    // Where zeros between the parts take room, one stream leaves no room between them.
    expect(size).toBeLessThanOrEqual(server.bytesSent);
    expect(blocks * 512).toBeLessThanOrEqual(server.bytesSent + MIB);
  }
  // Where they do not, many streams write here and there, and still take no more.
  const many = addOne(running, { url: server.url, name: 'many.bin', connections: 4 });
  const sentBefore = server.bytesSent;
  await until(running, many, (_job, done) => done > 0.2 * SIZE);
  const { blocks } = await stat(join(folder, 'many.bin.sluice'));
  expect(blocks * 512).toBeLessThanOrEqual(server.bytesSent - sentBefore + 2 * MIB);
  server.set(FASTER);
  for (const one of [id, many]) {
    const job = await reaches(running, one, 'completed');
    expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
  }
  expect(server.requests.filter(({ headers }) => headers.range === 'bytes=0-')).toHaveLength(2);
});

test('70: a name that is refused for the moment is tried again, and nothing is fetched again for it', async () => {
  await using server = await startRangeServer({ size: SIZE });
  const disk = injectDisk(join(root, 'disk'));
  folder = join(disk.path, 'files');
  const other = await startEngine({ home, folder, hold: false, clockOffset: 0, disk });
  try {
    disk.holdNames();
    const [added] = await other.call('add', [{ url: server.url, connections: 1 }]);
    if (!added?.ok) throw new Error('not added');
    // Its name is taken already, so that nobody else gets it; it is empty as long as the part file may not go there.
    await expect.poll(() => readdir(folder)).toEqual(['file.bin', 'file.bin.sluice']);
    await expect.poll(() => other.call('get', added.id)).toMatchObject({ state: { kind: 'verifying' }, done: SIZE });
    expect(await sha256Of(join(folder, 'file.bin.sluice'))).toBe(await server.sha256());
    expect((await stat(join(folder, 'file.bin'))).size).toBe(0);

    disk.releaseNames();
    const job = await stateOf(other, added.id, 'completed');
    expect(await sha256Of(fileIn(job))).toBe(await server.sha256());
    expect(await readdir(folder)).toEqual(['file.bin']);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-']);
  } finally {
    await other.kill();
  }
});

test('71: hostile names stay inside the folder, and replace nothing', async () => {
  await using server = await startFaultServer();
  const running = await openHere();
  await running.setSettings({ maxActive: 4 });
  const variants = Object.keys(hostileNames);
  // Each name twice: the second download of it finds it taken.
  const jobs = await Promise.all(
    [...variants, ...variants].map(async (variant) => {
      const run = await server.play(71, { variant });
      const job = await reaches(running, addOne(running, { url: run.url }), 'completed');
      expect(await sha256Of(fileIn(job)), variant).toBe(run.sha256);
      expect(run.exchanges.map(asked), variant).toEqual(['0- 206']);
      return job;
    }),
  );
  const names = jobs.map(({ name }) => name);
  expect(new Set(names).size).toBe(2 * variants.length);
  expect((await readdir(folder)).toSorted()).toEqual(names.toSorted());
  expect((await readdir(root)).toSorted()).toEqual(['files', 'home']);
  for (const name of names) {
    expect(name).not.toMatch(/[\p{Cc}\p{Bidi_Control}/\\:*?"<>|]|^\.|[. ]$|^con\./iu);
    expect(Buffer.byteLength(`${name}.sluice`)).toBeLessThanOrEqual(255);
  }
});

test('57: a Retry-After of thirty years is not waited for', async () => {
  await using server = await startFaultServer();
  const run = await server.play(57, { variant: 'absurd' });
  const running = await openHere();
  const job = await until(running, addOne(running, { url: run.url }), ({ state }) => state.kind === 'waiting');
  if (job.state.kind !== 'waiting') throw new Error('it waits');
  expect(job.state.reason).toBe('retry-after');
  expect(job.state.until - Date.now()).toBeLessThanOrEqual(3_600_000);
  expect(job.state.until - Date.now()).toBeGreaterThan(3_500_000);
  expect(job.state.failure).toMatchObject({ code: 'too-busy' });
  expect(await readdir(folder)).toEqual([]);
  expect(run.exchanges.map(asked)).toEqual(['0- 503']);
});

test('63: a server that is gone for three seconds is waited for, and nothing begins again', async () => {
  await using server = await startFaultServer();
  const run = await server.play(63, { size: SIZE, rate: 4 * MIB });
  const running = await openHere();
  const job = await reaches(running, addOne(running, { url: run.url, connections: 1 }), 'completed');
  expect(await sha256Of(fileIn(job))).toBe(run.sha256);
  expect(run.exchanges.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(run.size * 1.25);
  const [first, ...others] = run.exchanges.map(asked);
  expect(first).toBe('0- 206');
  expect(others).toHaveLength(1);
  const [start = 0] = /^\d+/.exec(others[0] ?? '') ?? [];
  expect(Number(start), 'from where it stopped').toBeGreaterThan(run.size * 0.45);
});
