/** Readers for the serve bench: raw sockets that cost as little as they can. */
import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface At {
  readonly port: number;
  readonly path: string;
}

const head = ({ port, path }: At, range: string) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${range === '' ? '' : `Range: ${range}\r\n`}\r\n`;

/** Reads the whole file into one buffer that nobody looks at. Resolves to seconds. */
export async function drain(at: At, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafeSlow(2 ** 20);
  const began = performance.now();
  let left = size;
  let isHead = true;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({
      port: at.port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: (n, data) => {
          let body = n;
          if (isHead) {
            const end = Buffer.from(data.buffer, data.byteOffset, n).indexOf('\r\n\r\n');
            if (end === -1) return true;
            isHead = false;
            body = n - end - 4;
          }
          left -= body;
          if (left <= 0) socket.destroy();
          return true;
        },
      },
    });
    socket.once('error', reject);
    socket.once('close', () => (left === 0 ? resolve() : reject(new Error(`${left} bytes are missing`))));
    socket.write(head(at, ''));
  });
  return (performance.now() - began) / 1000;
}

export interface RangeLoad {
  readonly perSecond: number;
  /** Ms. */
  readonly p99: number;
}

/** Asks for random 64 KiB ranges on so many connections, one request at a time on each, for so many seconds, with wrk. */
export async function rangeLoad(at: At, size: number, connections: number, seconds: number): Promise<RangeLoad> {
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
export async function stall(at: At, count: number): Promise<Socket[]> {
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
