/** Captures on slow disks, over restarts and lost files: memory bounded, nothing torn, every gap told. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Disk, thisDisk } from '../../electron/engine/capture/capture-file.ts';
import { createCaptures } from '../../electron/engine/capture/captures.ts';
import type { CaptureSpec } from '../../electron/engine/capture/index.ts';
import { startFeedServer, type FeedServer } from '../servers/feed-server.ts';
import { begin, captureSpec, expectOnlyTold, linesIn, numbersOf, soon, textOf, upTo } from './capture-world.ts';

let folder: string;
let server: FeedServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-capture-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A disk that writes so many bytes a second. */
function slowDisk(rate: number): Disk {
  return {
    ...thisDisk,
    async write(handle, bytes, position) {
      await sleep((bytes.length / rate) * 1000);
      await thisDisk.write(handle, bytes, position);
    },
  };
}

const specOf = (options: Partial<CaptureSpec>) => captureSpec(server.origin, folder, options);

describe('on a disk that takes 1 MB/s, a feed that could send all at once', () => {
  const total = 40_000;
  const big = { padding: 400 };

  test('is held back (block): the server cannot go on, the queue keeps its bound, and all arrives', async () => {
    server = await startFeedServer({ total, ...big });
    const captures = createCaptures(slowDisk(1_000_000));
    const run = begin(captures, specOf({}));
    let deepest = 0;
    const watch = setInterval(() => {
      deepest = Math.max(deepest, captures.detail('a')?.depth.bytes ?? 0);
    }, 5);
    await soon(() => (captures.meters()[0]?.rows ?? 0) >= 4000);
    // Far less than all was taken from the server: what is neither written nor in the queue is in two socket buffers.
    expect(server.sent).toBeLessThan(total);
    expect(captures.meters()[0]?.bottleneck).toBe('disk');
    expect(captures.detail('a')?.waited.disk).toBeGreaterThan(0.3);
    captures.finish('a');
    expect(await run.outcome).toMatchObject({ kind: 'completed' });
    clearInterval(watch);
    expect(deepest).toBeGreaterThan(200_000);
    // At the end the record that waited gets in, too.
    expect(deepest).toBeLessThanOrEqual(256 * 1024 + 2000);
    const numbers = numbersOf(linesIn(folder));
    expect(numbers).toEqual(upTo(numbers.length));
    expect(captures.meters()).toEqual([]);
  });

  test('loses its oldest records (drop-oldest): as many as it says, in a gap', async () => {
    server = await startFeedServer({ total, ...big });
    const captures = createCaptures(slowDisk(1_000_000));
    const run = begin(captures, specOf({ whenFull: 'drop-oldest' }));
    await soon(() => {
      const { rows = 0, dropped = 0 } = captures.meters()[0] ?? {};
      return (rows ?? 0) + (dropped ?? 0) + (captures.detail('a')?.depth.records ?? 0) >= total;
    });
    captures.finish('a');
    await run.outcome;
    expectOnlyTold(folder, total, run.journal);
    expect(run.journal?.dropped).toBeGreaterThan(total / 2);
  });

  test('ends the capture (fail) with what was read on the disk; retried, it goes on behind it', async () => {
    server = await startFeedServer({ total, ...big });
    const spec = specOf({ whenFull: 'fail' });
    const run = begin(createCaptures(slowDisk(1_000_000)), spec);
    expect(await run.outcome).toMatchObject({ kind: 'attention', failure: { code: 'queue-full' } });
    const kept = (run.journal?.current?.rows ?? 0) + (run.journal?.finished.rows ?? 0);
    expect(kept).toBeGreaterThan(100);
    const captures = createCaptures();
    const again = begin(captures, { ...spec, whenFull: 'block' }, run.journal);
    await soon(() => captures.meters()[0]?.rows === total);
    captures.finish('a');
    await again.outcome;
    expect(numbersOf(linesIn(folder))).toEqual(upTo(total));
  });
});

