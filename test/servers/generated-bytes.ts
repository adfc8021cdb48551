/**
 * The content that test servers serve: any number of bytes, each a function of its position and a seed, made as fast
 * as it is sent. A block of noise repeats, and every 4 KiB page begins with its own number: bytes that were lost,
 * doubled or written at another place never look right.
 */
import { createHash } from 'node:crypto';

const BLOCK = 1 << 20;
const PAGE = 4096;

export interface GeneratedBytes {
  /** The bytes of [start, end). */
  read(start: number, end: number): Buffer;
  /** SHA-256 of the first `size` bytes, in hexadecimal. Takes about a second per GiB the first time. */
  sha256(size: number): Promise<string>;
}

/** The content that belongs to a seed. The same seed gives the same bytes in every process. */
export function generatedBytes(seed = 1): GeneratedBytes {
  const block = noise(seed);
  const sums = new Map<number, Promise<string>>();

  function read(start: number, end: number): Buffer {
    const out = Buffer.allocUnsafe(end - start);
    for (let position = start; position < end;) {
      const from = position % BLOCK;
      const length = Math.min(BLOCK - from, end - position);
      block.copy(out, position - start, from, from + length);
      position += length;
    }
    for (let page = Math.floor(start / PAGE); page * PAGE < end; page += 1) stamp(out, start, page);
    return out;
  }

  async function digest(size: number): Promise<string> {
    const hash = createHash('sha256');
    for (let position = 0; position < size; position += BLOCK) {
      hash.update(read(position, Math.min(size, position + BLOCK)));
      if (position % (64 * BLOCK) === 0) await new Promise(setImmediate);
    }
    return hash.digest('hex');
  }

  return {
    read,
    sha256(size) {
      const sum = sums.get(size) ?? digest(size);
      sums.set(size, sum);
      return sum;
    },
  };
}

/** Writes the page's number, eight bytes, at its beginning, where that lies inside `out`. */
function stamp(out: Buffer, start: number, page: number): void {
  const at = page * PAGE - start;
  if (at >= 0 && at + 8 <= out.length) {
    out.writeUInt32BE(Math.floor(page / 2 ** 32), at);
    out.writeUInt32BE(page >>> 0, at + 4);
    return;
  }
  const number = Buffer.allocUnsafe(8);
  number.writeBigUInt64BE(BigInt(page));
  const from = Math.max(0, -at);
  const to = Math.min(8, out.length - at);
  if (from < to) number.copy(out, at + from, from, to);
}

/** A block of noise that no compressor shortens (xorshift32; it has to look random, not to be secret). */
function noise(seed: number): Buffer {
  const words = new Uint32Array(BLOCK / 4);
  let x = Math.imul(seed, 2_654_435_761) >>> 0 || 1;
  for (let i = 0; i < words.length; i += 1) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return Buffer.from(words.buffer);
}
