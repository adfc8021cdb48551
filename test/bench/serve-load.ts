/** Readers for the serve bench: raw sockets that cost as little as they can. */
import { connect, type Socket } from 'node:net';

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

/** Asks for random 64 KiB ranges on so many connections, one request at a time on each, for so many ms. */
export async function rangeLoad(at: At, size: number, connections: number, duration: number): Promise<RangeLoad> {
  const LENGTH = 65_536;
  const times: number[] = [];
  const ends = performance.now() + duration;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const buffer = Buffer.allocUnsafeSlow(128 * 1024);
          let left = 0;
          let isHead = true;
          let began = 0;
          const ask = () => {
            const start = Math.floor(Math.random() * (size - LENGTH));
            left = LENGTH;
            isHead = true;
            began = performance.now();
            socket.write(head(at, `bytes=${start}-${start + LENGTH - 1}`));
          };
          const socket: Socket = connect(
            {
              port: at.port,
              host: '127.0.0.1',
              onread: {
                buffer,
                callback: (n, data) => {
                  let body = n;
                  if (isHead) {
                    const bytes = Buffer.from(data.buffer, data.byteOffset, n);
                    if (bytes.toString('latin1', 9, 12) !== '206') socket.destroy(new Error('Not a part'));
                    const end = bytes.indexOf('\r\n\r\n');
                    if (end === -1) return true;
                    isHead = false;
                    body = n - end - 4;
                  }
                  left -= body;
                  if (left > 0) return true;
                  const now = performance.now();
                  times.push(now - began);
                  if (now < ends) ask();
                  else socket.destroy();
                  return true;
                },
              },
            },
            ask,
          );
          socket.once('error', reject);
          socket.once('close', () => resolve());
        }),
    ),
  );
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / (duration / 1000),
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
  };
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
