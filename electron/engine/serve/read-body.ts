/** The bodies of requests, from senders who may be slow on purpose. */
import type { IncomingMessage } from 'node:http';
import type { Limits } from './face.ts';
import { Refusal } from './refusal.ts';
import { ReaderGone } from './transfer.ts';

const tooSlow = () => new Refusal(408, 'That came too slowly.');

/**
 * Reads a small body whole.
 * @throws Refusal 413 where it is longer than `most` bytes, 408 where it takes longer than `time` ms
 */
export async function readBody(request: IncomingMessage, most: number, time: number): Promise<Buffer> {
  const body = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer) => {
    length += chunk.length;
    if (length > most) body.reject(new Refusal(413, 'That is too much.'));
    else chunks.push(chunk);
  };
  const timer = setTimeout(() => body.reject(tooSlow()), time);
  request.on('data', take);
  request.once('end', () => body.resolve(Buffer.concat(chunks)));
  request.once('error', (error) => body.reject(new ReaderGone('The sender went away', { cause: error })));
  try {
    return await body.promise;
  } finally {
    clearTimeout(timer);
    request.off('data', take).pause();
  }
}

/**
 * The pieces of a body as they come, from a sender who is not slower than the least rate over `idle` ms; time that its
 * reader takes does not count.
 * @throws Refusal 408
 */
export async function* bodyPieces(
  request: IncomingMessage,
  { idle, leastRate }: Pick<Limits, 'idle' | 'leastRate'>,
): AsyncGenerator<Buffer> {
  // Where it is refused in the middle the connection has to live until that is said.
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  let [waited, bytes, since] = [0, 0, performance.now()];
  for await (const piece of pieces) {
    waited += performance.now() - since;
    bytes += piece.length;
    if (waited > idle) {
      if (bytes < (leastRate * waited) / 1000) throw tooSlow();
      [waited, bytes] = [0, 0];
    }
    yield piece;
    since = performance.now();
  }
}
