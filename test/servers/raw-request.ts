/** A client without opinions, to see exactly what a server sends. */
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawResponse {
  /** 0 where nothing came. */
  readonly status: number;
  /** Status line and fields as sent. */
  readonly head: string;
  /** Everything after the head. */
  readonly body: Buffer;
  /** How the connection ended: by a reset, in order, or not at all before the wanted bytes were there. */
  readonly ended: 'reset' | 'closed' | 'open';
}

/**
 * Sends one GET and reads until the connection ends, or until `most` bytes came, or `patience` ms passed in silence after
 * the first of them.
 */
export function rawGet(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  { most = Infinity, patience = 500, ca }: { most?: number; patience?: number; ca?: string } = {},
): Promise<RawResponse> {
  const { protocol, hostname, port, host, pathname, search } = new URL(url);
  const socket =
    protocol === 'https:' ? connectTls({ host: hostname, port: Number(port), ca }) : connectTcp(Number(port), hostname);
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${fields.join('')}\r\n`);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (ended: RawResponse['ended']) => {
      socket.destroy();
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const head = all.subarray(0, Math.max(0, end)).toString('latin1');
      resolve({ status: Number(head.split(' ')[1] ?? 0), head, body: all.subarray(end < 0 ? 0 : end + 4), ended });
    };
    socket.setTimeout(10_000, () => settle('open'));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      socket.setTimeout(patience);
      length += chunk.length;
      if (length >= most) settle('open');
    });
    socket.once('error', () => settle('reset'));
    socket.once('end', () => settle('closed'));
  });
}
