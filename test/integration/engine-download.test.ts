import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../electron/engine/index.ts';
import type { Job, JobStateKind } from '../../shared/job.ts';
import type { JobsEvent } from '../../shared/jobs-event.ts';
import { asDownload } from '../tools/as-download.ts';

const SIZE = 24 * 1024 * 1024;
const body = randomBytes(SIZE);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let home: string;
let engine: Engine;
let server: http.Server;
let origin: string;
/** Body bytes that the server has sent, over all answers. */
let sent = 0;
/** Set: answers stop after this many bytes each, until it is lifted. */
let gate: { after: number; opened: Promise<void>; open: () => void } | null = null;

function closeGate(after: number): void {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  gate = { after, opened, open };
}

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  if (request.url === '/secret' && request.headers.authorization !== `Basic ${btoa('me:hush')}`) {
    response.writeHead(401).end();
    return;
  }
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(match?.[1] ?? 0);
  const end = match?.[2] ? Number(match[2]) + 1 : SIZE;
  response.setHeader('ETag', '"v1"');
  response.setHeader('Content-Disposition', 'attachment; filename="data set.bin"');
  response.setHeader('Content-Length', end - start);
  if (match) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${SIZE}`);
  response.writeHead(match ? 206 : 200);
  const closed = new AbortController();
  response.once('close', () => {
    closed.abort();
  });
  for (let at = start; at < end && !response.destroyed; at += 65_536) {
    if (gate && at - start >= gate.after) await gate.opened;
    const piece = body.subarray(at, Math.min(at + 65_536, end));
    sent += piece.length;
    if (!response.write(piece)) await once(response, 'drain', { signal: closed.signal });
  }
  response.end();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-engine-'));
  home = join(folder, 'home');
  sent = 0;
  gate = null;
  server = http.createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  engine = await open();
});
afterEach(async () => {
  gate?.open();
  await engine.close();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const open = () => openEngine({ home, downloadsFolder: join(folder, 'files') });
const files = async () => (await readdir(join(folder, 'files'))).toSorted();

function add(path = '/file', more: { checksum?: string; paused?: boolean } = {}): string {
  const [result] = engine.add([{ url: origin + path, ...more }]);
  if (!result?.ok) throw new Error(`not added: ${JSON.stringify(result)}`);
  return result.id;
}

/** Resolves with the job as soon as `holds` of it; fails when it ends up in a state that it does not leave by itself. */
function until(id: string, holds: (job: Job, done: number) => boolean): Promise<Job> {
  const { promise, resolve, reject } = Promise.withResolvers<Job>();
  const look = (event: JobsEvent) => {
    const meter = event.meters.find((meter) => meter.id === id);
    const job = engine.list().find((job) => job.id === id);
    if (!job) return;
    if (holds(job, meter?.done ?? job.done)) resolve(job);
    else if (['failed', 'attention'].includes(job.state.kind)) reject(new Error(JSON.stringify(job.state)));
  };
  const end = engine.subscribe(look);
  return promise.finally(end);
}
const reaches = (id: string, kind: JobStateKind) => until(id, (job) => job.state.kind === kind);

describe('a download', () => {
  test('is added, fetched, verified and named', async () => {
    const id = add('/file', { checksum: `sha-256:${sha256(body)}` });
    const job = await reaches(id, 'completed');
    expect(job).toMatchObject({ name: 'data set.bin', size: SIZE, done: SIZE, ranges: [[0, SIZE]] });
    expect(job.state).toMatchObject({ proof: 'checksum' });
    expect(await files()).toEqual(['data set.bin']);
    expect(sha256(await readFile(engine.fileOf(id)))).toBe(sha256(body));
  });

  test('sends credentials of the link, and keeps them out of the job', async () => {
    const id = engine.add([{ url: `${origin.replace('//', '//me:hush@')}/secret` }])[0]!;
    if (!id.ok) throw new Error('not added');
    const job = await reaches(id.id, 'completed');
    expect(asDownload(job).url).toBe(`${origin}/secret`);
    expect(JSON.stringify(engine.detail(id.id))).not.toMatch(/hush|bWU6aHVzaA/);
  });

  test('pauses with its bytes kept, resumes, and fetches little twice', async () => {
    closeGate(4 * 1024 * 1024);
    const id = add();
    await until(id, (job, done) => job.state.kind === 'running' && done >= 2 * 1024 * 1024);
    engine.pause([id]);
    const paused = await reaches(id, 'paused');
    expect(paused.done).toBeGreaterThanOrEqual(2 * 1024 * 1024);
    expect(await files()).toEqual(['data set.bin.sluice']);
    gate?.open();
    gate = null;
    engine.resume([id]);
    await reaches(id, 'completed');
    expect(sha256(await readFile(engine.fileOf(id)))).toBe(sha256(body));
    expect(sent).toBeLessThan(SIZE * 1.5);
  });

  test('goes on by itself after the engine was closed', async () => {
    closeGate(4 * 1024 * 1024);
    const id = add();
    await until(id, (job, done) => job.state.kind === 'running' && done >= 2 * 1024 * 1024);
    await engine.close();
    gate?.open();
    gate = null;
    engine = await open();
    const job = await reaches(id, 'completed');
    expect(sha256(await readFile(engine.fileOf(job.id)))).toBe(sha256(body));
    expect(sent).toBeLessThan(SIZE * 1.5);
  });

  test('is removed while it runs, with its part file', async () => {
    closeGate(1024 * 1024);
    const id = add();
    await until(id, (job, done) => job.state.kind === 'running' && done > 0);
    await engine.remove([id], true);
    expect(engine.list()).toEqual([]);
    expect(await files()).toEqual([]);
  });

  test('is cancelled: the part file goes, the row stays', async () => {
    closeGate(1024 * 1024);
    const id = add();
    await until(id, (job, done) => job.state.kind === 'running' && done > 0);
    engine.cancel([id]);
    await until(id, (job) => job.state.kind === 'cancelled' && job.done === 0);
    expect(await files()).toEqual([]);
  });

  test('is removed when finished, with its file only where asked', async () => {
    const [first, second] = [add(), add()];
    await Promise.all([reaches(first, 'completed'), reaches(second, 'completed')]);
    expect(await files()).toEqual(['data set (1).bin', 'data set.bin']);
    const kept = engine.fileOf(second);
    await engine.remove([first], true);
    await engine.remove([second], false);
    expect((await files()).map((name) => join(folder, 'files', name))).toEqual([kept]);
  });
});

test('probe says what a link leads to and starts nothing', async () => {
  const result = await engine.probe({ url: `${origin.replace('//', '//me:hush@')}/secret` });
  expect(result).toMatchObject({ name: 'data set.bin', size: SIZE, resumability: 'strong-etag' });
  expect(JSON.stringify(result)).not.toContain('hush');
  expect(engine.list()).toEqual([]);
});

test('the sample remote gives what it promises', async () => {
  const size = 3_000_000;
  const { url, sha256: digest } = await engine.sample(size, null);
  const [result] = engine.add([{ url, checksum: `sha-256:${digest}` }]);
  if (!result?.ok) throw new Error('not added');
  expect((await reaches(result.id, 'completed')).state).toMatchObject({ proof: 'checksum' });
});
