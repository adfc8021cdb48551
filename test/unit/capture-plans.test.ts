import { describe, expect, test } from 'vitest';
import { Gaps } from '../../electron/engine/capture/gaps.ts';
import { LiveRing } from '../../electron/engine/capture/live-ring.ts';
import type { LiveStart } from '../../electron/engine/capture/types.ts';
import { isPassing, reconnectDelay } from '../../electron/engine/capture/reading.ts';
import { messageLine } from '../../electron/engine/capture/record.ts';
import { ReplayFilter, replayKey } from '../../electron/engine/capture/replay-filter.ts';
import { extensionOf, fileName, isFull, nextNumber, untilOld } from '../../electron/engine/capture/rotation.ts';
import { failure } from '../../shared/failure.ts';

describe('a new file begins', () => {
  const rotation = { bytes: 100, seconds: 60, naming: 'number' } as const;
  test.each([
    [{ rows: 1, plain: 90, openedAt: 0 }, 10, false],
    [{ rows: 1, plain: 90, openedAt: 0 }, 11, true],
    [{ rows: 0, plain: 0, openedAt: 0 }, 5000, false],
  ])('by size: %j and %i bytes more', (filled, bytes, full) => {
    expect(isFull(rotation, filled, bytes)).toBe(full);
    expect(isFull({ ...rotation, bytes: null }, filled, bytes)).toBe(false);
  });

  test('by age', () => {
    const filled = { rows: 1, plain: 1, openedAt: 1000 };
    expect([untilOld(rotation, filled, 31_000), untilOld(rotation, filled, 99_000)]).toEqual([30_000, 0]);
    expect(untilOld({ ...rotation, seconds: null }, filled, 1e12)).toBe(Infinity);
    // The clock was set back by a year.
    expect(untilOld(rotation, { ...filled, openedAt: 1e12 }, 1e12 - 3e10)).toBe(0);
  });

  test('under the next number, or the time in UTC', () => {
    expect(fileName('feed', 'number', 7, 0, '.ndjson')).toBe('feed-000007.ndjson');
    expect(fileName('feed', 'date', 7, 1_763_805_600_123, extensionOf('text', 'zstd'))).toBe(
      'feed-2025-11-22T10-00-00-123.txt.zst',
    );
    const names = ['feed-000003.ndjson.gz', 'feed-000012.txt.sluice', 'feed-000002 (1).txt', 'feed-2-000099.txt', 'x'];
    expect([nextNumber('feed', names), nextNumber('feed', []), nextNumber('feed-2', names)]).toEqual([13, 1, 100]);
  });
});

describe('gaps', () => {
  test('last until the feed is read again; the first reason stays', () => {
    const gaps = new Gaps([]);
    gaps.begin('disconnected', 10);
    gaps.begin('source', 20);
    expect(gaps.list()).toEqual([{ from: 10, to: null, why: 'disconnected', records: null }]);
    gaps.end(30);
    gaps.end(40);
    expect(gaps.list()).toEqual([{ from: 10, to: 30, why: 'disconnected', records: null }]);
  });

  test('of dropped records are one as long as it goes on', () => {
    const gaps = new Gaps([]);
    gaps.drop(2, 100);
    gaps.tick(900);
    gaps.drop(3, 900);
    gaps.tick(2000);
    gaps.drop(1, 5000);
    expect(gaps.list()).toEqual([
      { from: 100, to: 900, why: 'dropped', records: 5 },
      { from: 5000, to: null, why: 'dropped', records: 1 },
    ]);
  });

  test('of an earlier run go on, and the newest hundred are kept', () => {
    const gaps = new Gaps([{ from: 1, to: null, why: 'source', records: null }]);
    gaps.begin('paused', 5);
    gaps.end(9);
    expect(gaps.list()).toEqual([{ from: 1, to: 9, why: 'source', records: null }]);
    for (let n = 0; n < 200; n += 1) {
      gaps.begin('disconnected', n);
      gaps.end(n);
    }
    expect(gaps.list()).toHaveLength(100);
  });
});

describe('a replay', () => {
  const key = (n: number) => replayKey(String(n), `data ${n}`);

  test('is recognised after a reconnection, also by a later run', () => {
    const filter = new ReplayFilter([key(1), key(2)]);
    filter.reconnected();
    expect([2, 3, 4].map((n) => filter.isReplayed(key(n)))).toEqual([true, false, false]);
    filter.reconnected();
    expect([3, 4, 5].map((n) => filter.isReplayed(key(n)))).toEqual([true, true, false]);
  });

  test('is over with the first new event, and nothing is passed over without a reconnection', () => {
    const filter = new ReplayFilter([key(1), key(2)]);
    expect(filter.isReplayed(key(1))).toBe(false);
    filter.reconnected();
    expect([2, 3, 1].map((n) => filter.isReplayed(key(n)))).toEqual([true, false, false]);
  });

  test('is no source that counts anew: other data under a known id is new', () => {
    const filter = new ReplayFilter([key(1)]);
    filter.reconnected();
    expect(filter.isReplayed(replayKey('1', 'other'))).toBe(false);
  });
});

test('reconnections come soon, then later, and never sooner than the source asked', () => {
  expect([0, 1, 4, 20].map((tries) => reconnectDelay(tries, null, 0))).toEqual([500, 1000, 8000, 30_000]);
  expect([reconnectDelay(0, 20, 1), reconnectDelay(3, 20, 0), reconnectDelay(0, 1e9, 0)]).toEqual([
    20, 4000, 3_600_000,
  ]);
  expect(isPassing(failure('connection-lost'))).toBe(true);
  expect(isPassing(failure('login-needed'))).toBe(false);
});

