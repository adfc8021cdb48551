/** A run ends, whatever happens to it: nothing here may hang, spin, or take what broke off for the whole. */
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import {
  createDownloads,
  type DownloadEvent,
  type DownloadJournal,
  type DownloadOutcome,
  type Downloads,
  type DownloadSpec,
} from '../../electron/engine/download/index.ts';
import { generatedBytes } from '../servers/generated-bytes.ts';
import type { RangeServer } from '../servers/range-server.ts';
import { drive, QUICK, rangeServers, sha256Of, withFolder } from './download-driver.ts';

const MIB = 1 << 20;
const serve = rangeServers();
const rooms: Downloads[] = [];
function room(network = {}): Downloads {
  const downloads = createDownloads({ ...QUICK, ...network });
  rooms.push(downloads);
  return downloads;
}
afterEach(async () => {
  await Promise.all(rooms.splice(0).map((downloads) => downloads.close()));
});

const base = { headers: {}, name: null, connections: null, limit: null, checksum: null };

/** Starts one run; the answer resolves when it has ended. */
function begin(
  downloads: Downloads,
  spec: Pick<DownloadSpec, 'id' | 'url' | 'folder'> & Partial<DownloadSpec>,
  onEvent: (event: DownloadEvent) => void = () => {},
  resume: DownloadJournal | null = null,
): Promise<DownloadOutcome> {
  return new Promise((resolve) => {
    downloads.start({ ...base, ...spec }, resume, (event) => {
      onEvent(event);
      if (event.kind === 'ended') resolve(event.outcome);
    });
  });
}

/** Resolves once the server has sent so much. */
async function sent(server: RangeServer, bytes: number): Promise<void> {
  await expect.poll(() => server.bytesSent, { interval: 10 }).toBeGreaterThanOrEqual(bytes);
}

test('a first connection that dies while a checksum is looked for is replaced', async () => {
  const size = 6 * MIB;
  // Files beside the link never answer, and the first body is not read meanwhile.
  const server = await serve({ size, intercept: (request) => request.url?.includes('.bin.') ?? false });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, findChecksum: true });
    expect(outcome).toMatchObject({ kind: 'completed', size });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
  });
});

test.each([true, false])('what came before a line fell silent is not kept back (length told: %s)', async (isTold) => {
  const here = 512 * 1024;
  const server = await serve({
    intercept: (_request, response) => {
      response.writeHead(200, isTold ? { 'Content-Length': 8 * MIB } : {});
      response.write(Buffer.alloc(here, 7));
      return true;
    },
  });
  await withFolder(async (folder) => {
    const downloads = room({ idleTimeout: 600_000 });
    const ended = begin(downloads, { id: 'a', url: server.url, folder });
    await expect.poll(() => downloads.meters()[0]?.done).toBe(here);
    downloads.stop('a');
    expect(await ended).toEqual({ kind: 'stopped' });
  });
});

test('a chunked body under a limit keeps flowing, and a stop in its wait ends it', async () => {
  const server = await serve({ size: 2 * MIB, contentLength: false, ranges: false });
  await withFolder(async (folder) => {
    const limited = await drive(server.url, { folder, limit: 2 * MIB, tries: 1 });
    expect(limited.outcome).toMatchObject({ kind: 'completed', size: 2 * MIB });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());

    const downloads = room();
    const ended = begin(downloads, { id: 'a', url: server.url, folder, limit: 16 * 1024 });
    await expect.poll(() => downloads.meters()[0]?.rate ?? 0).toBeGreaterThan(0);
    downloads.stop('a');
    expect(await ended).toEqual({ kind: 'stopped' });
  });
});

test('a limit that is lifted is not waited for any more', async () => {
  const size = 8 * MIB;
  const server = await serve({ size });
  await withFolder(async (folder) => {
    const downloads = room({ idleTimeout: 30_000 });
    // What comes with the head alone is a debt of minutes.
    const ended = begin(downloads, { id: 'a', url: server.url, folder, connections: 1, limit: 1024 });
    await expect.poll(() => downloads.detail('a')?.connections[0]?.state).toBe('limited');
    downloads.setLimit('a', null);
    expect(await ended).toMatchObject({ kind: 'completed', size });
  });
});

