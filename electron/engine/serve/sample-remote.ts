import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { TokenBucket } from '../flow/index.ts';

/** Something to download or to capture before anything else is at hand: generated on loopback, bytes with ranges or events. */
export interface SampleRemote {
  /**
   * A link to `size` bytes that are the same each time, at `rate` bytes per second over all its connections (null: as
   * fast as it goes). The digest is null for sizes over 1 GiB, whose hashing would keep a person waiting.
   */
  url(size: number, rate: number | null): Promise<{ url: string; sha256: string | null }>;
  /** A link to server-sent events without end, ten a second, with ids to go on after. */
  feed(): Promise<string>;
  /**
   * Serves a link of an earlier start again, so that a sample download that was interrupted can go on: takes its port,
   * if that is free. Links of other servers are left alone.
   */
  revive(url: string): Promise<void>;
  close(): Promise<void>;
}

const BLOCK = 64 * 1024;
const LARGEST_HASHED = 2 ** 30;
const VERSION = 1;

/** Pseudo-random bytes (xorshift32): every block is this one, with its number in front, so that no two are alike. */
const template = Buffer.alloc(BLOCK);
for (let i = 0, x = 0x9e3779b9; i < BLOCK; i += 4) {
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  template.writeInt32LE(x | 0, i);
}

/** Fills `target` with the bytes of the sample from `position` on. */
export function fillSample(target: Buffer, position: number): void {
  let done = 0;
  while (done < target.length) {
    const at = position + done;
    const offset = at % BLOCK;
    const n = Math.min(BLOCK - offset, target.length - done);
    template.copy(target, done, offset, offset + n);
    if (offset < 8) {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(BigInt((at - offset) / BLOCK));
      number.copy(target, done, offset, Math.min(8, offset + n));
    }
    done += n;
  }
}

const FEED = '/sample/feed';
/** Ms between two events of the sample feed, and how many are told again to who comes back. */
const EVENT_MS = 100;
const REPLAYED = 10_000;

/** A reading of an imaginary sluice gate. */
function event(id: number): string {
  const at = new Date(id * EVENT_MS).toISOString();
  const level = (2 + Math.sin(id / 300) + ((id * 7919) % 97) / 500).toFixed(3);
  return `id: ${id}\ndata: {"at":"${at}","gate":${id % 4},"level":${level}}\n\n`;
}

async function digest(size: number): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(4 * 1024 * 1024);
  for (let at = 0; at < size; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, size - at));
    fillSample(part, at);
    hash.update(part);
    await setImmediate();
  }
  return hash.digest('hex');
}

/** Makes the sample remote; its server starts with the first link that is asked for. */
export function createSampleRemote(): SampleRemote {
  const limits = new Map<string, TokenBucket>();
  let server: http.Server | null = null;

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.url === FEED && request.method === 'GET') {
      await tell(response, Number(request.headers['last-event-id'] ?? Number.NaN));
      return;
    }
    const match = /^\/sample\/(\d{1,13})\/(\d{1,13})\/[\w.-]+$/.exec(request.url ?? '');
    if (!match || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    const size = Number(match[1]);
    const rate = Number(match[2]);
    const etag = `"sluice-sample-${VERSION}-${size}"`;
    response.setHeader('ETag', etag);
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Type', 'application/octet-stream');
    if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag) {
      response.writeHead(412).end();
      return;
    }
    const usable = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const range = usable ? /^bytes=(\d{1,15})-(\d{0,15})$/.exec(request.headers.range ?? '') : null;
    const start = range ? Number(range[1]) : 0;
    const end = Math.min(size, range?.[2] ? Number(range[2]) + 1 : size);
    if (range && start >= size) {
      response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
      return;
    }
    response.setHeader('Content-Length', end - start);
    if (range) response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${size}` });
    if (request.method === 'GET') await send(response, start, end, rate, match[0]);
    response.end();
  }

  /** An event's number is its time: what came since the last one that a reader has can be told again. */
  async function tell(response: http.ServerResponse, last: number): Promise<void> {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const newest = () => Math.floor(Date.now() / EVENT_MS);
    let next = last >= newest() - REPLAYED && last <= newest() ? last + 1 : newest();
    while (!closed.signal.aborted) {
      for (; next <= newest(); next += 1) {
        if (!response.write(event(next))) await once(response, 'drain', { signal: closed.signal });
      }
      await delay(EVENT_MS, undefined, { signal: closed.signal });
    }
  }

  async function send(response: http.ServerResponse, start: number, end: number, rate: number, key: string) {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const bucket = limits.get(key) ?? new TokenBucket(rate === 0 ? null : rate);
    limits.set(key, bucket);
    // Under a limit small pieces keep the flow smooth; a piece is new memory, because the socket may still hold it.
    const step = rate === 0 ? 1024 * 1024 : Math.max(4096, Math.min(256 * 1024, Math.ceil(rate / 40)));
    for (let at = start; at < end && !closed.signal.aborted; at += step) {
      const piece = Buffer.allocUnsafe(Math.min(step, end - at));
      fillSample(piece, at);
      const wait = bucket.take(piece.length);
      if (wait > 0) await delay(wait, undefined, { signal: closed.signal });
      if (!response.write(piece)) await once(response, 'drain', { signal: closed.signal });
    }
  }

  async function start(port: number): Promise<http.Server> {
    const started = http.createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    started.listen(port, '127.0.0.1');
    await once(started, 'listening');
    // The sample is no reason to keep the program alive.
    started.unref();
    return started;
  }

  return {
    async url(size, rate) {
      server ??= await start(0);
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/sample/${size}/${rate ?? 0}/sluice-sample.bin`;
      return { url, sha256: size <= LARGEST_HASHED ? await digest(size) : null };
    },
    async feed() {
      server ??= await start(0);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}${FEED}`;
    },
    async revive(url) {
      const port = /^http:\/\/127\.0\.0\.1:(\d{1,5})\/sample\/(?:\d+\/\d+\/|feed$)/.exec(url)?.[1];
      if (port === undefined || server) return;
      server = await start(Number(port)).catch(() => null);
    },
    async close() {
      const closing = server;
      server = null;
      if (!closing) return;
      closing.closeAllConnections();
      await new Promise((resolve) => {
        closing.close(resolve);
      });
    },
  };
}
