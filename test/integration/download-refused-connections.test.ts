/** Hosts that refuse some of a download's connections: what the others receive goes on, and is not asked for in vain. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drive, openRoom, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const SIZE = 24 * MIB + 5;
const serve = rangeServers();

/** A host that serves one connection, and answers all others with `status`. */
function onlyOne(status: number, contentType = 'text/plain') {
  let first: IncomingMessage['socket'] | null = null;
  return ({ socket }: IncomingMessage, response: ServerResponse): boolean => {
    first ??= socket;
    if (socket === first) return false;
    response.writeHead(status, { 'content-type': contentType }).end('one at a time');
    return true;
  };
}

test.each([
  [400, 'text/plain'],
  [401, 'text/plain'],
  [403, 'text/plain'],
  [404, 'text/plain'],
  [509, 'text/plain'],
  [200, 'text/html'],
])('a host that answers all but one connection with %i (%s)', async (status, contentType) => {
  const server = await serve({ size: SIZE, connectionRate: 12 * MIB, intercept: onlyOne(status, contentType) });
  await withFolder(async (folder) => {
    const { outcome, runs, events } = await drive(server.url, { folder, connections: 4 });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'size' });
    expect(runs).toBe(1);
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    // What each of the others was to fetch is the first one's again, on the answer that it reads already.
    expect(server.requests.filter(({ connection }) => connection === 1).length).toBeLessThanOrEqual(2);
    expect(server.requests.length).toBeLessThan(12);
    expect(events.filter(({ kind }) => kind === 'activity').length).toBeLessThan(12);
  });
});

test('connections that always fail are not asked for ever while another receives', async () => {
  let isBusy = false;
  const server = await serve({
    size: SIZE,
    connectionRate: 6 * MIB,
    intercept(_, response) {
      if (!isBusy) {
        isBusy = true;
        response.once('close', () => {
          isBusy = false;
        });
        return false;
      }
      // Bytes from another place than those that were asked for.
      response.writeHead(206, { etag: `"1-${SIZE}"`, 'content-range': `bytes 5-9/${SIZE}`, 'content-length': 5 });
      response.end('wrong');
      return true;
    },
  });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: 4 });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(server.requests.length).toBeLessThan(30);
  });
});

test('a second download is turned away by a host that the first one fills: it waits for its turn, and spends no try', async () => {
  const server = await serve({ size: SIZE, held: [MIB, SIZE], intercept: onlyOne(503) });
  const room = await openRoom({ idleTimeout: 30_000 });
  try {
    await withFolder(async (folder) => {
      const first = drive(server.url, { room, folder, id: 'a', name: 'a.bin', connections: 1 });
      await expect.poll(() => room.meters()[0]?.done).toBeGreaterThan(0);
      const { outcome } = await drive(server.url, { room, folder, id: 'b', name: 'b.bin', connections: 1, tries: 1 });
      expect(outcome).toMatchObject({ kind: 'retry', failure: { code: 'too-busy' }, progressed: true });
      server.set({ held: null });
      expect((await first).outcome).toMatchObject({ kind: 'completed' });
    });
  } finally {
    await room.close();
  }
});

test('where nothing tells one version from another, one connection fetches it: no part is without bytes before it', async () => {
  const server = await serve({ size: SIZE, etag: 'W/"1"', lastModified: null });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: 4 });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    expect(server.requests).toHaveLength(1);
  });
});

test('but several do where a checksum is known', async () => {
  const server = await serve({ size: SIZE, etag: null, lastModified: null, connectionRate: 12 * MIB });
  const checksum = { algorithm: 'sha-256', value: await server.sha256() } as const;
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: 4, checksum });
    expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
    expect(server.connections.peak).toBe(4);
  });
});

test('a connection that nearly stands still at the end is replaced, under a limit too', async () => {
  const server = await serve({
    size: SIZE,
    rateOf: (connection) => (connection === 2 ? 1000 : 12 * MIB),
  });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: 2, limit: 200 * MIB });
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
  });
}, 60_000);