test.each<[string | Buffer, string]>([
  ['{"a":1.50,"b":12345678901234567890}', '"data":{"a":1.50,"b":12345678901234567890}'],
  ['[1,\r\n2]', '"data":[1, 2]'],
  ['42', '"data":"42"'],
  ['{broken', '"data":"{broken"'],
  ['two\nlines "quoted"', '"data":"two\\nlines \\"quoted\\""'],
  [Buffer.from([255]), '"base64":"/w=="'],
])('a message %j is one line of JSON', (content, expected) => {
  const line = messageLine(0, { id: 'x', event: null }, content).toString();
  expect(line).toBe(`{"at":"1970-01-01T00:00:00.000Z","id":"x",${expected}}`);
  expect(JSON.parse(line)).toBeTypeOf('object');
});

describe('live readers', () => {
  const record = (number: number, size = 10) => ({ number, at: number, data: Buffer.alloc(size) });
  const ringFrom = (from: number, ...earlier: { id: string; from: number }[]) =>
    new LiveRing({ id: 'now', from }, earlier);
  /** Where a reader begins, and the numbers that it gets at once. */
  function heard(ring: LiveRing, after: string | null) {
    const starts: LiveStart[] = [];
    ring.listen(after, { begin: (start) => starts.push(start), more() {}, end() {} });
    const { read, ...start } = starts[0]!;
    return { numbers: start.has === null ? [] : read(start.has, Infinity).map(({ number }) => number), ...start };
  }

  test('begin after the record they had, and get each one once', () => {
    const ring = ringFrom(0);
    for (let n = 1; n <= 5; n += 1) ring.add(record(n));
    const got: number[] = [];
    let ended = 0;
    const reader = (into: number[]) => {
      let start: LiveStart;
      let last = 0;
      return {
        begin(given: LiveStart) {
          start = given;
          last = start.has ?? start.newest;
        },
        more(newest: number) {
          into.push(...start.read(last, Infinity).map(({ number }) => number));
          last = newest;
        },
        end: () => (ended += 1),
      };
    };
    const leave = ring.listen('now-3', reader(got));
    const late: number[] = [];
    ring.listen(null, reader(late));
    ring.add(record(6));
    leave();
    ring.add(record(7));
    ring.close();
    expect([got, late, ended]).toEqual([[4, 5, 6], [6, 7], 1]);
  });

  test('that had a record which a crash took back are told of all that came since', () => {
    // Records to 950 were told of; what was durable ended with 899, and the capture went on there.
    const ring = ringFrom(899, { id: 'before', from: 0 });
    for (let n = 900; n <= 902; n += 1) ring.add(record(n));
    const told = { numbers: [900, 901, 902], epoch: 'now', has: 899, takenBack: 51, newest: 902 };
    expect(heard(ring, 'before-950')).toEqual(told);
    // The same once the numbers have come to where they were.
    for (let n = 903; n <= 960; n += 1) ring.add(record(n));
    expect(heard(ring, 'before-950')).toMatchObject({ has: 899, takenBack: 51 });
    expect(heard(ring, 'now-950').numbers).toEqual([951, 952, 953, 954, 955, 956, 957, 958, 959, 960]);
    // What was durable before is what it was.
    expect(heard(ring, 'before-890')).toMatchObject({ has: 890, takenBack: 0 });
  });

  test('that come from further back than one crash are held to the earliest of them', () => {
    const ring = ringFrom(500, { id: 'a', from: 0 }, { id: 'b', from: 100 }, { id: 'c', from: 300 });
    expect(heard(ring, 'a-250')).toEqual({ numbers: [], epoch: 'now', has: 100, takenBack: 150, newest: 500 });
    expect(heard(ring, 'b-250')).toMatchObject({ has: 250, takenBack: 0 });
    // Of a run that was never stored nothing was durable.
    expect(heard(ring, 'lost-600')).toMatchObject({ has: 500, takenBack: 100 });
    expect(heard(ring, '400')).toMatchObject({ has: 400, takenBack: 0 });
    for (const junk of ['', 'now-', 'now-x', '-5', 'now-5-5', ' 5', '9'.repeat(16)]) {
      expect(heard(ring, junk)).toMatchObject({ has: null, takenBack: 0 });
    }
  });

  test('of a hundred runs are known, and no more', () => {
    const runs = Array.from({ length: 300 }, (_, n) => ({ id: `r${n}`, from: n }));
    const { epochs } = ringFrom(1000, ...runs);
    expect([epochs.length, epochs[0]?.id, epochs.at(-1)?.id]).toEqual([100, 'r201', 'now']);
  });

  test('find what the bounds of the ring hold, in records and in bytes', () => {
    const many = ringFrom(0);
    for (let n = 1; n <= 25_000; n += 1) many.add(record(n, 1));
    const large = ringFrom(0);
    for (let n = 1; n <= 20; n += 1) large.add(record(n, 1024 * 1024));
    const seen = (ring: LiveRing) => {
      const { numbers } = heard(ring, 'now-0');
      return [numbers[0], numbers.length];
    };
    expect([seen(many), seen(large)]).toEqual([
      [15_001, 10_000],
      [17, 4],
    ]);
  });
});
