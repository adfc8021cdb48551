import { expect, test } from 'vitest';
import { WriteQueue } from '../../electron/engine/export/write-queue.ts';
import { BufferPool } from '../../electron/engine/flow/index.ts';

/** Writes that end when the test says so. */
function slowWrites(room = 100) {
  const pool = new BufferPool();
  const log: string[] = [];
  const underway: { readonly bytes: number; end(error?: Error): void }[] = [];
  const queue = new WriteQueue(
    pool,
    () => room,
    (_buffer, bytes) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      log.push(`write ${bytes}`);
      underway.push({ bytes, end: (error) => (error ? reject(error) : resolve()) });
      return promise;
    },
  );
  queue.onBehind = (behind) => log.push(behind ? 'behind' : 'on');
  queue.onError = (error) => log.push(error.message);
  return { pool, log, underway, queue, push: (bytes: number) => queue.push(pool.take(), bytes) };
}

const turn = () => new Promise(setImmediate);

test('writes begin in order, and what is to be done alone waits for all before and holds all after', async () => {
  const { log, underway, queue, push, pool } = slowWrites(1000);
  push(1);
  push(2);
  queue.do(() => {
    log.push('alone');
    return Promise.resolve();
  });
  push(3);
  await turn();
  expect(log).toEqual(['write 1', 'write 2']);
  for (const write of underway) write.end();
  await turn();
  expect(log).toEqual(['write 1', 'write 2', 'alone', 'write 3']);
  underway[2]?.end();
  await queue.idle();
  expect(pool.lent).toBe(0);
});

test('the reader stops where there is no more room, and goes on when half is free', async () => {
  const { log, underway, push } = slowWrites(100);
  push(60);
  push(60);
  expect(log.filter((line) => !line.startsWith('write'))).toEqual(['behind']);
  await turn();
  underway[0]?.end();
  await turn();
  expect(log).not.toContain('on');
  underway[1]?.end();
  await turn();
  expect(log.at(-1)).toBe('on');
});

test('after a failure nothing more is done, and it is told once', async () => {
  const { log, underway, queue, push } = slowWrites(1000);
  push(1);
  push(2);
  queue.do(() => {
    log.push('never');
    return Promise.resolve();
  });
  await turn();
  underway[0]?.end(new Error('full'));
  underway[1]?.end(new Error('full as well'));
  await queue.idle();
  push(3);
  await queue.idle();
  expect(log).toEqual(['write 1', 'write 2', 'full']);
});