test('a download whose only connection breaks goes on, though another holds all that the host allows', async () => {
  const size = 3 * MIB;
  let cut = false;
  const server = await serve({ size, connectionRate: 2 * MIB });
  await withFolder(async (folder) => {
    const downloads = room();
    const first = begin(downloads, { id: 'a', name: 'a', url: server.url, folder, connections: 1 });
    await sent(server, MIB / 2);
    downloads.setHostCaps({ '127.0.0.1': 1 });
    server.set({
      intercept: (request, response) => {
        if (cut) return false;
        cut = true;
        response.writeHead(206, {
          'content-length': size,
          'content-range': `bytes 0-${size - 1}/${size}`,
          etag: `"1-${size}"`,
        });
        response.write(generatedBytes(1).read(0, 100_000), () => request.socket.destroy());
        return true;
      },
    });
    const second = begin(downloads, { id: 'b', name: 'b', url: server.url, folder, connections: 1 });
    expect(await first).toMatchObject({ kind: 'completed', size });
    expect(await second).toMatchObject({ kind: 'completed', size });
    expect(await sha256Of(join(folder, 'b'))).toBe(await server.sha256());
  });
});

test('connections that are all reset at one moment are one failed try, not as many', async () => {
  const size = 40 * MIB + 1000;
  const server = await serve({ size, connectionRate: MIB });
  await withFolder(async (folder) => {
    const ended = drive(server.url, { folder, connections: 8, tries: 1, room: room({ backoff: 500 }) });
    await expect.poll(() => server.connections.open).toBe(8);
    await sent(server, 4 * MIB);
    server.dropConnections();
    server.set({ connectionRate: Infinity });
    const { outcome } = await ended;
    expect(outcome).toMatchObject({ kind: 'completed', size });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
  });
});

test('letting many connections go is no failure of the run', async () => {
  const size = 48 * MIB;
  const server = await serve({ size, connectionRate: MIB });
  await withFolder(async (folder) => {
    const downloads = room();
    const notes: string[] = [];
    const ended = begin(downloads, { id: 'a', url: server.url, folder, connections: 12 }, (event) => {
      if (event.kind === 'activity' && event.level === 'warning') notes.push(event.text);
    });
    await expect.poll(() => server.connections.open).toBe(12);
    await sent(server, 6 * MIB);
    downloads.setConnections('a', 1);
    server.set({ connectionRate: Infinity });
    expect(await ended).toMatchObject({ kind: 'completed', size });
    expect(notes).toEqual([]);
  });
});

test('answers that bring nothing are failed tries, not asked for without end', async () => {
  const size = 4 * MIB;
  let empty = 0;
  const server = await serve({
    size,
    connectionRate: 8 * MIB,
    intercept: (request, response) => {
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const common = { etag: `"1-${size}"`, 'content-range': `bytes ${start}-${size - 1}/${size}` };
      const bytes = start === 0 ? generatedBytes(1).read(0, MIB) : Buffer.alloc(0);
      if (start > 0) empty += 1;
      response.writeHead(206, { ...common, 'content-length': bytes.length }).end(bytes);
      return true;
    },
  });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, connections: 1, tries: 1 });
    expect(outcome).toMatchObject({ kind: 'retry', progressed: true });
    expect(empty).toBeLessThan(10);
  });
});

