/** What is known of a host, and what its connections gain, as bytes show it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Downloads } from '../../electron/engine/download/index.ts';
import { startRangeServer } from '../servers/range-server.ts';
import { drive, openRoom, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
let room: Downloads;
beforeEach(async () => {
  room = await openRoom();
});
afterEach(() => room.close());

test('a limit for a host holds for all downloads from it together, and may be lifted', async () => {
  const size = 3 * MIB + 1000;
  await using server = await startRangeServer({ size });
  await withFolder(async (folder) => {
    room.setHostLimits({ '127.0.0.1': 2 * MIB });
    const begun = performance.now();
    const both = ['a', 'b'].map((id) => drive(server.url, { folder, room, id, name: id, connections: 2 }));
    for (const { outcome } of await Promise.all(both)) expect(outcome).toMatchObject({ kind: 'completed', size });
    // 6 MiB at 2 MiB a second; what a bucket saves up comes sooner.
    expect(performance.now() - begun).toBeGreaterThan(2500);

    room.setHostLimits({ '127.0.0.1': 1024 });
    const slow = drive(server.url, { folder, room, id: 'c', name: 'c', connections: 1 });
    await expect.poll(() => room.detail('c')?.connections[0]?.state).toBe('limited');
    room.setHostLimits({});
    expect((await slow).outcome).toMatchObject({ kind: 'completed', size });
  });
});

test('without a number of connections there are more as long as more of them bring more', async () => {
  await using server = await startRangeServer({ size: 512 * MIB + 1000, connectionRate: 2 * MIB });
  await withFolder(async (folder) => {
    const ended = drive(server.url, { folder, room, connections: null });
    await expect.poll(() => server.connections.peak).toBeGreaterThanOrEqual(4);
    room.stop('test');
    expect((await ended).outcome).toEqual({ kind: 'stopped' });
  });
});
