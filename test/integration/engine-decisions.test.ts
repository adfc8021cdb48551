/** What a person decides, with real bytes: the file in the end is the right one, and what was there is not fetched again. */
import { execFileSync } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startFaultServer } from '../servers/fault-server.ts';
import { type LoggedRequest, type RangeServer, startRangeServer } from '../servers/range-server.ts';
import { engineHome, type EngineHome } from './engine-home.ts';
import { asDownload } from '../tools/as-download.ts';

const MiB = 1024 * 1024;
const SIZE = 12 * MiB;

function refuse(status: number) {
  return (_: IncomingMessage, response: ServerResponse): boolean => {
    response.writeHead(status, { 'content-length': 0, connection: 'close' }).end();
    return true;
  };
}

/** A request for bytes that were here already, but for the stretch that is compared. */
const fromStart = ({ headers }: LoggedRequest) => !/^bytes=(?:[1-9]|0-65535$)/.test(headers.range ?? '');

/** A job with some bytes on the disk, paused. */
async function begun(home: EngineHome, server: RangeServer, folder = home.files): Promise<string> {
  // However late the pause comes, something is missing.
  server.set({ held: [9 * MiB, SIZE] });
  const id = home.add({ url: server.url, folder, connections: 2 });
  await home.until(id, (job, done) => job.state.kind === 'running' && done >= 3 * MiB);
  home.engine.pause([id]);
  await home.reaches(id, 'paused');
  server.set({ held: null });
  return id;
}

describe('a new link', () => {
  test('to the same file goes on with the bytes that are here', async () => {
    await using home = await engineHome();
    await using old = await startRangeServer({ size: SIZE, totalRate: 8 * MiB });
    await using fresh = await startRangeServer({
      size: SIZE,
      etag: '"of another server"',
      lastModified: new Date(0),
      totalRate: 16 * MiB,
    });
    const id = await begun(home, old);
    old.set({ intercept: refuse(403) });
    home.engine.resume([id]);
    const { done } = await home.asks(id, 'forbidden');
    expect(done).toBeGreaterThanOrEqual(3 * MiB);
    await home.engine.decide(id, 'new-link', { url: fresh.url });
    await home.reaches(id, 'completed');
    expect(await home.sha256(id)).toBe(await fresh.sha256());
    expect(fresh.requests.filter(fromStart)).toEqual([]);
  });

  test('to another file of the same size is found out, and the old one goes on unharmed', async () => {
    await using home = await engineHome();
    await using old = await startRangeServer({ size: SIZE, totalRate: 8 * MiB });
    await using other = await startRangeServer({ size: SIZE, seed: 2 });
    const id = await begun(home, old);
    old.set({ intercept: refuse(404) });
    home.engine.resume([id]);
    await home.asks(id, 'not-found');
    await home.engine.decide(id, 'new-link', { url: other.url });
    const job = await home.asks(id, 'other-file');
    expect(asDownload(job).url).toBe(old.url);
    old.set({ intercept: null, totalRate: Infinity });
    await home.engine.decide(id, 'keep');
    await home.restart();
    home.engine.resume([id]);
    await home.reaches(id, 'completed');
    expect(await home.sha256(id)).toBe(await old.sha256());
  });

  test('to a file of another size is refused; start over takes it', async () => {
    await using home = await engineHome();
    await using old = await startRangeServer({ size: SIZE, totalRate: 8 * MiB });
    await using other = await startRangeServer({ size: 2 * MiB, seed: 3 });
    const id = await begun(home, old);
    old.set({ intercept: refuse(404) });
    home.engine.resume([id]);
    await home.asks(id, 'not-found');
    await home.engine.decide(id, 'new-link', { url: other.url });
    await home.asks(id, 'other-file');
    await home.engine.decide(id, 'start-over');
    expect(await home.reaches(id, 'completed')).toMatchObject({ url: other.url, size: 2 * MiB });
    expect(await home.sha256(id)).toBe(await other.sha256());
  });
});

describe('a login', () => {
  test('opens what wanted one', async () => {
    await using home = await engineHome();
    const wanted = `Basic ${btoa('me:hush')}`;
    await using server = await startRangeServer({
      intercept: (request, response) => request.headers.authorization !== wanted && refuse(401)(request, response),
    });
    const id = home.add({ url: server.url });
    await home.asks(id, 'login-needed');
    await home.engine.decide(id, 'login', { username: 'me', password: 'wrong' });
    await home.until(id, (job) => job.state.kind !== 'attention');
    await home.asks(id, 'login-needed');
    await home.engine.decide(id, 'login', { username: 'me', password: 'hush' });
    await home.until(id, (job) => job.state.kind === 'completed');
    expect(await home.sha256(id)).toBe(await server.sha256());
  });
});

describe('a certificate', () => {
  test('that is not trusted is shown, allowed for its host, and remembered', async () => {
    await using home = await engineHome();
    await using server = await startRangeServer({ tls: true });
    const id = home.add({ url: server.url });
    const { state } = await home.asks(id, 'certificate-untrusted');
    expect(state).toMatchObject({
      failure: { params: { host: '127.0.0.1', fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}/) } },
    });
    expect(server.requests).toEqual([]);
    await home.engine.decide(id, 'trust');
    await home.until(id, (job) => job.state.kind === 'completed');
    expect(await home.sha256(id)).toBe(await server.sha256());
    await home.restart();
    await home.reaches(home.add({ url: server.url }), 'completed');
  });
});

