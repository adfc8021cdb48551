import { Duplex } from 'node:stream';
import type { BufferPool } from '../flow/index.ts';
import type { BodyEnd } from './http-connection.ts';
import type { ResponseHead } from './response-head.ts';

interface LibraryBody {
  readonly head: ResponseHead;
  /** Body bytes that came with the head. */
  readonly early: Buffer;
  readonly host: string;
  /** Begins the flow of socket bytes; null stands for the end. The callback answers false to pause the socket. */
  connect(onData: (chunk: Buffer | null) => boolean): void;
  resumeSocket(): void;
  readonly pool: BufferPool;
  /** Bytes that are still wanted. */
  wanted(): number;
  /** Takes a buffer with its first `length` bytes filled. False: blocked until the resume function is called. */
  write(buffer: Buffer, length: number): boolean;
  /** Counts decoded bytes. False: a limit holds until the resume function is called. */
  received(bytes: number): boolean;
  /** Called when the body begins: how to let it flow on, and how to tell that less is wanted. */
  onResponse(resume: () => void, cut: () => void): void;
}

/**
 * Reads a body with a transfer coding through Node's own HTTP parser, without asking the server again (fault 2): a
 * stand-in socket gives the parser the head and the bytes that have already come, then those that follow, and swallows
 * the request that the library writes. Chunk sizes, trailers and early ends are thereby the library's (faults 36, 37).
 */
export async function libraryBody(body: LibraryBody): Promise<BodyEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<BodyEnd>();
  const standIn = new Duplex({
    read: () => body.resumeSocket(),
    write: (_chunk, _encoding, done) => done(),
  });
  standIn.on('error', () => {});

  // Loaded only here, and not by `import`, which would fetch WebSocket and fetch with it: 6 MB of a thread's memory.
  const http = process.getBuiltinModule('node:http');
  const request = http.request({ host: body.host, createConnection: () => standIn });
  request.on('error', reject);
  request.on('response', (response) => {
    let buffer = body.pool.take();
    let filled = 0;
    let ended = false;
    const pass = (): boolean => {
      if (filled === 0) return true;
      const [full, length] = [buffer, filled];
      buffer = body.pool.take();
      filled = 0;
      return body.write(full, length);
    };
    const finish = (end: BodyEnd | null) => {
      if (ended) return;
      ended = true;
      pass();
      body.pool.give(buffer);
      if (end) resolve(end);
      else reject(new Error('The body ended before its time'));
      request.destroy();
    };
    const cut = () => {
      if (filled >= body.wanted()) finish('cut');
    };
    body.onResponse(() => response.resume(), cut);
    response.on('data', (chunk: Buffer) => {
      let at = 0;
      let flowing = body.received(Math.min(chunk.length, Math.max(0, body.wanted() - filled)));
      while (at < chunk.length && !ended) {
        const n = Math.max(0, Math.min(chunk.length - at, buffer.length - filled, body.wanted() - filled));
        chunk.copy(buffer, filled, at, at + n);
        filled += n;
        at += n;
        if (filled >= body.wanted()) finish('cut');
        else if (filled === buffer.length) flowing = pass() && flowing;
      }
      if (!flowing) response.pause();
    });
    response.on('end', () => finish(response.complete ? 'complete' : null));
    response.on('error', () => finish(null));
    response.on('close', () => finish(null));
    cut();
  });
  request.end();

  standIn.push(headText(body.head));
  if (body.early.length > 0) standIn.push(body.early);
  body.connect((chunk) => {
    if (standIn.destroyed || standIn.readableEnded) return false;
    return standIn.push(chunk);
  });
  return promise;
}

function headText(head: ResponseHead): string {
  // All that the framing needs. Beside it a Content-Length means nothing (RFC 9112 §6.3; fault 39), and the library takes
  // shorter heads than we do.
  const fields = head.fields.filter(([name]) => name === 'transfer-encoding');
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.${head.minor} ${head.status} ${head.reason}\r\n${lines}\r\n`;
}
