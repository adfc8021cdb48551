/** What a socket reads into. */
import { getHeapSpaceStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { BufferPool, pages } from '../../electron/engine/flow/index.ts';
import { ReadBuffer } from '../../electron/engine/remote/read-buffer.ts';

const oldObjects = () =>
  getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')?.space_used_size ?? 0;

test('views that were read into leave nothing among the old objects: memory does not grow with the size of a file', () => {
  const buffer = new ReadBuffer(new BufferPool(pages));
  // As many sockets hold one.
  const held: Uint8Array[] = [];
  const read = (times: number) => {
    for (let i = 0; i < times; i++) held[i % 16] = buffer.view(16_384);
  };
  read(1000);
  const before = oldObjects();
  read(300_000);
  expect(oldObjects() - before).toBeLessThan(4e6);
  buffer.release();
});
