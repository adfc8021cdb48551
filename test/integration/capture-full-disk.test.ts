/** Captures on a disk that is full: each policy at the disk's end of the queue; nothing torn, nothing lost untold. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Disk, thisDisk } from '../../electron/engine/capture/capture-file.ts';
import { createCaptures } from '../../electron/engine/capture/captures.ts';
import type { CaptureSpec } from '../../electron/engine/capture/index.ts';
import { startFeedServer, type FeedServer } from '../servers/feed-server.ts';
import { mountSmallDisk, type SmallDisk } from '../torture/small-disk.ts';
import {
  begin,
  type CaptureHome,
  captureHome,
  captureSpec,
  expectOnlyTold,
  linesIn,
  numbersOf,
  soon,
  upTo,
} from './capture-world.ts';

let folder: string;
let server: FeedServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-capture-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const specOf = (options: Partial<CaptureSpec>) => captureSpec(server.origin, folder, options);

/** A disk with room for so many bytes: of the write that is too much it takes a part, as real ones do. */
function smallDisk(room: number): Disk & { room: number } {
  const disk = {
    ...thisDisk,
    room,
    async write(...[handle, bytes, position]: Parameters<Disk['write']>) {
      const taken = bytes.subarray(0, Math.min(bytes.length, disk.room));
      await thisDisk.write(handle, taken, position);
      if (taken.length < bytes.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      disk.room -= taken.length;
    },
  };
  return disk;
}

const total = 20_000;
const big = { padding: 200 };

describe('when the disk is full, a capture that', () => {
  test.each(['none', 'gzip', 'zstd'] as const)(
    'waits (block) holds the feed back, and goes on by itself where there is room again (%s)',
    async (compression) => {
      server = await startFeedServer({ total, ...big });
      const disk = smallDisk(5_000);
      const captures = createCaptures(disk);
      const run = begin(captures, specOf({ compression, whenDiskFull: 'block' }));
      await soon(() => captures.detail('a')?.diskFull ?? false);
      await soon(() => (captures.detail('a')?.depth.bytes ?? 0) > 200_000);
      expect(captures.meters()[0]).toMatchObject({ bottleneck: 'disk', dropped: 0 });
      expect(run.texts).toContain('The disk is full: records wait until there is room');
      disk.room = Infinity;
      await soon(() => captures.meters()[0]?.rows === total);
      expect(captures.detail('a')?.diskFull).toBe(false);
      captures.finish('a');
      expect(await run.outcome).toMatchObject({ kind: 'completed' });
      expect(numbersOf(linesIn(folder))).toEqual(upTo(total));
      expect(run.journal?.dropped).toBe(0);
    },
  );

  test('drops (drop-oldest) reads the feed on, though a full queue would hold it back, and tells what is missing', async () => {
    server = await startFeedServer({ total, ...big });
    const disk = smallDisk(100_000);
    const captures = createCaptures(disk);
    const run = begin(captures, specOf({ whenFull: 'block', whenDiskFull: 'drop-oldest' }));
    const seen = () => {
      const { rows = 0, dropped = 0 } = captures.meters()[0] ?? {};
      return { dropped: dropped ?? 0, sum: (rows ?? 0) + (dropped ?? 0) + (captures.detail('a')?.depth.records ?? 0) };
    };
    // The batch that waits is neither written nor in the queue: all else has come, and most of it has gone.
    await soon(() => seen().sum > total - 2_000 && seen().dropped > total / 2);
    expect(captures.detail('a')?.diskFull).toBe(true);
    disk.room = Infinity;
    await soon(() => seen().sum === total && captures.detail('a')?.depth.records === 0);
    captures.finish('a');
    await run.outcome;
    expectOnlyTold(folder, total, run.journal);
  });

  test('fails asks the person; what was kept is whole, and it goes on behind it', async () => {
    server = await startFeedServer({ total, ...big });
    const run = begin(createCaptures(smallDisk(100_000)), specOf({ whenDiskFull: 'fail' }));
    expect(await run.outcome).toMatchObject({ kind: 'attention', failure: { code: 'disk-full' } });
    const captures = createCaptures();
    const again = begin(captures, specOf({}), run.journal);
    await soon(() => captures.meters()[0]?.rows === total);
    captures.finish('a');
    await again.outcome;
    expect(numbersOf(linesIn(folder))).toEqual(upTo(total));
  });

  test('waits can be stopped, and goes on later; what is to be finished needs room, and asks', async () => {
    server = await startFeedServer({ total, ...big });
    const full = createCaptures(smallDisk(100_000));
    const run = begin(full, specOf({ whenDiskFull: 'block' }));
    await soon(() => full.detail('a')?.diskFull ?? false);
    full.stop('a');
    expect(await run.outcome).toEqual({ kind: 'stopped' });
    const still = createCaptures(smallDisk(0));
    const second = begin(still, specOf({ whenDiskFull: 'block' }), run.journal);
    await soon(() => still.detail('a')?.diskFull ?? false);
    still.finish('a');
    expect(await second.outcome).toMatchObject({ kind: 'attention', failure: { code: 'disk-full' } });
    const captures = createCaptures();
    const last = begin(captures, specOf({}), second.journal);
    await soon(() => captures.meters()[0]?.rows === total);
    captures.finish('a');
    await last.outcome;
    expect(numbersOf(linesIn(folder))).toEqual(upTo(total));
  });
});

describe.runIf(process.getuid?.() === 0)('on a file system that is full, a capture that', () => {
  const feed = () => ({ kind: 'sse', url: `${server.origin}/events` }) as const;

  /** A whole engine whose files go to a disk with 3 MB of room. */
  async function onFullDisk(act: (home: CaptureHome, disk: SmallDisk) => Promise<void>): Promise<void> {
    const home = await captureHome();
    server = await startFeedServer({ total, ...big });
    mkdirSync(home.files, { recursive: true });
    const disk = mountSmallDisk(home.files, 8 * 1024 * 1024);
    try {
      disk?.fill(3_000_000);
      if (disk) await act(home, disk);
    } finally {
      disk?.unmount();
      await home[Symbol.asyncDispose]();
    }
  }

  async function expectAll(home: CaptureHome, id: string): Promise<void> {
    await home.captured(id, total);
    expect(numbersOf(await home.finished(id))).toEqual(upTo(total));
    expect(home.job(id)).toMatchObject({ dropped: 0, rows: total });
  }

  test('fails asks the person, keeps all, and goes on after', () =>
    onFullDisk(async (home, disk) => {
      const id = home.capture(feed());
      await home.asks(id, 'disk-full');
      const { rows } = home.job(id);
      expect(rows).toBeGreaterThan(0);
      // Still full: it asks again, and what is kept is kept.
      home.engine.retry([id]);
      await home.soon(() => home.job(id).state.kind !== 'attention');
      await home.asks(id, 'disk-full');
      expect(home.job(id).rows).toBeGreaterThanOrEqual(rows);
      disk.empty();
      home.engine.retry([id]);
      await expectAll(home, id);
    }));

  test('waits goes on by itself', () =>
    onFullDisk(async (home, disk) => {
      const rotation = { bytes: 500_000, seconds: null, naming: 'number' } as const;
      const id = home.capture(feed(), { rotation, whenDiskFull: 'block' });
      await home.soon(() => home.detail(id).diskFull);
      expect(home.job(id).state.kind).toBe('running');
      disk.empty();
      await expectAll(home, id);
    }));
});
