/** Documents, mirrors, hosts and hours, with real bytes. */
import { describe, expect, test } from 'vitest';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startRangeServer, type RangeServerOptions } from '../servers/range-server.ts';
import { engineHome } from './engine-home.ts';

const MiB = 1024 * 1024;
const SIZE = 8 * MiB;
const every = [0, 1, 2, 3, 4, 5, 6];

/** A server that has nothing but a Metalink document. */
function documentServer(document: () => string): RangeServerOptions {
  return {
    path: '/files.meta4',
    intercept(_, response) {
      response.writeHead(200, { 'content-type': 'application/metalink4+xml' }).end(document());
      return true;
    },
  };
}

const metalink = (files: string) =>
  `<?xml version="1.0"?><metalink xmlns="urn:ietf:params:xml:ns:metalink">${files}</metalink>`;

describe('a Metalink document', () => {
  test('with a dead link, a wrong mirror and a good one gives the right file', async () => {
    await using home = await engineHome();
    await using dead = await startRangeServer();
    const deadUrl = dead.url;
    await dead.close();
    await using wrong = await startRangeServer({ size: SIZE, seed: 9, totalRate: 4 * MiB });
    await using good = await startRangeServer({ size: SIZE, totalRate: 4 * MiB });
    const sha256 = await good.sha256();
    const length = MiB;
    const { createHash } = await import('node:crypto');
    const content = generatedBytes(1);
    const pieces = Array.from({ length: SIZE / length }, (_, i) =>
      createHash('sha256')
        .update(content.read(i * length, (i + 1) * length))
        .digest('hex'),
    );
    await using list = await startRangeServer(
      documentServer(() =>
        metalink(
          `<file name="data.bin"><size>${SIZE}</size><hash type="sha-256">${sha256}</hash>` +
            `<pieces length="${length}" type="sha-256">${pieces.map((hash) => `<hash>${hash}</hash>`).join('')}</pieces>` +
            `<url priority="1">${deadUrl}</url><url priority="2">${good.url}</url><url priority="3">${wrong.url}</url></file>`,
        ),
      ),
    );
    const id = home.add({ url: list.url, connections: 4 });
    const job = await home.reaches(id, 'completed');
    expect(job).toMatchObject({ name: 'data.bin', size: SIZE, state: { proof: 'checksum' } });
    expect(await home.sha256(id)).toBe(sha256);
    expect(await home.list()).toEqual(['data.bin']);
  });

  test('with two files gives both', async () => {
    await using home = await engineHome();
    await using server = await startRangeServer({ size: MiB });
    const sha256 = await server.sha256();
    const file = (name: string) =>
      `<file name="${name}"><hash type="sha-256">${sha256}</hash><url>${server.url}</url></file>`;
    await using list = await startRangeServer(documentServer(() => metalink(file('a.bin') + file('../../b.bin'))));
    const id = home.add({ url: list.url });
    await home.reaches(id, 'completed');
    const other = home.engine.list().find((job) => job.id !== id)!;
    await home.reaches(other.id, 'completed');
    expect([await home.sha256(id), await home.sha256(other.id)]).toEqual([sha256, sha256]);
    expect(await home.list()).toHaveLength(2);
  });

  test('that lists itself ends there', async () => {
    await using home = await engineHome();
    await using list = await startRangeServer(
      documentServer(() =>
        metalink(`<file name="x"><url>${list.url}</url></file><file name="y"><url>${list.url}</url></file>`),
      ),
    );
    const id = home.add({ url: list.url });
    await home.until(id, (job) => job.state.kind === 'failed');
    expect(home.engine.list()).toHaveLength(2);
  });
});

describe('mirrors', () => {
  test('share the work where a checksum proves it', async () => {
    await using home = await engineHome();
    await using first = await startRangeServer({ size: SIZE, totalRate: 4 * MiB });
    await using second = await startRangeServer({ size: SIZE, totalRate: 4 * MiB });
    const checksum = `sha-256:${await first.sha256()}`;
    const id = home.add({ url: first.url, mirrors: [second.url], checksum, connections: 4 });
    await home.reaches(id, 'completed');
    expect(second.bytesSent).toBeGreaterThan(MiB);
    expect(await home.sha256(id)).toBe(await first.sha256());
  });
});

test('the connections that a host allows are known after a restart', async () => {
  await using home = await engineHome();
  const held = [SIZE - MiB, SIZE] as const;
  let open = 0;
  let refused = 0;
  let isKnown = false;
  await using server = await startRangeServer({
    size: SIZE,
    connectionRate: 2 * MiB,
    // Neither run ends before it has shown what it does: the first is turned away, the second has its two connections.
    held,
    intercept({ socket }, response) {
      open += 1;
      let isOpen = true;
      const closed = () => {
        if (isOpen) open -= 1;
        isOpen = false;
      };
      response.once('close', closed);
      // Whoever hung up is counted out at once, not when the next write to it fails.
      socket.once('end', closed);
      if (open > 2 || (isKnown && open === 2)) server.set({ held: null });
      if (open <= 2) return false;
      refused += 1;
      response.writeHead(503, { 'content-length': 0, connection: 'close' }).end();
      return true;
    },
  });
  await home.reaches(home.add({ url: server.url, connections: 8 }), 'completed');
  expect(refused).toBeGreaterThan(0);
  await home.restart();
  server.set({ held });
  isKnown = true;
  const before = refused;
  const id = home.add({ url: server.url, connections: 8 });
  await home.reaches(id, 'completed');
  expect(refused).toBe(before);
  expect(await home.sha256(id)).toBe(await server.sha256());
});

test('a schedule stops a transfer, and lets it go on from where it was', async () => {
  await using home = await engineHome();
  // The second connection begins above what is held: what is done is one stretch, the file's first bytes.
  await using server = await startRangeServer({ size: SIZE, totalRate: 4 * MiB, held: [3 * MiB, SIZE] });
  const id = home.add({ url: server.url, connections: 2 });
  await home.until(id, (job, done) => job.state.kind === 'running' && done >= 2 * MiB);
  await home.engine.setSettings({ schedule: [{ days: every, from: '00:00', to: '00:00', limit: 0 }] });
  const { done, state } = await home.reaches(id, 'waiting');
  expect(state).toMatchObject({ reason: 'schedule' });
  expect(done).toBeGreaterThanOrEqual(2 * MiB);
  // Whoever asked once more for what is here would wait for ever.
  server.set({ totalRate: 16 * MiB, held: [0, MiB] });
  await home.engine.setSettings({ schedule: [] });
  await home.reaches(id, 'completed');
  expect(await home.sha256(id)).toBe(await server.sha256());
});

test('a checksum beside the link is found and proves the file', async () => {
  await using home = await engineHome();
  await using server = await startRangeServer({
    size: MiB,
    intercept(request, response) {
      if (!request.url?.endsWith('.sha256')) return false;
      void server.sha256().then((digest) => response.end(`${digest}  file.bin\n`));
      return true;
    },
  });
  const job = await home.reaches(home.add({ url: server.url, checksum: 'auto' }), 'completed');
  expect(job.state).toMatchObject({ proof: 'checksum' });
});
