import { SluiceError } from '../../../shared/failure.ts';
import type { BufferPool } from '../flow/index.ts';
import type { BodySink } from './body.ts';
import { openRemote, type Exchange } from './open-remote.ts';
import type { RemoteRequest } from './request.ts';
import type { Network } from './socket.ts';

/** Ms after which a text that still comes is given up. */
const PATIENCE = 120_000;

/** Takes a small body whole; more than `most` bytes are refused. */
class SmallBody implements BodySink {
  readonly #pool: BufferPool;
  readonly #most: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(pool: BufferPool, most: number) {
    this.#pool = pool;
    this.#most = most;
  }

  get tooLarge(): boolean {
    return this.#length > this.#most;
  }

  quantum(): number {
    return Infinity;
  }

  received(): number {
    return 0;
  }

  write(buffer: Buffer, from: number, to: number): void {
    this.#length += to - from;
    if (!this.tooLarge) this.#pieces.push(Buffer.from(buffer.subarray(from, to)));
    this.#pool.give(buffer);
  }

  toString(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }
}

/** Reads the body of an answered request as text. @throws bad-response where it has more than `most` bytes */
export async function readText({ connection, head }: Exchange, pool: BufferPool, most: number): Promise<string> {
  const body = new SmallBody(pool, most);
  const late = setTimeout(() => connection.destroy(), PATIENCE);
  try {
    await connection.body(head, most + 1, body);
  } finally {
    clearTimeout(late);
    connection.destroy();
  }
  if (body.tooLarge) {
    const detail = `it has more than ${most.toLocaleString('en')} bytes`;
    throw new SluiceError('bad-response', { host: connection.origin.hostname, detail });
  }
  return body.toString();
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