describe('a redirect from https to plain http (faults.md 54)', () => {
  test('is shown, and followed once it is allowed, by this download alone', async () => {
    await using home = await engineHome();
    await using server = await startFaultServer();
    const run = await server.play(54, { variant: 'http' });
    const statuses = () => run.exchanges.map(({ origin, status }) => `${origin} ${status}`);
    const id = home.add({ url: run.url, connections: 1 });
    await home.asks(id, 'certificate-untrusted');
    await home.engine.decide(id, 'trust');
    await home.until(id, ({ state }) => state.kind !== 'attention');
    const { state } = await home.asks(id, 'insecure-redirect');
    expect(state).toMatchObject({ failure: { params: { host: '127.0.0.1', to: '127.0.0.1' } } });
    expect(statuses()).toEqual(['https 302']);
    expect(await home.list()).toEqual([]);

    await home.engine.decide(id, 'allow-http');
    await home.until(id, ({ state }) => state.kind === 'completed');
    expect(await home.sha256(id)).toBe(run.sha256);
    expect(statuses()).toEqual(['https 302', 'https 302', 'http 206']);
    expect(home.engine.detail(id).activity.map(({ text }) => text)).toContain(
      '127.0.0.1 was allowed to redirect it to plain http.',
    );
    const other = home.add({ url: run.url, name: 'other.bin' });
    await home.asks(other, 'insecure-redirect');
    expect(statuses()).toEqual(['https 302', 'https 302', 'http 206', 'https 302']);
  });
});

describe('the disk', () => {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

  const mounted: string[] = [];
  // Also after a test that ran out of time.
  afterEach(() => {
    for (const path of mounted.splice(0)) {
      execFileSync('umount', ['-l', path]);
      rmSync(dirname(path), { recursive: true, force: true });
    }
  });

  /** The folder of a file system of 20 MB; null where this process may not mount one. */
  async function smallDisk(home: EngineHome): Promise<string | null> {
    const path = join(home.folder, 'small');
    await mkdir(path);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', path], { stdio: 'ignore' });
    } catch {
      return null;
    }
    mounted.push(path);
    return path;
  }

  test.skipIf(!isRoot)(
    'fills up in the middle: the bytes move to another folder, and it goes on there',
    async (context) => {
      await using home = await engineHome();
      const disk = await smallDisk(home);
      if (!disk) return context.skip('This process may not mount a small file system.');
      // No length is told, so that nothing can be said before the disk is full.
      await using server = await startRangeServer({ size: 30 * MiB, contentLength: false, ranges: false });
      await writeFile(join(disk, 'ballast'), Buffer.alloc(8 * MiB));
      const id = home.add({ url: server.url, folder: disk });
      await home.asks(id, 'disk-full');
      await home.engine.decide(id, 'change-folder', { folder: home.files });
      await home.until(id, (job) => job.state.kind === 'completed');
      expect(await home.sha256(id)).toBe(await server.sha256());
      expect(await home.list()).toEqual(['file.bin']);
    },
  );

  test.skipIf(!isRoot)('is too small for what is missing: the part file moves with its bytes', async (context) => {
    await using home = await engineHome();
    const disk = await smallDisk(home);
    if (!disk) return context.skip('This process may not mount a small file system.');
    await using server = await startRangeServer({ size: SIZE, totalRate: 8 * MiB });
    const id = await begun(home, server, disk);
    await writeFile(join(disk, 'ballast'), Buffer.alloc(10 * MiB));
    home.engine.resume([id]);
    await home.asks(id, 'disk-full');
    const before = server.requests.length;
    await home.engine.decide(id, 'change-folder', { folder: home.files });
    await home.until(id, (job) => job.state.kind === 'completed');
    expect(await home.sha256(id)).toBe(await server.sha256());
    expect(server.requests.slice(before).filter(fromStart)).toEqual([]);
  });
});

describe('what is gone or torn', () => {
  test('a part file that is gone is said to be, and start over fetches it all', async () => {
    await using home = await engineHome();
    await using server = await startRangeServer({ size: SIZE, totalRate: 8 * MiB });
    const id = await begun(home, server);
    await rm(home.engine.fileOf(id));
    server.set({ totalRate: Infinity });
    home.engine.resume([id]);
    await home.asks(id, 'part-missing');
    await home.engine.decide(id, 'start-over');
    await home.until(id, (job) => job.state.kind === 'completed');
    expect(await home.sha256(id)).toBe(await server.sha256());
  });

  test('a part file that lost its end gets it again', async () => {
    await using home = await engineHome();
    await using server = await startRangeServer({ size: SIZE, totalRate: 8 * MiB });
    const id = await begun(home, server);
    server.set({ totalRate: Infinity });
    await home.restart(() => truncate(join(home.files, 'file.bin.sluice'), MiB));
    home.engine.resume([id]);
    await home.reaches(id, 'completed');
    expect(await home.sha256(id)).toBe(await server.sha256());
  });

  test('a torn store is set aside and said so; no file is touched', async () => {
    await using home = await engineHome();
    await using server = await startRangeServer({ size: SIZE, totalRate: 8 * MiB });
    await begun(home, server);
    await home.restart(() => truncate(join(home.home, 'store.db'), 5000));
    expect(home.engine.notices).toMatchObject([{ code: 'store-corrupt' }]);
    expect(home.engine.list()).toEqual([]);
    expect(await home.list()).toEqual(['file.bin.sluice']);
    server.set({ totalRate: Infinity });
    await home.reaches(home.add({ url: server.url }), 'completed');
    expect(await home.list()).toEqual(['file (1).bin', 'file.bin.sluice']);
  });
});
