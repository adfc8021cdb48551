import { constants, crc32, deflateRawSync } from 'node:zlib';
import { centralDirectory, dataDescriptor, DEFLATED, localHeader, type ZipWritten } from '../../files/index.ts';
import { freeMemory } from '../free-memory.ts';
import type { Output } from './output.ts';

/** Bytes that are compressed in one piece. */
const PIECE = 512 * 1024;
/** An empty last block with fixed codes (RFC 1951, 3.2.6). */
const LAST_BLOCK = Buffer.of(3, 0);

/**
 * A ZIP file that is written while its entries are made, in constant memory: one entry at a time, compressed piece by
 * piece, its sizes after its bytes. An entry has to stay below 4 GiB: whoever writes it watches `size`.
 */
export class ZipStream {
  /** Room for the bytes of the current entry: write at `at`, after `ensure`. */
  buffer = Buffer.allocUnsafeSlow(PIECE);
  at = 0;
  readonly #entries: ZipWritten[] = [];
  #name = '';
  #offset = 0;
  #crc = 0;
  #size = 0;
  #compressed = 0;

  begin(name: string, out: Output): void {
    this.#name = name;
    this.#offset = out.position;
    this.#crc = 0;
    this.#size = 0;
    this.#compressed = 0;
    out.write(localHeader({ name, method: DEFLATED }, null));
  }

  /** Bytes of the current entry. */
  get size(): number {
    return this.#size + this.at;
  }

  /** Makes room for `bytes` at `at`. */
  ensure(bytes: number, out: Output): void {
    if (this.buffer.length - this.at >= bytes) return;
    this.#compress(out);
    const length = Math.max(PIECE, bytes);
    // A long row may make it larger for a while.
    if (this.buffer.length < bytes || this.buffer.length > 2 * length) this.buffer = Buffer.allocUnsafeSlow(length);
  }

  write(bytes: Buffer, out: Output): void {
    this.ensure(bytes.length, out);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  end(out: Output): void {
    this.#compress(out);
    out.write(LAST_BLOCK);
    const sizes = { crc: this.#crc, compressed: this.#compressed + LAST_BLOCK.length, size: this.#size };
    out.write(dataDescriptor(sizes));
    this.#entries.push({ name: this.#name, method: DEFLATED, offset: this.#offset, streamed: true, ...sizes });
  }

  /** Ends the file. */
  finish(out: Output): void {
    out.write(centralDirectory(this.#entries, out.position));
  }

  /** Each piece ends on a byte and without the last block, so that the next one may follow. */
  #compress(out: Output): void {
    if (this.at === 0) return;
    const piece = this.buffer.subarray(0, this.at);
    const options = { level: 1, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: PIECE };
    const compressed = deflateRawSync(piece, options);
    this.#crc = crc32(piece, this.#crc);
    this.#size += piece.length;
    this.#compressed += compressed.length;
    this.at = 0;
    out.write(compressed);
    freeMemory(compressed);
  }
}
