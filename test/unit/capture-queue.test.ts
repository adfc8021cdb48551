import { describe, expect, test } from 'vitest';
import type { CaptureRequest } from '../../shared/capture.ts';
import type { FeedRecord } from '../../electron/engine/capture/record.ts';
import { RecordQueue } from '../../electron/engine/capture/record-queue.ts';

const record = (text: string): FeedRecord => ({ data: Buffer.from(text), at: 0, position: null, key: null });
const texts = (records: readonly FeedRecord[]) => records.map(({ data }) => data.toString());

function queueOf(whenFull: CaptureRequest['whenFull'], bounds = { records: 3, bytes: 10 }) {
  const told = { dropped: 0, tooLarge: 0, filled: 0 };
  const queue = new RecordQueue(
    { queue: bounds, whenFull },
    {
      onDropped: (records) => {
        told.dropped += records;
      },
      onTooLarge: () => {
        told.tooLarge += 1;
      },
      onFilled: () => {
        told.filled += 1;
      },
    },
  );
  return { queue, told };
}

describe('a queue that blocks', () => {
  test('makes the feed wait until there is room, in records and in bytes', async () => {
    const { queue, told } = queueOf('block');
    for (const text of ['a', 'b', 'c']) expect(queue.push(record(text))).toBeUndefined();
    const wait = queue.push(record('d'));
    expect(wait).toBeInstanceOf(Promise);
    expect([queue.isBlocking, queue.depth.records]).toEqual([true, 3]);
    expect(texts(queue.take(1))).toEqual(['a']);
    await wait;
    expect(texts(queue.take(100))).toEqual(['b', 'c', 'd']);
    void queue.push(record('123456789'));
    const large = queue.push(record('12'));
    expect(queue.depth).toEqual({ records: 1, bytes: 9 });
    queue.take(1);
    await large;
    expect(queue.depth).toEqual({ records: 1, bytes: 2 });
    expect(told.dropped).toBe(0);
  });

  test('keeps, when it is closed, the record that waits', async () => {
    const { queue } = queueOf('block', { records: 1, bytes: 10 });
    void queue.push(record('a'));
    const wait = queue.push(record('b'));
    queue.close();
    await wait;
    expect(texts(queue.take(100))).toEqual(['a', 'b']);
    expect(queue.push(record('c'))).toBeUndefined();
    expect(queue.isEmpty).toBe(true);
  });
});

test('a queue that blocks drops while nobody takes anything out, also for who waits already', async () => {
  const { queue, told } = queueOf('block');
  for (const text of ['a', 'b', 'c']) void queue.push(record(text));
  const wait = queue.push(record('d'));
  queue.isDropping = true;
  await wait;
  expect(queue.push(record('e'))).toBeUndefined();
  queue.isDropping = false;
  expect(queue.push(record('f'))).toBeInstanceOf(Promise);
  expect(texts(queue.take(100))).toEqual(['c', 'd', 'e']);
  expect(told.dropped).toBe(2);
});

test('a queue that drops drops the oldest, as many as have to go, and counts them', () => {
  const { queue, told } = queueOf('drop-oldest');
  for (const text of ['a', 'b', 'c', 'd', '123456789']) void queue.push(record(text));
  expect(told.dropped).toBe(3);
  expect(texts(queue.take(100))).toEqual(['d', '123456789']);
});

test('a queue that fails says so', () => {
  const { queue } = queueOf('fail');
  for (const text of ['a', 'b', 'c']) void queue.push(record(text));
  expect(() => queue.push(record('d'))).toThrow('the queue was full');
  expect(texts(queue.take(100))).toEqual(['a', 'b', 'c']);
});

test.each(['block', 'drop-oldest', 'fail'] as const)(
  'what can never fit is left out and stops nobody (%s)',
  (policy) => {
    const { queue, told } = queueOf(policy);
    void queue.push(record('a'));
    expect(queue.push(record('x'.repeat(11)))).toBeUndefined();
    expect(queue.push(record('b'))).toBeUndefined();
    expect(texts(queue.take(100))).toEqual(['a', 'b']);
    expect(told).toMatchObject({ tooLarge: 1, dropped: 0 });
  },
);

test('whoever writes is told of the first record, and when it is time to write', () => {
  const { queue, told } = queueOf('block', { records: 10, bytes: 1000 });
  void queue.push(record('a'));
  expect([told.filled, queue.isUrgent]).toEqual([1, false]);
  for (let n = 0; n < 4; n += 1) void queue.push(record('b'));
  expect([told.filled, queue.isUrgent]).toEqual([2, true]);
});

test('a million records through a small queue leave nothing behind', () => {
  const { queue } = queueOf('drop-oldest', { records: 100, bytes: 1000 });
  let taken = 0;
  for (let n = 0; n < 1_000_000; n += 1) {
    void queue.push(record('x'));
    if (n % 50 === 0) taken += queue.take(1000).length;
  }
  expect(queue.depth.records).toBeLessThanOrEqual(100);
  expect(taken).toBeGreaterThan(900_000);
});