test('a resume that is refused keeps no file open', async () => {
  const size = 4 * MIB;
  const server = await serve({ size, connectionRate: 2 * MIB });
  await withFolder(async (folder) => {
    const downloads = room();
    let journal: DownloadJournal | null = null;
    const ended = begin(downloads, { id: 'a', url: server.url, folder, connections: 1 }, (event) => {
      if (event.kind === 'started' || event.kind === 'committed') ({ journal } = event);
      if (event.kind === 'committed') downloads.stop('a');
    });
    expect(await ended).toEqual({ kind: 'stopped' });
    server.set({
      intercept: (_request, response) => {
        response.writeHead(503).end();
        return true;
      },
    });
    const refused = await begin(downloads, { id: 'a', url: server.url, folder }, () => {}, journal);
    expect(refused.kind).toBe('retry');
    // While the thread lives: its end would close what it forgot.
    const held = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    expect(held.filter((path) => path.startsWith(folder))).toEqual([]);
  });
});

test('a transfer thread that dies ends what it ran, and not what is started then', async () => {
  const size = MIB;
  const server = await serve({ size, connectionRate: MIB / 4 });
  await withFolder(async (folder) => {
    const downloads = room();
    const second = new Promise<DownloadOutcome>((resolve) => {
      void begin(downloads, { id: 'a', name: 'a', url: server.url, folder }, (event) => {
        if (event.kind !== 'ended') return;
        expect(event.outcome).toMatchObject({ kind: 'failed', failure: { code: 'internal' } });
        downloads.setHostLimits({});
        server.set({ connectionRate: Infinity });
        void begin(downloads, { id: 'b', name: 'b', url: server.url, folder }).then(resolve);
      });
    });
    await sent(server, 1);
    downloads.setHostLimits(null as unknown as Record<string, number>);
    expect(await second).toMatchObject({ kind: 'completed', size });
  });
});

test('51: a signed link that expires under many connections is resolved again by all', async () => {
  const size = 32 * MIB;
  let key = 'old';
  const server = await serve({
    size,
    connectionRate: 8 * MIB,
    intercept: (request, response) => {
      const url = new URL(request.url ?? '/', 'http://x');
      const given = url.searchParams.get('key');
      if (given === null) response.writeHead(302, { location: `/signed.bin?key=${key}` }).end();
      else if (given !== key) response.writeHead(403).end();
      else return false;
      return true;
    },
  });
  await withFolder(async (folder) => {
    const ended = drive(server.url, { folder, connections: 4, tries: 1 });
    await expect.poll(() => server.connections.open).toBe(4);
    await sent(server, 4 * MIB);
    key = 'new';
    server.dropConnections();
    const { outcome } = await ended;
    expect(outcome).toMatchObject({ kind: 'completed', size });
  });
});

