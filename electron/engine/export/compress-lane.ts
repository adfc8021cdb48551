import type { BrotliCompress, DeflateRaw, ZstdCompress } from 'node:zlib';
import { freeMemory } from './free-memory.ts';

export type LaneStream = DeflateRaw | ZstdCompress | BrotliCompress;

/** One native compressor, used piece by piece. Without a stream, bytes pass as they are. */
export class CompressLane {
  readonly #stream: LaneStream | null;
  #chunks: Uint8Array[] = [];
  readonly #broken = Promise.withResolvers<never>();

  constructor(stream: LaneStream | null) {
    this.#stream = stream;
    this.#broken.promise.catch(() => {});
    stream?.on('data', (chunk: Uint8Array) => this.#chunks.push(chunk));
    stream?.on('error', (error) => this.#broken.reject(error));
    stream?.on('close', () => this.#broken.reject(new Error('The compressor was closed')));
  }

  /** Compresses one piece, and with `flush` (a constant of zlib) everything that it still holds. */
  async run(piece: Uint8Array, flush: number | null): Promise<readonly Uint8Array[]> {
    const stream = this.#stream;
    if (!stream) return piece.length === 0 ? [] : [piece];
    await this.#settled((done) => {
      if (piece.length > 0) stream.write(piece, flush === null ? done : undefined);
      if (flush !== null) stream.flush(flush, () => done());
      else if (piece.length === 0) done();
    });
    return this.#taken();
  }

  /** The stream's own end. */
  async end(): Promise<readonly Uint8Array[]> {
    const stream = this.#stream;
    if (!stream) return [];
    const ended = Promise.withResolvers<void>();
    stream.once('end', () => ended.resolve());
    stream.end();
    await Promise.race([ended.promise, this.#broken.promise]);
    return this.#taken();
  }

  /**
   * Frees the memory of bytes that were handed on. The stream fills one buffer after the other, and what lies at the
   * end of one is the last of it.
   */
  release(bytes: Uint8Array): void {
    const { buffer, byteOffset, length } = bytes;
    if (this.#stream !== null && byteOffset + length === buffer.byteLength) freeMemory(bytes);
  }

  close(): void {
    this.#stream?.destroy();
  }

  async #settled(work: (done: (error?: Error | null) => void) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    work((error) => (error ? reject(error) : resolve()));
    await Promise.race([promise, this.#broken.promise]);
  }

  #taken(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }
}
