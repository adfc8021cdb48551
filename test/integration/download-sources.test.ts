/** Several sources of one file, slow connections, damaged pieces, and digests that are told. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PieceDigests } from '../../electron/engine/download/types.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { drive, namesIn, openRoom, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const serve = rangeServers();

const checksumOf = async (server: RangeServer) => ({ algorithm: 'sha-256' as const, value: await server.sha256() });
const warnings = (events: Awaited<ReturnType<typeof drive>>['events']) =>
  events.flatMap((event) => (event.kind === 'activity' && event.level === 'warning' ? [event.text] : []));

function piecesOf(size: number, length: number): PieceDigests {
  const content = generatedBytes(1);
  const digests: string[] = [];
  for (let at = 0; at < size; at += length) {
    const piece = content.read(at, Math.min(size, at + length));
    digests.push(createHash('sha1').update(piece).digest('hex'));
  }
  return { length, algorithm: 'sha-1', digests };
}

describe('mirrors', () => {
  test('share the work of one file', async () => {
    const size = 40 * MIB;
    const servers = await Promise.all([1, 2, 3].map(() => serve({ size, connectionRate: 8 * MIB })));
    await withFolder(async (folder) => {
      const [first, ...others] = servers;
      if (!first) throw new Error('no server');
      const { outcome } = await drive(first.url, {
        folder,
        connections: 3,
        mirrors: others.map(({ url }) => url),
        checksum: await checksumOf(first),
      });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
      for (const server of servers) expect(server.bytesSent).toBeGreaterThan(4 * MIB);
    });
  });

  test('take the connections that the link’s own host has no room for', async () => {
    // No multiple of 64 KiB: nobody asks again whether it is only a window (fault 22).
    const size = 32 * MIB + 1000;
    const link = await serve({ size, connectionRate: 4 * MIB });
    const mirror = await serve({ size, connectionRate: 4 * MIB });
    const room = await openRoom();
    room.setHostCaps({ '127.0.0.1': 1 });
    await withFolder(async (folder) => {
      const mirrors = [mirror.url.replace('127.0.0.1', 'localhost')];
      const options = { folder, connections: 4, mirrors, checksum: await checksumOf(link), room };
      try {
        const { outcome } = await drive(link.url, options);
        expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
      } finally {
        await room.close();
      }
      // Three of four are elsewhere. One that is replaced may still be closing when the next is open.
      expect(mirror.connections.peak).toBeGreaterThanOrEqual(3);
      expect(link.connections.peak).toBeLessThanOrEqual(2);
    });
  });

  test('that are dead, have another size or answer errors are left alone, and the file comes from the others', async () => {
    const size = 24 * MIB;
    const good = await serve({ size, connectionRate: 8 * MIB });
    // Not faster than the rest: what a socket's buffers take before anybody has looked is no measure.
    const otherSize = await serve({ size: size + 1, connectionRate: 8 * MIB });
    const failing = await serve({
      size,
      intercept: (_request, response) => {
        response.writeHead(500).end();
        return true;
      },
    });
    const dead = await startRangeServer({ size });
    await dead.close();
    await withFolder(async (folder) => {
      const { outcome, events } = await drive(good.url, {
        folder,
        connections: 4,
        mirrors: [otherSize.url, failing.url, dead.url],
        checksum: await checksumOf(good),
      });
      expect(outcome.kind, JSON.stringify(events.slice(-4))).toBe('completed');
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await good.sha256());
      expect(otherSize.bytesSent, 'nothing of another file is taken').toBeLessThan(size / 2);
      expect(warnings(events).join()).toContain('left alone');
    });
  });

  test('that send other bytes of a part that the link sends too never change what was hashed before', async () => {
    const size = 12 * MIB + 17;
    const link = await serve({ size, connectionRate: MIB });
    // Quick enough to be given the last part for a second time, and slow from then on: what it sends comes later.
    let parts = 0;
    let from = Infinity;
    const mirror = await serve({
      size,
      rateOf: () => (parts < 3 ? 6 * MIB : MIB / 5),
      intercept: () => {
        parts += 1;
        return false;
      },
      spoil: (bytes, position) => {
        if (parts < 3) return;
        from = Math.min(from, position);
        if (position > from + 300_000) bytes.fill(0);
      },
    });
    await withFolder(async (folder) => {
      const { outcome, events } = await drive(link.url, {
        folder,
        connections: 2,
        mirrors: [mirror.url.replace('127.0.0.1', 'localhost')],
        checksum: await checksumOf(link),
        tries: 1,
      });
      // Which of the two was first is the machine's business; a file that passed its checksum has to be the file.
      const names = await namesIn(folder);
      if (outcome.kind !== 'completed') {
        expect(outcome, JSON.stringify(events.slice(-3))).toMatchObject({ failure: { code: 'checksum-mismatch' } });
        expect(names).toEqual(['file.bin.sluice']);
        return;
      }
      expect(names).toEqual(['file.bin']);
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await link.sha256());
    });
  });

  test('that have other bytes of the same size are found out by the pieces, and only those are fetched again', async () => {
    const size = 16 * MIB + 5;
    const good = await serve({ size, connectionRate: 6 * MIB });
    const wrong = await serve({ size, seed: 2, connectionRate: 6 * MIB });
    await withFolder(async (folder) => {
      const { outcome, events } = await drive(good.url, {
        folder,
        connections: 2,
        mirrors: [wrong.url],
        pieces: piecesOf(size, MIB),
      });
      expect(wrong.bytesSent).toBeGreaterThan(MIB);
      // The second run begins with all that was right: what is missing then are whole pieces, and not all of them.
      const [, second] = events.filter((event) => event.kind === 'started');
      const right = second?.journal.committed ?? [];
      expect(right.length).toBeGreaterThan(0);
      for (const at of right.flat()) expect(at === size ? 0 : at % MIB, `${at}`).toBe(0);
      expect(outcome, JSON.stringify(events.slice(-3))).toMatchObject({ kind: 'completed', proof: 'checksum' });
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await good.sha256());
      expect(await namesIn(folder)).toEqual(['file.bin']);
    });
  });
});

describe('pieces', () => {
  test('that arrived damaged are fetched again, and nothing else', async () => {
    const size = 12 * MIB + 99;
    let damage = 1;
    const server = await serve({
      size,
      spoil: (bytes, position) => {
        const place = 5 * MIB + 7 - position;
        if (damage > 0 && place >= 0 && place < bytes.length) {
          bytes[place] = (bytes[place] ?? 0) ^ 1;
          damage -= 1;
        }
      },
    });
    await withFolder(async (folder) => {
      const { outcome, runs } = await drive(server.url, { folder, connections: 1, pieces: piecesOf(size, MIB) });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
      expect(runs).toBe(2);
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
      // A socket's worth beyond the piece may be on its way when the connection is cut.
      expect(server.bytesSent).toBeLessThan(size + 8 * MIB);
      // But for the 64 KiB before, which are compared.
      expect(server.requests.at(-1)?.headers.range).toBe(`bytes=${5 * MIB - (64 << 10)}-`);
    });
  });
});

describe('a digest that the server tells', () => {
  const told = (bytes: Buffer) => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;

  test('is checked without being asked', async () => {
    const content = generatedBytes(1).read(0, 3 * MIB);
    const server = await serve({ size: 3 * MIB, fields: { 'Repr-Digest': told(content) } });
    await withFolder(async (folder) => {
      const { outcome, journal } = await drive(server.url, { folder, connections: 2 });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
      expect(journal?.digest?.value).toBe(await server.sha256());
    });
  });

  test('72: keeps a damaged file from its name', async () => {
    const server = await serve({ size: 3 * MIB, fields: { 'Repr-Digest': told(Buffer.from('another file')) } });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder });
      expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'checksum-mismatch' } });
      expect(await namesIn(folder)).toEqual(['file.bin.sluice']);
    });
  });

  test('may lie beside the link, where the person asked to look', async () => {
    const sha256 = createHash('sha256').update(generatedBytes(1).read(0, MIB)).digest('hex');
    const server = await serve({
      size: MIB,
      intercept: (request, response) => {
        if (!request.url?.endsWith('.sha256')) return false;
        response.end(`${sha256}  file.bin\n`);
        return true;
      },
    });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder, findChecksum: true });
      expect(outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
      const plain = await drive(server.url, { folder });
      expect(plain.outcome).toMatchObject({ kind: 'completed', proof: 'size' });
    });
  });
});

describe('a slow connection', () => {
  test('does not decide when the file is there: its rest is fetched by the others', async () => {
    const size = 48 * MIB;
    // Connection 1 gets a five-hundredth of what the others get.
    const server = await serve({ size, rateOf: (n) => (n === 1 ? 16_000 : 8_000_000) });
    await withFolder(async (folder) => {
      const begun = performance.now();
      const { outcome } = await drive(server.url, { folder, connections: 8 });
      const seconds = (performance.now() - begun) / 1000;
      expect(outcome.kind).toBe('completed');
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
      // Alone it would take an hour for its eighth, and two minutes for the last 2 MiB that no lease is split below.
      expect(seconds).toBeLessThan(90);
    });
  });

  test('that falls silent at the end is not waited for', async () => {
    const size = 24 * MIB;
    const server = await serve({ size, rateOf: (n) => (n === 1 ? 1 : 8_000_000) });
    await withFolder(async (folder) => {
      const { outcome } = await drive(server.url, { folder, connections: 4 });
      expect(outcome.kind).toBe('completed');
      expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
    });
  });
});

test('a Metalink document is read, not saved', async () => {
  const document = `<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="a.bin"><url>http://h/a.bin</url></file></metalink>`;
  const server = await serve({
    intercept: (_request, response) => {
      response.setHeader('Content-Type', 'application/metalink4+xml');
      response.end(document);
      return true;
    },
  });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder });
    expect(outcome).toMatchObject({ kind: 'metalink', files: [{ name: 'a.bin', urls: ['http://h/a.bin'] }] });
    expect(await namesIn(folder)).toEqual([]);
  });
});

test('a network that wants a sign-in asks the person, and nothing is saved', async () => {
  const portal = await serve({
    intercept: (_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<html>Welcome to our wireless network</html>');
      return true;
    },
  });
  const server = await serve({
    path: '/archive.zip',
    intercept: (_request, response) => {
      response.writeHead(302, { Location: portal.url.replace('127.0.0.1', 'localhost') }).end();
      return true;
    },
  });
  const answers511 = await serve({
    intercept: (_request, response) => {
      response.writeHead(511).end();
      return true;
    },
  });
  await withFolder(async (folder) => {
    for (const { url } of [server, answers511]) {
      const { outcome } = await drive(url, { folder });
      expect(outcome).toMatchObject({ kind: 'attention', failure: { code: 'captive-page' } });
    }
    expect(await namesIn(folder)).toEqual([]);
  });
});
