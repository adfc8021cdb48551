/** How many connections a download has, which of them is replaced, and what a host may take. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drive, openRoom, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const serve = rangeServers();

test('connections are added while each raises the rate', async () => {
  const server = await serve({ size: 48 * MIB, connectionRate: 10 * MIB });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: null });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(server.connections.peak).toBeGreaterThanOrEqual(2);
  });
});

test('a connection far slower than its siblings is replaced by a new one', async () => {
  const slow = 2;
  const server = await serve({
    size: 72 * MIB,
    rateOf: (connection) => (connection === slow ? 20_000 : 3 * MIB),
  });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: 4 });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    // It had its request cut off, and nobody asked on it again.
    const onSlow = server.requests.filter(({ connection }) => connection === slow);
    expect(onSlow).toHaveLength(1);
    expect(onSlow[0]?.sent).toBeLessThan(1 * MIB);
    // While all others were busy with leases of their own: a fifth connection took its place.
    expect(server.requests.some(({ connection }) => connection > 4)).toBe(true);
  });
});

test('a host’s limit holds over its downloads together', async () => {
  const server = await serve({ size: 1_500_000 });
  const room = await openRoom();
  room.setHostLimits({ '127.0.0.1': 1_000_000 });
  const began = performance.now();
  try {
    await withFolder(async (folder) => {
      const names = ['a.bin', 'b.bin'];
      const all = names.map((name) => drive(server.url, { room, folder, id: name, name, connections: 2 }));
      for (const { outcome } of await Promise.all(all)) expect(outcome).toMatchObject({ kind: 'completed' });
    });
  } finally {
    await room.close();
  }
  // Nothing is fetched twice: what a second copy took, the limit would have to pay.
  expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-', 'bytes=0-']);
  // 3 MB at 1 MB/s, less the second that the bucket may hold.
  expect(performance.now() - began).toBeGreaterThan(1900);
});