describe('files', () => {
  test.each(['none', 'gzip', 'zstd'] as const)(
    'turn over by size, whole, with an index each (%s)',
    async (compression) => {
      server = await startFeedServer({ total: 5000 });
      const captures = createCaptures();
      const rotation = { bytes: 100_000, seconds: null, naming: 'number' } as const;
      const run = begin(captures, specOf({ rotation, compression }));
      await soon(() => captures.meters()[0]?.rows === 5000);
      captures.finish('a');
      await run.outcome;
      expect(numbersOf(linesIn(folder))).toEqual(upTo(5000));
      const names = readdirSync(folder).filter((name) => !name.endsWith('.index'));
      expect(names.length).toBeGreaterThan(3);
      expect(run.journal?.finished).toMatchObject({ files: names.length, rows: 5000 });
      for (const name of names) {
        const text = textOf(join(folder, name));
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100_000);
        const [line = ''] = readFileSync(join(folder, `${name}.index`), 'utf8').split('\n');
        expect(JSON.parse(line)).toMatchObject({ record: numbersOf(text.slice(0, -1).split('\n'))[0], offset: 0 });
      }
    },
  );

  test('with dates sort as they were begun, many a second', async () => {
    server = await startFeedServer({ total: 5000 });
    const captures = createCaptures();
    const run = begin(captures, specOf({ rotation: { bytes: 20_000, seconds: null, naming: 'date' } }));
    await soon(() => captures.meters()[0]?.rows === 5000);
    captures.finish('a');
    await run.outcome;
    const names = readdirSync(folder).filter((name) => !name.endsWith('.index'));
    expect(names.length).toBeGreaterThan(10);
    const inOrder = names.toSorted().flatMap((name) => textOf(join(folder, name)).slice(0, -1).split('\n'));
    expect(numbersOf(inOrder)).toEqual(upTo(5000));
  });

  test('turn over by age, though nothing comes any more', async () => {
    server = await startFeedServer({ total: 3 });
    const captures = createCaptures();
    const run = begin(captures, specOf({ rotation: { bytes: null, seconds: 1, naming: 'date' } }));
    await soon(() => run.journal?.finished.files === 1);
    expect(readdirSync(folder)[0]).toMatch(/^feed-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}\.ndjson$/);
    captures.stop('a');
    expect(await run.outcome).toEqual({ kind: 'stopped' });
  });

  test('of others are never touched: numbers go on behind them', async () => {
    server = await startFeedServer({ total: 3 });
    const captures = createCaptures();
    for (let round = 1; round <= 2; round += 1) {
      const run = begin(captures, specOf({}));
      await soon(() => captures.meters()[0]?.rows === 3);
      captures.finish('a');
      await run.outcome;
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.ndjson'))).toEqual([
      'feed-000001.ndjson',
      'feed-000002.ndjson',
    ]);
  });

  test.each(['none', 'gzip', 'zstd'] as const)(
    'that were stopped go on, cut to what was journalled (%s)',
    async (compression) => {
      server = await startFeedServer({ total: 2000 });
      const captures = createCaptures();
      const spec = specOf({ compression });
      const first = begin(captures, spec);
      await soon(() => captures.meters()[0]?.rows === 2000);
      captures.stop('a');
      await first.outcome;
      // As a crash may leave it: bytes behind what counts.
      const part = join(folder, `${first.journal?.current?.name}.sluice`);
      appendFileSync(part, '{"torn":');
      server.publish(1000);
      const second = begin(captures, spec, first.journal);
      await soon(() => captures.meters()[0]?.rows === 3000);
      captures.finish('a');
      await second.outcome;
      expect(numbersOf(linesIn(folder))).toEqual(upTo(3000));
      expect(second.journal?.gaps).toMatchObject([{ why: 'paused', to: expect.any(Number) }]);
    },
  );

  test.each([
    ['was not made', null, ['feed-000001.ndjson', 'feed-000001.ndjson.index']],
    ['was made', '', ['feed-000001.ndjson', 'feed-000001.ndjson.index']],
    ['is another’s', 'mine', ['feed-000001 (1).ndjson', 'feed-000001 (1).ndjson.index', 'feed-000001.ndjson.sluice']],
  ])('that a crash left planned leave none behind: one that %s', async (_, content, names) => {
    server = await startFeedServer({ total: 3 });
    const captures = createCaptures();
    const first = begin(captures, specOf({}));
    await soon(() => captures.meters()[0]?.rows === 3);
    captures.stop('a');
    await first.outcome;
    const planned = first.journals.find(({ current }) => current !== null) ?? null;
    expect(planned?.current).toMatchObject({ name: 'feed-000001.ndjson', rows: 0, inode: null });
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    if (content !== null) writeFileSync(join(folder, 'feed-000001.ndjson.sluice'), content);
    const second = begin(captures, specOf({}), planned);
    await soon(() => captures.meters()[0]?.rows === 3);
    captures.finish('a');
    expect(await second.outcome).toMatchObject({ kind: 'completed' });
    expect(second.texts.join()).not.toContain('gone or damaged');
    expect(readdirSync(folder).toSorted()).toEqual(names);
    expect(second.journal?.finished.rows).toBe(3);
  });

  test('that somebody took away are told of, and a new one is begun', async () => {
    server = await startFeedServer({ total: 10 });
    const captures = createCaptures();
    const first = begin(captures, specOf({}));
    await soon(() => captures.meters()[0]?.rows === 10);
    captures.stop('a');
    await first.outcome;
    rmSync(join(folder, 'feed-000001.ndjson.sluice'));
    server.publish(5);
    const second = begin(captures, specOf({}), first.journal);
    await soon(() => captures.meters()[0]?.rows === 5);
    captures.finish('a');
    await second.outcome;
    expect(second.texts.join()).toContain('gone or damaged');
    expect(second.journal).toMatchObject({ dropped: 10, finished: { rows: 5 } });
    expect(numbersOf(linesIn(folder))).toEqual([11, 12, 13, 14, 15]);
  });
});

test('live readers get what is written, go back to what they missed, and end with the capture', async () => {
  server = await startFeedServer({ total: 100 });
  const captures = createCaptures();
  const run = begin(captures, specOf({}));
  // The ring has a record once it is written.
  await soon(() => captures.detail('a')?.last.at(-1)?.text.includes('"n":100,') ?? false);
  const got: number[] = [];
  let take = () => 0;
  const ended = Promise.withResolvers<void>();
  const epoch = run.journal?.epochs?.at(-1)?.id ?? '';
  captures.listen('a', `${epoch}-90`, {
    begin(start) {
      take = () => got.push(...start.read(got.at(-1) ?? start.has ?? 0, Infinity).map(({ number }) => number));
      take();
    },
    more: () => take(),
    end: () => ended.resolve(),
  });
  server.publish(10);
  await soon(() => got.length === 20);
  expect(got).toEqual(upTo(110).slice(90));
  expect(captures.detail('a')?.last).toHaveLength(50);
  captures.stop('a');
  await run.outcome;
  await ended.promise;
  expect(captures.listen('a', null, { begin() {}, more() {}, end() {} })).toBeNull();
});
