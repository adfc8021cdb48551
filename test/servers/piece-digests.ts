import { createHash } from 'node:crypto';
import type { GeneratedBytes } from './generated-bytes.ts';

/** Digests of the pieces of a file's first `size` bytes, all of `length` bytes but the last, in hexadecimal (SHA-1). */
export function pieceDigests(content: GeneratedBytes, size: number, length: number): string[] {
  const digests: string[] = [];
  for (let at = 0; at < size; at += length) {
    const piece = content.read(at, Math.min(size, at + length));
    digests.push(createHash('sha1').update(piece).digest('hex'));
  }
  return digests;
}