test('a part without a total is never taken for the end of a file of unknown size', async () => {
  const size = 3 * MIB;
  const content = generatedBytes(1);
  let requests = 0;
  const server = await serve({
    size,
    contentLength: false,
    ranges: false,
    etag: null,
    intercept: (request, response) => {
      requests += 1;
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (requests === 1) {
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        response.write(content.read(0, MIB), () => setTimeout(() => request.socket.destroy(), 100));
        return true;
      }
      if (start === 0) return false;
      // Half a MiB of what is left, and not a word of how much that is.
      const end = start + MIB / 2;
      response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/*`, 'content-length': MIB / 2 });
      response.end(content.read(start, end));
      return true;
    },
  });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder });
    expect(outcome).toMatchObject({ kind: 'completed', size });
    expect(await sha256Of(join(folder, 'file.bin'))).toBe(await server.sha256());
  });
});

test('a server that breaks off each time and cannot go on in the middle makes no progress', async () => {
  const size = 200_000;
  // No size, no ranges, no validator: all that is there each time is the beginning.
  const server = await serve({
    size,
    intercept: (request, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write(generatedBytes(1).read(0, size / 2), () => request.socket.destroy());
      return true;
    },
  });
  await withFolder(async (folder) => {
    const ended: DownloadOutcome[] = [];
    const driven = await drive(server.url, { folder, tries: 3 });
    for (const event of driven.events) if (event.kind === 'ended') ended.push(event.outcome);
    expect(ended.slice(1)).toEqual([
      expect.objectContaining({ kind: 'retry', progressed: false, retryAfter: null }),
      expect.objectContaining({ kind: 'retry', progressed: false, retryAfter: null }),
    ]);
    expect(driven.outcome).toMatchObject({ failure: { code: 'cannot-resume', params: { host: '127.0.0.1' } } });
  });
});

test('a body that is sent from its beginning each time, and never gets further, is not asked for without end', async () => {
  const size = 200_000;
  const fields = { etag: '"one"', 'content-length': size };
  const server = await serve({
    size,
    intercept: (request, response) => {
      response.writeHead(200, fields);
      response.write(generatedBytes(1).read(0, size / 2), () => request.socket.destroy());
      return true;
    },
  });
  await withFolder(async (folder) => {
    const { outcome } = await drive(server.url, { folder, tries: 1 });
    expect(outcome).toMatchObject({ kind: 'retry', failure: { code: 'connection-lost' } });
    expect(server.requests.length).toBeLessThanOrEqual(6);
  });
});

test('the digests of pieces may be of another kind than that of the whole', async () => {
  const size = 3 * MIB + 7;
  const server = await serve({ size });
  const digests: string[] = [];
  for (let at = 0; at < size; at += MIB) {
    const piece = generatedBytes(1).read(at, Math.min(size, at + MIB));
    digests.push(createHash('sha1').update(piece).digest('hex'));
  }
  const checksum = { algorithm: 'sha-256' as const, value: await server.sha256() };
  const pieces = { length: MIB, algorithm: 'sha-1' as const, digests };
  await withFolder(async (folder) => {
    const both = await drive(server.url, { folder, checksum, pieces });
    expect(both.outcome).toMatchObject({ kind: 'completed', proof: 'checksum' });
    const few = await drive(server.url, { folder, name: 'few', pieces: { ...pieces, digests: digests.slice(0, 2) } });
    expect(few.outcome, 'the last piece has no digest').toMatchObject({ kind: 'attention' });
  });
});

test('bytes past the part that a response was proven to be are not taken, and a part is no whole', async () => {
  const size = 3 * MIB;
  const content = generatedBytes(1);
  const part = { etag: `"1-${size}"`, 'content-range': `bytes 0-${MIB - 1}/${size}` };
  let first = true;
  // Chunked, so that no length gives the excess away.
  let answer: { status: number; body: Uint8Array } = {
    status: 206,
    body: Buffer.concat([content.read(0, MIB), generatedBytes(2).read(MIB, size)]),
  };
  const server = await serve({
    size,
    intercept: (_request, response) => {
      if (!first) return false;
      first = false;
      response.writeHead(answer.status, part).end(answer.body);
      return true;
    },
  });
  await withFolder(async (folder) => {
    for (const name of ['past', 'part']) {
      const { outcome } = await drive(server.url, { folder, name, connections: 1 });
      expect(outcome, name).toMatchObject({ kind: 'completed', size });
      expect(await sha256Of(join(folder, name)), name).toBe(await server.sha256());
      first = true;
      answer = { status: 200, body: content.read(0, MIB) };
    }
  });
});

test.each([0, 65_536])(
  'a login is asked for in the name of the origin that wants it, after %i bytes too',
  async (sent) => {
    const size = 3 * MIB;
    const asker = await serve({
      size,
      intercept(_, response) {
        if (asker.bytesSent < sent) return false;
        response.writeHead(401, { 'www-authenticate': 'Basic realm="bank"', 'content-length': '0' }).end();
        return true;
      },
      ...(sent > 0 && { held: [sent, size] as const }),
    });
    const link = await serve({
      intercept(_, response) {
        response.writeHead(302, { location: asker.url, 'content-length': '0' }).end();
        return true;
      },
    });
    await withFolder(async (folder) => {
      const ending = begin(room(), { id: 'a', url: link.url, folder, connections: 1 });
      if (sent > 0) {
        await expect.poll(() => asker.bytesSent, { interval: 10 }).toBeGreaterThanOrEqual(sent);
        asker.dropConnections();
      }
      const { origin } = new URL(asker.url);
      expect(await ending).toMatchObject({ failure: { code: 'login-needed', params: { origin } } });
    });
  },
);
