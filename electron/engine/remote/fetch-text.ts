import { SluiceError } from '../../../shared/failure.ts';
import type { BufferPool } from '../flow/index.ts';
import type { BodySink } from './body.ts';
import { openRemote, type Exchange } from './open-remote.ts';
import type { RemoteRequest } from './request.ts';
import type { Network } from './socket.ts';

/** Ms after which a small body that still comes is given up. */
const PATIENCE = 120_000;

/** Takes a small body. */
class SmallBody implements BodySink {
  readonly #pool: BufferPool;
  readonly #pieces: Buffer[] = [];

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  quantum(): number {
    return Infinity;
  }

  received(): number {
    return 0;
  }

  write(buffer: Buffer, from: number, to: number): void {
    this.#pieces.push(Buffer.from(buffer.subarray(from, to)));
    this.#pool.give(buffer);
  }
}

/** Reads at most `most` bytes of the body of an answered request, and closes its connection. */
export async function readBytes({ connection, head }: Exchange, pool: BufferPool, most: number): Promise<Buffer> {
  const body = new SmallBody(pool);
  const late = setTimeout(() => connection.destroy(), PATIENCE);
  try {
    await connection.body(head, most, body);
  } finally {
    clearTimeout(late);
    connection.destroy();
  }
  return body.bytes;
}

/** Reads the body of an answered request as text. @throws bad-response where it has more than `most` bytes */
export async function readText(exchange: Exchange, pool: BufferPool, most: number): Promise<string> {
  const bytes = await readBytes(exchange, pool, most + 1);
  if (bytes.length > most) {
    const detail = `it has more than ${most.toLocaleString('en')} bytes`;
    throw new SluiceError('bad-response', { host: exchange.connection.origin.hostname, detail });
  }
  return bytes.toString('utf8');
}

/** Gets a small text; null where the server has none (any status but 200). */
export async function fetchText(
  request: RemoteRequest,
  context: { pool: BufferPool; signal: AbortSignal; network: Network },
  most: number,
): Promise<string | null> {
  const exchange = await openRemote(request, null, context);
  if (exchange.head.status === 200) return readText(exchange, context.pool, most);
  exchange.connection.destroy();
  return null;
}
