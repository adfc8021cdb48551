/** Readers for the serve bench: raw sockets that cost as little as they can. */
import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Place } from './serve-servers.ts';

const run = promisify(execFile);

const head = ({ port, path }: Place, range: string) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${range === '' ? '' : `Range: ${range}\r\n`}\r\n`;

export interface Drained {
  readonly seconds: number;
  /** Seconds until the first byte came. */
  readonly first: number;
  /** Bytes of the body. */
  readonly size: number;
}

/** Reads all that is there into one buffer that nobody looks at. */
export async function drain(at: Place): Promise<Drained> {
  const buffer = Buffer.allocUnsafeSlow(2 ** 20);
  const began = performance.now();
  let first = 0;
  let size = -1;
  let left = Infinity;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({
      port: at.port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: (n, data) => {
          if (first === 0) {
            first = performance.now();
            const text = Buffer.from(data.buffer, data.byteOffset, n).toString('latin1');
            size = Number(/^HTTP\/1\.1 200 .*\r\ncontent-length: (\d+)\r\n/is.exec(text)?.[1] ?? -1);
            left = size + text.indexOf('\r\n\r\n') + 4;
          }
          left -= n;
          if (left <= 0 || size < 0) socket.destroy();
          return true;
        },
      },
    });
    socket.once('error', reject);
    socket.once('close', () => (left === 0 ? resolve() : reject(new Error(`${at.path}: ${left} bytes are missing`))));
    socket.write(head(at, ''));
  });
  return { seconds: (performance.now() - began) / 1000, first: (first - began) / 1000, size };
}

export interface RangeLoad {
  readonly perSecond: number;
  /** Ms. */
  readonly p99: number;
}

/** Asks for random 64 KiB ranges on so many connections, one request at a time on each, for so many seconds, with wrk. */
export async function rangeLoad(at: Place, size: number, connections: number, seconds: number): Promise<RangeLoad> {
  const script = join(import.meta.dirname, 'serve-ranges.lua');
  const url = `http://127.0.0.1:${at.port}${at.path}`;
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], {
    env: { ...process.env, SLUICE_BENCH_SIZE: String(size) },
  });
  const line = /^\{.*\}$/m.exec(stdout)?.[0];
  if (line === undefined) throw new Error(stdout);
  const { requests, us, p99, errors, bytes } = JSON.parse(line) as Record<
    'requests' | 'us' | 'p99' | 'errors' | 'bytes',
    number
  >;
  // Answers that are whole, and the right length: a fast 416 is no feat.
  if (errors > 0 || bytes < requests * 65_536) throw new Error(`${at.path}: ${line}`);
  return { perSecond: requests / (us / 1e6), p99 };
}

/** Readers that ask for all and read nothing. */
export async function stall(at: Place, count: number): Promise<Socket[]> {
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect({ port: at.port, host: '127.0.0.1' }, () => {
            socket.pause();
            socket.write(head(at, ''));
            resolve(socket);
          });
          socket.pause();
          socket.once('error', reject);
        }),
    ),
  );
}

/** Ms until the first byte of an answer; all of it is read. */
export async function firstByte(at: Place): Promise<number> {
  const began = performance.now();
  let first = 0;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port: at.port, host: '127.0.0.1' });
    socket.on('data', (data: Buffer) => {
      if (first > 0) return;
      first = performance.now() - began;
      if (!data.toString('latin1', 0, 12).endsWith(' 200')) reject(new Error(`${at.path}: ${data.toString('latin1')}`));
    });
    socket.once('error', reject);
    socket.once('end', resolve);
    socket.write(head(at, '').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  });
  return first;
}

/** A reader that takes so many bytes and then no more. */
export async function stopAfter(at: Place, bytes: number): Promise<Socket> {
  const socket = connect({ port: at.port, host: '127.0.0.1' });
  let taken = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (data: Buffer) => {
      taken += data.length;
      if (taken < bytes) return;
      socket.pause();
      resolve();
    });
    socket.once('error', reject);
    socket.write(head(at, ''));
  });
  return socket;
}
